"""Statements on whole tables, for what the ORM cannot say."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

Params = Sequence[Any] | Mapping[str, Any]


def rows_of(sql: str, params: Params = ()) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)  # without any, % is only a sign
        return cursor.fetchall()


def run(sql: str, params: Params = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)  # without any, % is only a sign
        return int(cursor.rowcount)


def drop(*tables: str) -> None:
    for table in tables:
        run(f"DROP TABLE IF EXISTS pg_temp.{table}")
