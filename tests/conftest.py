"""The tests' own little world: nothing from the developer's environment, one throw-away PostgreSQL.

The server starts with the first test that asks for the database, is shared by all workers of a run, and
ends with the last one (see ace_onboarding/embedded).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

ROOT = Path(__file__).resolve().parent.parent
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
OURS = {
    "DEBUG",
    "SECRET_KEY",
    "FINGERPRINT_KEY",
    "DATABASE_URL",
    "EMBEDDED_DATABASE_URL",
    "REDIS_URL",
    "EMAIL_URL",
    "PUBLIC_URL",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "STAFF_MFA_REQUIRED",
    "WEB_WORKERS",
}


def _leave_the_developers_environment() -> None:
    for name in [name for name in os.environ if name in OURS or name.startswith("BROKER_")]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="ace-tests-"))
    folder.chmod(0o711)  # PostgreSQL, which is never root, must get through
    os.environ["VAR_DIR"] = str(folder)
    os.environ["ENV_FILE"] = os.devnull
    os.environ["LOG_LEVEL"] = "WARNING"
    os.environ["DJANGO_SETTINGS_MODULE"] = "ace_onboarding.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's event loop runs in the tests' thread


if not IS_WORKER:
    _leave_the_developers_environment()

# Only now may the settings be read.
import hypothesis  # noqa: E402
import pgtrigger  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import translation  # noqa: E402

from ace_onboarding.embedded import Cluster, running  # noqa: E402
from ace_onboarding.translations import compile_stale  # noqa: E402

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; nothing is kept
pytest_plugins = ["tests.servers"]
if not IS_WORKER:
    compile_stale()  # pages are tested in Danish too

# Property tests: a few examples for the loop of seconds, many in `make test` (--hypothesis-profile=thorough).
hypothesis.settings.register_profile("quick", max_examples=10, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=200, deadline=None)
hypothesis.settings.load_profile("quick")

# Data that is thrown away need not survive a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", metavar="FOLDER", help="leave a picture there of every page the browser looks at")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not IS_WORKER:
        shutil.rmtree(os.environ["VAR_DIR"], ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes in one piece begins first: at the end one worker would be left alone with it. It touches no
    table of the tests, and all else stays as pytest-django orders it."""
    items.sort(key=lambda item: not any("up" in group.args for group in item.iter_markers("xdist_group")))


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """A page asked for in Danish leaves its language behind on the thread."""
    translation.deactivate()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    cluster = Cluster(Path(os.environ["VAR_DIR"]), options=FAST)
    with running(cluster):
        yield cluster


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: Cluster, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Hands the server to pytest-django, which makes one database for each worker."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: "DjangoDbBlocker") -> None:
    """Tests with transaction=True empty all tables when they are done. The history refuses that; in the tests'
    database, and only there, the trigger that refuses is told to look away."""
    names = [t.get_pgid(model) for model, t in pgtrigger.registered() if t.operation == pgtrigger.Truncate]
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            database = connection.ops.quote_name(connection.settings_dict["NAME"])
            cursor.execute(f"ALTER DATABASE {database} SET pgtrigger.ignore = '{{{','.join(names)}}}'")
        connection.close()  # the setting holds for new connections


@pytest.fixture(scope="session")
def process_env(postgres: Cluster, django_db_setup: None) -> dict[str, str]:
    """The environment for a process that works on the tests' database."""
    url = postgres.url(str(settings.DATABASES["default"]["NAME"]))
    return os.environ | {"DATABASE_URL": url, "EMBEDDED_DATABASE_URL": url}
