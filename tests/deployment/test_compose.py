"""What is deployed is what is tested: the same programs, versions and commands."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from ace_onboarding.embedded import Cluster
from ace_onboarding.embedded.cluster import INITDB_OPTIONS, MAJOR_VERSION, program
from ace_onboarding.processes import BEAT, WEB, WORKER
from tests.servers import installed

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "beat", "migrate")


def major(image: str) -> int:
    return int(re.split(r"[:.]", image)[1])


def test_all_parts_are_there() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "redis", "mail"}
    assert SERVICES["mail"]["profiles"] == ["development"]


def test_postgres_is_the_tested_one() -> None:
    assert major(SERVICES["postgres"]["image"]) == MAJOR_VERSION
    assert tuple(SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()) == INITDB_OPTIONS


def test_redis_is_the_tested_one() -> None:
    said = subprocess.run([installed("redis-server"), "--version"], capture_output=True, text=True, check=True)
    tested = re.search(r"v=(\d+)", said.stdout)
    assert tested is not None
    assert major(SERVICES["redis"]["image"]) == int(tested[1])


def test_python_is_the_tested_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lowest = project["project"]["requires-python"].removeprefix(">=")
    assert set(re.findall(r"^FROM python:(\d+\.\d+)", DOCKERFILE, re.MULTILINE)) == {lowest}


def test_commands_are_those_of_up() -> None:
    address = ("--bind", "0.0.0.0:8000")
    schedule = ("--schedule", "/var/lib/portal/celerybeat-schedule")
    assert shlex.split(SERVICES["web"]["command"]) == [*WEB, *address]
    assert shlex.split(SERVICES["worker"]["command"]) == [*WORKER]
    assert shlex.split(SERVICES["beat"]["command"]) == [*BEAT, *schedule]
    assert json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[-1]) == [*WEB, *address]


def test_the_image_is_made_from_the_lock_file_and_is_not_root() -> None:
    assert "--require-hashes -r /requirements.lock" in DOCKERFILE
    assert re.findall(r"^USER (\w+)", DOCKERFILE, re.MULTILINE)[-1] == "portal"


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"migrate"}))
def test_every_lasting_service_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_held_short(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["environment"]["DEBUG"] == "0"


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_borrowed_services_gain_no_rights(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize(("password", "starts"), [("replace-me", False), ("k3pt", True)])
def test_the_database_is_not_made_with_the_examples_password(password: str, starts: bool, tmp_path: Path) -> None:
    """The entrypoint as compose hands it over ($$ is its way to write $), with the image's own played by a script."""
    played = tmp_path / "docker-entrypoint.sh"
    played.write_text('#!/bin/sh\necho "started: $@"\n')
    played.chmod(0o755)
    postgres = SERVICES["postgres"]
    command = [part.replace("$$", "$") for part in (*postgres["entrypoint"], *postgres["command"])]
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "POSTGRES_PASSWORD": password}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.stdout == (f"started: {' '.join(postgres['command'])}\n" if starts else "")
    assert (done.returncode == 0) is starts


@pytest.mark.processes
def test_the_portal_works_as_the_role_that_compose_makes_which_is_no_superuser(postgres: Cluster) -> None:
    """The script as the image runs it, with the password that compose hands over."""
    assert "./bin/portal-role:/docker-entrypoint-initdb.d/portal-role.sh:ro" in SERVICES["postgres"]["volumes"]
    with psycopg.connect(postgres.url()) as connection:
        own = {
            "PATH": f"{program('psql').parent}:{os.environ['PATH']}",
            "PGHOST": connection.info.host,
            "POSTGRES_USER": connection.info.user,
            "POSTGRES_DB": connection.info.dbname,
            "POSTGRES_PASSWORD": "se'cret",
        }
    subprocess.run([ROOT / "bin" / "portal-role"], env=own, check=True)
    url = postgres.url().partition("&options=")[0].replace("postgres@", "portal@")
    env = os.environ | {"DATABASE_URL": url, "EMBEDDED_DATABASE_URL": url}
    for command in (["migrate", "--no-input"], ["createcachetable"], ["check", "--database", "default"]):
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW is_superuser").fetchone() == ("off",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET session_replication_role = replica")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_ports_are_for_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_no_secret_is_written_down() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.search(r"(PASSWORD|SECRET_KEY|FINGERPRINT_KEY): (?!\$\{)", text)
    assert not re.search(r"^ENV .*(SECRET|FINGERPRINT|PASSWORD)", DOCKERFILE, re.MULTILINE)
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*", "only what is named goes into the image"


def test_the_image_has_all_that_runs() -> None:
    taken = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert taken == packages | {"locale", "static", "templates", "manage.py", "requirements.lock"}


def test_named_volumes_are_declared() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    files = {name for name in used if name.startswith("./")}
    assert used - files == set(COMPOSE["volumes"])
    assert all((ROOT / name).is_file() for name in files)


def test_compose_itself_accepts_the_file(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    command = [*compose_program(), "config", "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def compose_program() -> list[str]:
    plugin = ["docker", "compose"]
    if shutil.which("docker") and subprocess.run([*plugin, "version"], capture_output=True).returncode == 0:
        return plugin
    return [installed("docker-compose")]
