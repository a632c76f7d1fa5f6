#!/usr/bin/env python
"""Runs one command. Without DATABASE_URL the embedded PostgreSQL runs for as long as the command does."""

import os
import sys

from ace_onboarding.commandline import main

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ace_onboarding.settings")
    sys.exit(main(sys.argv))
