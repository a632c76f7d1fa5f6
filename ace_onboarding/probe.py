"""Asks the web server of this container whether it is alive; the container's health check runs it."""

import os
import sys
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

ADDRESS = "http://127.0.0.1:8000/health/"


def main() -> int:
    host = urlsplit(os.environ.get("PUBLIC_URL", "")).netloc or "127.0.0.1"  # one that ALLOWED_HOSTS names
    with urlopen(Request(ADDRESS, headers={"Host": host}), timeout=4) as answer:
        return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
