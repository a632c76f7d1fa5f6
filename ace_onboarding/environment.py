"""Reads settings from the environment and .env; a bad value is refused with one line that says what to do."""

import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from importers.domain.errors import RuleViolation
from importers.domain.firm import LONGEST_EMAIL, parse_filer_code, parse_firm_number

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}
SHORTEST_SECRET = 50
FEWEST_CHARACTERS = 12
MAKE_SECRET = "python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"  # noqa: S105 - a command
ASSIGNMENT = re.compile(r"(?:export )?[A-Za-z_][A-Za-z_0-9]*=[^\0]*")
HOST = r"(?:[\w-]+(?:\.[\w-]+)*|\[[0-9A-Fa-f:.]+\])"
EXAMPLE_SECRET = "replace-me"  # noqa: S105 - what .env.example says, refused as a secret


def read_env_file(name: str, usual: Path) -> None:
    """Adds what the file says to the environment; what is set there already wins. The usual one may be missing."""
    named = text(name)
    path = Path(named or usual)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        if not named:
            return
        raise ImproperlyConfigured(f"{name} is {named!r}, which is not there: name a file, or unset {name}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path} cannot be read ({error}): make it a readable text file.") from error
    settings = StringIO("\n".join(_assignments(path, lines)))
    environ.Env.read_env(settings)  # prints lines that it cannot read, and there may be a secret in them: gets none


def _assignments(path: Path, lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(map(str.strip, lines), start=1):
        if ASSIGNMENT.fullmatch(line):
            yield line
        elif line and not line.startswith("#"):
            raise ImproperlyConfigured(f"{path}, line {number}: write NAME=value, or start a comment with #.")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value not in YES | NO:
        raise ImproperlyConfigured(f"{name} is {value!r}: write 1 or 0.")
    return value in YES


def number(name: str, default: int, lowest: int = 0, highest: int | None = None) -> int:
    value = text(name, str(default))
    fits = re.fullmatch(r"[0-9]{1,9}", value) and lowest <= int(value) and (highest is None or int(value) <= highest)
    if not fits:
        to = "up" if highest is None else f"to {highest}"
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number from {lowest} {to}.")
    return int(value)


def words(name: str, default: list[str]) -> list[str]:
    """A list with commas between its entries."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or default


def choice(name: str, default: str, choices: Sequence[str]) -> str:
    value = text(name, default).upper()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}: write one of {', '.join(choices)}.")
    return value


def matching(name: str, default: str, pattern: str, example: str) -> str:
    value = text(name, default)
    if not re.fullmatch(pattern, value):
        raise ImproperlyConfigured(f"{name} is {value!r}: write it like {example}.")
    return value


def line(name: str, default: str, longest: int) -> str:
    """Goes into headers of mails and a column of that length."""
    value = text(name, default)
    if not value.isprintable() or len(value) > longest:
        raise ImproperlyConfigured(f"{name} must be one line of at most {longest} visible characters.")
    return value


def mail_address(name: str, default: str) -> str:
    value = line(name, default, LONGEST_EMAIL)
    if not _is_mail_address(value):
        raise ImproperlyConfigured(f"{name} is {value!r}: write one e-mail address, like office@example.com.")
    return value


def sender(name: str, default: str) -> str:
    """Perhaps with a name: what the header From takes."""
    value = text(name, default)
    if not value.isprintable() or not _is_mail_address(parseaddr(value)[1]):
        raise ImproperlyConfigured(f'{name} is {value!r}: write it like "Andersen Brokers" <office@example.com>.')
    return value


def _is_mail_address(value: str) -> bool:
    """Asks what the admin's fields ask."""
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


def firm_number(name: str) -> str:
    try:
        return parse_firm_number(text(name))
    except RuleViolation as error:  # says nothing of what was written: it may be a Social Security number
        raise ImproperlyConfigured(f"{name} cannot be used. {error}") from error


def filer_code(name: str) -> str:
    try:
        return parse_filer_code(text(name))
    except RuleViolation as error:
        raise ImproperlyConfigured(f"{name} cannot be used. {error}") from error


def _split(value: str, shape: str) -> SplitResult:
    """The parts of a URL. That its port is no number `urlsplit` notices only when asked for it."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(shape) from error
    return parts


def origin(name: str, default: str) -> str:
    """The scheme, host and port of a site: what stands before the path of every link."""
    value = text(name, default).rstrip("/")
    shape = f"{name} must look like https://portal.example.com, with nothing behind the host but perhaps its port."
    if value:
        _split(value, shape)
        if not re.fullmatch(rf"https?://{HOST}(?::\d+)?", value):
            raise ImproperlyConfigured(shape)
    return value


def hosts(name: str, default: list[str]) -> list[str]:
    found = words(name, default)
    for host in found:
        if host != "*" and not re.fullmatch(rf"\.?{HOST}", host):
            raise ImproperlyConfigured(
                f"{name} holds {host!r}: write host names without https://, port and path, like portal.example.com."
            )
    return found


def redis(name: str) -> str:
    value = text(name)
    shape = f"{name} must look like redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/redis.sock."
    if value:
        parts = _split(value, shape)
        over_network = parts.scheme in {"redis", "rediss"} and parts.hostname and re.fullmatch(r"/?\d*", parts.path)
        if not over_network and not (parts.scheme == "unix" and parts.path.strip("/")):
            raise ImproperlyConfigured(shape)
    return value


def required(name: str, value: str, remedy: str) -> str:
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {remedy}")
    return value


def database(value: str) -> dict[str, Any]:
    shape = (
        "DATABASE_URL must look like postgres://user:password@host:5432/name, with %23 for # and %5B for [ in the "
        "password."
    )
    if _split(value, shape).scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(shape)
    try:
        config: dict[str, Any] = environ.Env.db_url_config(value)
    except ValueError as error:
        raise ImproperlyConfigured(shape) from error
    if not config["NAME"]:
        raise ImproperlyConfigured(shape)
    if config["PASSWORD"] == EXAMPLE_SECRET:
        raise ImproperlyConfigured(f"DATABASE_URL holds the password {EXAMPLE_SECRET!r}: choose one of your own.")
    return config


def email(value: str) -> dict[str, Any]:
    """The EMAIL_... settings behind a URL like smtp+tls://user:password@host:587."""
    example = "smtp+tls://user:password@host:587"
    try:
        config: dict[str, Any] = environ.Env.email_url_config(value)
    except (ValueError, KeyError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"EMAIL_URL must look like {example}.") from error
    if "smtp" in config["EMAIL_BACKEND"] and not config["EMAIL_HOST"]:
        raise ImproperlyConfigured(f"EMAIL_URL names no host: it must look like {example}.")
    return config


def made(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path


def folder(name: str, default: Path) -> Path:
    """An absolute folder that can be written to; made when it is missing."""
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} ({path}) cannot be written to ({error.strerror}): make it a folder of yours, or set {name} to one."
        ) from error


def secret(name: str, *, kept_in: Path | None) -> str:
    """A strong secret from the environment; else one made once and kept, where that is allowed."""
    value = text(name)
    if not value and kept_in is not None:
        return kept_secret(kept_in / name.lower())
    remedy = f"put {SHORTEST_SECRET} or more random characters there, for example from: {MAKE_SECRET}"
    required(name, value, remedy)
    weak = (
        len(value) < SHORTEST_SECRET
        or len(set(value)) < FEWEST_CHARACTERS
        or value.startswith("django-insecure")
        or EXAMPLE_SECRET in value
    )
    if weak and kept_in is None:
        raise ImproperlyConfigured(f"{name} is too weak: {remedy}")
    return value


def kept_secret(path: Path) -> str:
    """The secret in a file that only its owner can read; the first process to come makes it."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            handle, fresh = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(64))
            os.link(fresh, path)
            Path(fresh).unlink()
        return path.read_text()
    except FileExistsError:
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} cannot be kept ({error.strerror}): set {path.name.upper()}, or make the folder yours."
        ) from error
