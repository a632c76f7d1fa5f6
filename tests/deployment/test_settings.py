"""Settings come from the environment; what cannot work is refused with a line that names it."""

import os
import re
import runpy
import stat
import subprocess
import sys
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from ace_onboarding.environment import kept_secret, read_env_file
from ace_onboarding.processes import WEB

ROOT = Path(__file__).resolve().parents[2]
STRONG = "kY3nQ9wZ1uT7rB5xC8vM2aS4dF6gH0jL-pO_iEwQzXcVbNmKjHgFdSa"
PRODUCTION = {
    "DEBUG": "0",
    "DATABASE_URL": "postgres://portal:secret@db.example.com:5432/portal",
    "SECRET_KEY": STRONG,
    "FINGERPRINT_KEY": STRONG[::-1],
    "PUBLIC_URL": "https://portal.example.com",
    "ALLOWED_HOSTS": "portal.example.com",
    "EMAIL_URL": "smtp+tls://user:pass%40word@mail.example.com:587",
}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Reads the settings file with exactly these variables set."""

    def read_settings(**variables: str) -> dict[str, Any]:
        base = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), "ENV_FILE": os.devnull}
        with mock.patch.dict(os.environ, base | variables, clear=True):
            return runpy.run_path(str(ROOT / "ace_onboarding" / "settings.py"))

    return read_settings


def test_nothing_set_is_the_embedded_portal(read: Any, tmp_path: Path) -> None:
    found = read()
    assert (found["EMBEDDED"], found["DEBUG"], found["MAILS_KEPT"]) == (True, True, True)
    assert found["CELERY_BROKER_URL"] == "filesystem://localhost"
    assert found["DATABASES"]["default"]["OPTIONS"]["host"] == str(tmp_path / "postgres")
    assert found["SESSION_COOKIE_SECURE"] is False


def test_embedded_secrets_are_made_once_and_kept_private(read: Any, tmp_path: Path) -> None:
    first, second = read(), read()
    assert first["SECRET_KEY"] == second["SECRET_KEY"] != first["FINGERPRINT_KEY"]
    assert len(first["SECRET_KEY"]) >= 50
    for name in ("secret_key", "fingerprint_key"):
        assert stat.S_IMODE((tmp_path / "secrets" / name).stat().st_mode) == 0o600


def test_secrets_survive_two_first_starts_at_once(tmp_path: Path) -> None:
    script = "import sys, pathlib, ace_onboarding.environment as e; print(e.kept_secret(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", script, str(tmp_path / "secrets" / "key")]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) for _ in range(6)]
    assert len({racer.communicate()[0] for racer in racers}) == 1
    assert kept_secret(tmp_path / "secrets" / "key")


def test_production(read: Any) -> None:
    found = read(**PRODUCTION, REDIS_URL="redis://redis:6379/0", TRUSTED_PROXIES="1")
    assert (found["EMBEDDED"], found["DEBUG"], found["MAILS_KEPT"]) == (False, False, False)
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert found["STAFF_MFA_REQUIRED"] is True
    assert found["EMAIL_HOST_PASSWORD"] == "pass@word"
    assert found["EMAIL_USE_TLS"] is True
    assert found["CELERY_BROKER_URL"] == "redis://redis:6379/0"


def test_without_proxies_their_headers_are_not_believed(read: Any) -> None:
    assert read(**PRODUCTION)["SECURE_PROXY_SSL_HEADER"] is None


@pytest.mark.parametrize(
    "url", ["https://portal.example.com:8443", "https://[2001:db8::1]:8443", "https://xn--told-hra.example"]
)
def test_the_address_may_have_a_port_and_ends_without_a_slash(read: Any, url: str) -> None:
    assert read(**PRODUCTION | {"PUBLIC_URL": f"{url}/"})["PUBLIC_URL"] == url


def test_hosts_may_be_of_every_kind_that_browsers_name(read: Any) -> None:
    hosts = "portal.example.com, .example.com, 10.0.0.1, [::1], web"
    assert read(**PRODUCTION | {"ALLOWED_HOSTS": hosts})["ALLOWED_HOSTS"] == hosts.split(", ")


@pytest.mark.parametrize("url", ["redis://redis", "rediss://:pass@redis.example.com:6380/1", "redis://[::1]:6379/0"])
def test_redis_over_the_network(read: Any, url: str) -> None:
    assert read(REDIS_URL=url)["CELERY_BROKER_URL"] == url


def test_unix_socket_for_redis(read: Any) -> None:
    assert read(REDIS_URL="unix:///run/redis.sock")["CELERY_BROKER_URL"] == "redis+socket:///run/redis.sock"


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"DEBUG", "DATABASE_URL"}))
def test_production_needs(read: Any, name: str) -> None:
    variables = {key: value for key, value in PRODUCTION.items() if key != name}
    with pytest.raises(ImproperlyConfigured, match=name):
        read(**variables)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "ab" * 40),
        ("SECRET_KEY", "django-insecure-" + STRONG),
        ("SECRET_KEY", "replace-me" + STRONG),
        ("FINGERPRINT_KEY", "a" * 80),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", " , "),
        ("ALLOWED_HOSTS", "https://x/"),
        ("ALLOWED_HOSTS", "portal.example.com, portal.example.com:8000"),
        ("ALLOWED_HOSTS", "portal.example.com other.example.com"),
        ("PUBLIC_URL", "portal.example.com"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "http://portal.example.com"),
        ("PUBLIC_URL", "http://[x"),
        ("PUBLIC_URL", "https://a:b:c"),
        ("PUBLIC_URL", "https://portal.example.com:99999"),
        ("PUBLIC_URL", "https://portal.example.com/portal"),
        ("PUBLIC_URL", "https://portal.example.com?office=1"),
        ("PUBLIC_URL", "https://portal.example.com#top"),
        ("PUBLIC_URL", "https://user:secret@portal.example.com"),
        ("PUBLIC_URL", "https://portal example.com"),
        ("DATABASE_URL", "mysql://user@host/name"),
        ("DATABASE_URL", "postgres://user@host:port/name"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgres://[bad/x"),
        ("DATABASE_URL", "postgres://user:[secret@host/name"),
        ("DATABASE_URL", "postgres://portal:replace-me@postgres:5432/ace_onboarding"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://[x"),
        ("REDIS_URL", "redis://host:abc/0"),
        ("REDIS_URL", "redis://:secret@/0"),
        ("REDIS_URL", "redis://host/first"),
        ("REDIS_URL", "redis://"),
        ("REDIS_URL", "unix:///"),
        ("EMAIL_URL", "mail.example.com"),
        ("EMAIL_URL", "smtp://"),
        ("EMAIL_URL", "smtp://host:port"),
        ("DEBUG", "maybe"),
        ("STAFF_MFA_REQUIRED", "2"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "²"),
        ("SECURE_HSTS_SECONDS", "1 year"),
        ("SECURE_HSTS_SECONDS", "9" * 5000),
        ("SWEEP_EVERY", "0"),
        ("SWEEP_EVERY", "601"),
        ("REMINDERS_EVERY", "3601"),
        ("WEB_WORKERS", "0"),
        ("WEB_WORKERS", "many"),
        ("ENV_FILE", "/nowhere/env"),
        ("LOG_LEVEL", "loud"),
        ("BROKER_NAME", "A" * 201),
        ("BROKER_NAME", "Andersen\nBcc: all@example.com"),
        ("BROKER_CONTACT_NAME", "A" * 201),
        ("BROKER_PHONE", "1" * 41),
        ("BROKER_EMAIL", "nonsense"),
        ("BROKER_EMAIL", "a@example.com, b@example.com"),
        ("BROKER_EMAIL", f"{'a' * 250}@example.com"),
        ("DEFAULT_FROM_EMAIL", "nonsense"),
        ("DEFAULT_FROM_EMAIL", '"Andersen" <nonsense>'),
        ("DEFAULT_FROM_EMAIL", '"Andersen" <a@example.com>\nBcc: all@example.com'),
        ("BROKER_IMPORTER_NUMBER", "123456789"),
        ("BROKER_IMPORTER_NUMBER", "12-3456789O1"),
        ("BROKER_IMPORTER_NUMBER", "1" * 500),
        ("BROKER_FILER_CODE", "000"),
        ("BROKER_FILER_CODE", "B7"),
        ("BROKER_FILER_CODE", "B-6"),
        ("BROKER_COLOUR", "red; background: url(//evil.example)"),
        ("VAR_DIR", "/dev/null/var"),
    ],
)
def test_bad_value_is_refused_by_name(read: Any, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name) as refused:
        read(**PRODUCTION | {name: value})
    message = str(refused.value)
    assert "\n" not in message
    assert "secret@" not in message, "a refusal shows no password"


@pytest.mark.parametrize("number", ["078-05-1120", "078051120", "078 05 1120"])
def test_a_social_security_number_is_refused_for_the_firm_and_not_repeated(read: Any, number: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^BROKER_IMPORTER_NUMBER cannot be used\. ") as refused:
        read(BROKER_IMPORTER_NUMBER=number)
    assert "1120" not in str(refused.value)


def test_the_firms_number_gets_its_one_spelling_here_too(read: Any) -> None:
    assert read(BROKER_IMPORTER_NUMBER="12–3456789ab")["BROKER_IMPORTER_NUMBER"] == "12-3456789AB"


def test_a_name_with_quotation_marks_can_send_mail(read: Any) -> None:
    found = read(BROKER_NAME='Andersen "Andy" Brokers', BROKER_EMAIL="a@example.com")
    assert parseaddr(found["DEFAULT_FROM_EMAIL"]) == ('Andersen "Andy" Brokers', "a@example.com")


def test_env_file_is_read_and_the_environment_wins(read: Any, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text('# comment\n\nBROKER_NAME="Andersen & Co. Brokers"\nBROKER_EMAIL=a@example.com\n')
    found = read(ENV_FILE=str(file), BROKER_EMAIL="b@example.com")
    assert found["BROKER_NAME"] == "Andersen & Co. Brokers"
    assert found["BROKER_EMAIL"] == "b@example.com"


@pytest.mark.parametrize(
    "line", ["BROKER_NAME hush", "SECRET KEY=hush", "SECRET-KEY=hush", "SECRET_KEY =hush", "=hush", "A=hush\0", "hush"]
)
def test_an_unreadable_line_of_the_env_file_is_named_and_not_repeated(
    read: Any, tmp_path: Path, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "env"
    file.write_text(f"DEBUG=1\n{line}\n")
    with pytest.raises(ImproperlyConfigured, match="line 2: write NAME=value") as refused:
        read(ENV_FILE=str(file))
    assert "hush" not in str(refused.value) + caplog.text


def test_white_space_and_a_windows_editors_mark_disturb_nobody(
    read: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "env"
    file.write_text("\ufeffLOG_LEVEL=ERROR\n   \n  # hush\n  export BROKER_NAME='Andersen'\n")
    found = read(ENV_FILE=str(file))
    assert (found["LOG_LEVEL"], found["BROKER_NAME"]) == ("ERROR", "Andersen")
    assert caplog.text == ""


def test_env_file_that_is_a_folder_is_refused(read: Any, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        read(ENV_FILE=str(tmp_path))


def test_a_missing_env_file_is_none_unless_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENV_FILE")
    read_env_file("ENV_FILE", tmp_path / ".env")
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "portal.env"))
    with pytest.raises(ImproperlyConfigured, match=r"ENV_FILE is .*portal\.env', which is not there"):
        read_env_file("ENV_FILE", tmp_path / ".env")


@pytest.mark.parametrize("workers", ["0", "many"])
def test_the_web_server_says_it_in_one_line_too(workers: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *WEB, "--check-config"],
        cwd=ROOT,
        env=os.environ | {"WEB_WORKERS": workers},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"WEB_WORKERS is {workers!r}: write a whole number from 1 up.\n"


def test_manage_says_it_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "version"],
        cwd=ROOT,
        env=os.environ | {"DEBUG": "perhaps"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "DEBUG is 'perhaps': write 1 or 0.\n"


def test_every_variable_is_explained_in_the_example() -> None:
    sources = [ROOT / "ace_onboarding" / "settings.py", ROOT / "ace_onboarding" / "gunicorn_config.py"]
    calls = r"env(?:iron\.get)?\.?\w*\(\s*\"([A-Z_]+)\""
    read_by_code = set(re.findall(calls, "".join(path.read_text() for path in sources)))
    read_by_compose = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    lines = (ROOT / ".env.example").read_text().splitlines()
    explained = {match[1] for line in lines if (match := re.match(r"#?([A-Z_]+)=", line))}
    assert read_by_code | read_by_compose == explained
    assert {"DATABASE_URL", "SECRET_KEY", "WEB_WORKERS", "POSTGRES_PASSWORD"} <= explained


def test_the_example_itself_is_refused(read: Any) -> None:
    """Copying .env.example and starting is not enough: its secrets are known to everybody."""
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is too weak"):
        read(ENV_FILE=str(ROOT / ".env.example"), DATABASE_URL=PRODUCTION["DATABASE_URL"])
