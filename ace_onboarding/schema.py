"""Brings the database's schema up to date, and tells quickly whether it is."""

import sys
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

ONE_AT_A_TIME = 7_301_425  # an arbitrary number for PostgreSQL's advisory lock


def migrations_on_disk() -> set[tuple[str, str]]:
    """(app label, migration name) by file name: nothing is imported, so this takes milliseconds."""
    return {
        (app.label, path.stem)
        for app in apps.get_app_configs()
        for path in Path(app.path, "migrations").glob("[0-9]*.py")
    }


def is_up_to_date() -> bool:
    tables = set(connection.introspection.table_names())
    applied = set(MigrationRecorder(connection).applied_migrations())
    return settings.CACHES["default"]["LOCATION"] in tables and migrations_on_disk() <= applied


def bring_up_to_date() -> None:
    """Applies what is missing; of several processes one does it and the others wait."""
    if is_up_to_date():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        try:
            if not is_up_to_date():
                sys.stderr.write("Bringing the database up to date.\n")
                call_command("migrate", interactive=False, verbosity=0)
                call_command("createcachetable", verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
