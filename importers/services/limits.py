"""How often somebody may try or ask is counted in Django's cache: a table of the database (see the settings)."""

from datetime import datetime

from django.conf import settings
from django.db import connection


def forget_run_out(now: datetime) -> int:
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [now])  # noqa: S608 - the name is our own
        return int(cursor.rowcount)
