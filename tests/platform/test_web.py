"""What every answer of the web server has: health, headers, and no way around the sign-in."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test import Client

from ace_onboarding import health, schema


def policy(answer: Any) -> dict[str, list[str]]:
    directives = (part.split() for part in answer["Content-Security-Policy"].split(";") if part.strip())
    return {name: values for name, *values in directives}


def ready(client: Client, accept: str = "application/json", **asked: str) -> Any:
    """Asked from a thread of its own: the view runs an event loop, and the browser tests' one may be on this thread."""

    def ask() -> Any:
        try:
            return client.get("/health/ready/", asked, headers={"Accept": accept})
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result()


def test_alive_asks_no_database(client: Client) -> None:
    answer = client.get("/health/")
    assert (answer.status_code, answer.content) == (200, b"OK\n")


@pytest.mark.django_db(transaction=True)
def test_ready(client: Client) -> None:
    answer = ready(client)
    assert answer.status_code == 200
    assert answer.json() == {"Schema()": "OK", "Broker()": "OK"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("accept", "asked", "form"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", {}, "text/plain"),
        ("*/*", {}, "text/plain"),
        ("application/rss+xml", {}, "text/plain"),
        ("*/*", {"format": "openmetrics"}, "text/plain"),
        ("*/*", {"format": "json"}, "application/json"),
    ],
)
def test_it_is_told_as_text_or_json_and_nothing_more(
    client: Client, accept: str, asked: dict[str, str], form: str
) -> None:
    answer = ready(client, accept, **asked)
    assert answer.status_code == 200
    assert answer["Content-Type"].partition(";")[0] == form
    if form == "text/plain":
        assert answer.content == b"Schema(): OK\nBroker(): OK\n"


@pytest.mark.django_db(transaction=True)
def test_not_ready_while_migrations_are_missing(client: Client) -> None:
    with mock.patch.object(schema, "migrations_on_disk", return_value={("importers", "9999_next")}):
        answer = ready(client)
    assert answer.status_code == 500
    assert "Migrations are missing" in answer.json()["Schema()"]


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_a_broker_and_no_secret_is_told(client: Client) -> None:
    with mock.patch.object(health.app, "connection_for_write", side_effect=OSError("redis://:password@host")):
        answer = ready(client)
    assert answer.status_code == 500
    assert answer.json()["Broker()"].endswith("The message broker does not answer.")
    assert b"password" not in answer.content


@pytest.mark.django_db
def test_the_schema_check_sees_what_is_missing() -> None:
    assert schema.is_up_to_date()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'importers'")
    assert not schema.is_up_to_date()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/guide/", "/account/login/", "/nowhere/"])
def test_pages_get_a_strict_policy(client: Client, path: str) -> None:
    found = policy(client.get(path))
    assert found["default-src"] == ["'none'"]
    assert found["frame-ancestors"] == found["base-uri"] == ["'none'"]
    for values in found.values():
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:"} & set(values)


@pytest.mark.django_db
def test_the_admin_gets_what_its_scripts_need_and_no_other_hosts(client: Client) -> None:
    found = policy(client.get("/admin/login/"))
    assert "'unsafe-eval'" in found["script-src"]
    assert found["default-src"] == ["'none'"]
    assert {value for values in found.values() for value in values} <= {
        "'none'",
        "'self'",
        "data:",
        "'unsafe-inline'",
        "'unsafe-eval'",
    }


@pytest.mark.django_db
def test_other_headers(client: Client) -> None:
    answer = client.get("/guide/")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
