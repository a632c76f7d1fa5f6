"""Logs hold no tax numbers and no secrets of mailed links."""

import logging
import re
import time

import pytest

from ace_onboarding.gunicorn_config import access_log_format, logconfig_dict
from ace_onboarding.logs import MaskingFormatter, mask

TOKEN = "Zk3-aB_9xQ:1w2e3r:AbCdEf"


@pytest.mark.parametrize(
    "secret",
    [
        "123-45-6789", "123 45 6789", "123456789", "078.05.1120", "078/05/1120", "078–05–1120",
        "12-3456789", "12-3456789AB", "12-34567890a", "12345678900", "1234567890A", "12‑3456789",
        "261122-00042", "26130012345", "261122–00042",
    ],
)  # fmt: skip
@pytest.mark.parametrize("frame", ["{}", "number {} is new", "({})", "{}, next", "'{}'", "n={}.", "{}\n"])
def test_numbers_are_masked(secret: str, frame: str) -> None:
    assert mask(frame.format(secret)) == frame.format("•••")


@pytest.mark.parametrize(
    "text", ["123-45-6789x", "x123-45-6789", "ssn123-45-6789", "/ssn/123-45-6789x/", "123 45 6789th"]
)
def test_a_hyphened_ssn_is_masked_between_letters_too(text: str) -> None:
    assert re.search(r"\d", mask(text)) is None


@pytest.mark.parametrize(
    "iban",
    [
        "DK5000400440116243", "dk5000400440116243", "DK50%200040%200440%201162%2043", "DK50 0040 0440 1162 43",
        "DK50+0040+0440+1162+43", "DK50.0040.0440.1162.43", "GB29NWBK60161331926819", "DK5000400440116244",
    ],
)  # fmt: skip
@pytest.mark.parametrize("frame", ["{}", "/importers/{}/", '"GET /{} HTTP/1.1" 404', "n={}."])
def test_an_iban_is_masked_in_a_path_too(iban: str, frame: str) -> None:
    assert mask(frame.format(iban)) == frame.format("•••")


@pytest.mark.parametrize("unit", ["AB12", "AB12 ", "DK50%20", "1", "123-"])
def test_a_long_line_takes_no_long_time(unit: str) -> None:
    start = time.process_time()
    mask(unit * (20_000 // len(unit)))
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    "harmless",
    [
        "2026-11-22T09:44:17+0100",
        "+45 9928 7817",
        "process 12345",
        "127.0.0.1",
        "0.461860 seconds",
        "5f0c1d2e-1234-4abc-9def-123456789abc",
        "entry 10000 of 10000",
        "1763800000.123456789",
        "1763800000",
        "1763800000123",
        "20261122094417",
        "2026-11-22 09:44:17,123",
        "127.0.0.1:54321",
        "[::1]:54321",
        "entry 123-4567890-1",
        "entry 9AB-1234567-8, 9AB12345678",
        "release 123.45.678",
        "ab12c3d4e5f60718293a4b5c6d7e8f90",
        "EGLV142600123456",
        '"GET /importers/550e8400-e29b-41d4-a716-446655440000/steps/ace-account/ HTTP/1.1" 200',
        "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
    ],
)
def test_what_only_looks_like_one_stays(harmless: str) -> None:
    assert mask(harmless) == harmless


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        (f"/start/{TOKEN}/", "/start/…/"),
        (f'"GET /start/{TOKEN}/?next=1 HTTP/1.1"', '"GET /start/…/?next=1 HTTP/1.1"'),
        (f"http://127.0.0.1:8000/start/{TOKEN}", "http://127.0.0.1:8000/start/…"),
        (f"/account/password/reset/key/{TOKEN}/", "/account/password/reset/key/…/"),
        (f'<a href="/start/{TOKEN}">/start/{TOKEN}</a>', '<a href="/start/…">/start/…</a>'),
        ("/guide/", "/guide/"),
    ],
)
def test_tokens_are_masked(path: str, masked: str) -> None:
    assert mask(path) == masked


def test_arguments_and_tracebacks_are_masked() -> None:
    try:
        raise ValueError(f"bad link /start/{TOKEN}/")
    except ValueError as error:
        failure = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("portal", logging.ERROR, __file__, 1, "SSN %s", ("123-45-6789",), failure)
    line = MaskingFormatter().format(record)
    assert TOKEN not in line.split("Traceback")[1].splitlines()[-1]
    assert "123-45-6789" not in line
    assert "level=ERROR logger=portal SSN •••" in line


def test_the_access_log_is_masked_and_has_no_query() -> None:
    assert logconfig_dict["formatters"] == {"line": {"()": "ace_onboarding.logs.MaskingFormatter"}}
    for atom in ("%(r)s", "%(q)s", "%(f)s", "%({cookie}i)s"):
        assert atom not in access_log_format
