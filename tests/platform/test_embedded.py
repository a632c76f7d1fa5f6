"""The embedded PostgreSQL runs exactly as long as somebody uses it."""

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from ace_onboarding.embedded import Cluster, EmbeddedError, cluster, program, running
from tests.platform.conftest import ROOT, Home, wait_until
from tests.servers import line_if_of

pytestmark = pytest.mark.processes

FAST = ("fsync=off",)
HOLDER = """
import sys, time
from pathlib import Path
from ace_onboarding.embedded import Cluster, running
with running(Cluster(Path(sys.argv[1]), options=("fsync=off",))):
    print("up", flush=True)
    time.sleep(60)
"""


def answer(home: Home) -> object:
    with psycopg.connect(Cluster(home.folder).url()) as connection:
        row = connection.execute("SELECT 6 * 7").fetchone()
    return row and row[0]


def holder(home: Home) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home.folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    home.processes.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def test_it_runs_inside_the_block_only(home: Home) -> None:
    with running(Cluster(home.folder, FAST)):
        assert answer(home) == 42
    assert home.running() == []


def test_it_is_durable_unless_a_test_says_otherwise(home: Home) -> None:
    with running(Cluster(home.folder)), psycopg.connect(Cluster(home.folder).url()) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("on",)


def test_data_outlives_the_server(home: Home) -> None:
    for statement in ("CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)", "SELECT n FROM kept"):
        with running(Cluster(home.folder, FAST)), psycopg.connect(Cluster(home.folder).url()) as connection:
            connection.execute(statement)
    assert home.running() == []


def test_the_log_holds_no_row_that_was_refused_and_is_private(home: Home) -> None:
    server = Cluster(home.folder, FAST)
    home.folder.joinpath("postgres.log").touch(0o644)
    with running(server), psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int PRIMARY KEY, name text CHECK (name <> 'secret'))")
        for row in ("(1, 'secret')", "('secret', 'x')"):
            with pytest.raises(psycopg.Error):
                connection.execute(f"INSERT INTO kept VALUES {row}".encode())  # noqa: S608 - written above
    log = server.log.read_text()
    assert "kept_name_check" in log
    assert "(1, " not in log
    assert "INSERT" not in log
    assert stat.S_IMODE(server.log.stat().st_mode) == 0o600


def test_only_its_owner_can_connect(home: Home) -> None:
    with running(Cluster(home.folder, FAST)):
        data = Cluster(home.folder).data
        assert data.stat().st_mode & 0o077 == 0
        open_ports = psutil.Process(int((data / "postmaster.pid").read_text().split()[0])).net_connections("inet")
        assert open_ports == []


def test_a_second_user_keeps_it_alive(home: Home) -> None:
    other = holder(home)
    with running(Cluster(home.folder, FAST)):
        assert answer(home) == 42
    assert answer(home) == 42, "the other one still uses it"
    other.send_signal(signal.SIGINT)
    other.wait()
    assert home.running() == []


def test_users_that_come_at_once_share_one_server(home: Home) -> None:
    others = [subprocess.Popen([sys.executable, "-c", HOLDER, str(home.folder)], cwd=ROOT) for _ in range(3)]
    wait_until(lambda: (home.folder / "postgres" / "postmaster.pid").exists())
    with running(Cluster(home.folder, FAST)):
        servers = [line for line in home.running() if "bin/postgres -D" in line]
        assert len(servers) == 1
    for other in others:
        other.send_signal(signal.SIGINT)
        other.wait()
    assert home.running() == []


def test_the_last_to_leave_need_not_be_the_first_to_come(home: Home) -> None:
    """The first one started the server and the guardian, and lives on: it is their parent."""
    script = HOLDER.replace("time.sleep(60)", "sys.stdin.readline()") + "\nprint('left', flush=True); time.sleep(60)"
    first = subprocess.Popen(
        [sys.executable, "-c", script, str(home.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    home.processes.append(first)
    assert first.stdin is not None
    assert first.stdout is not None
    assert first.stdout.readline() == "up\n"
    with running(Cluster(home.folder, FAST)):
        first.stdin.write("leave\n")
        first.stdin.flush()
        assert first.stdout.readline() == "left\n"
        begin = time.monotonic()
    assert time.monotonic() - begin < 10
    assert not [line for line in home.running() if "postgres" in line and "-c" not in line.split()[1:2]]
    first.kill()
    first.wait()


def test_it_ends_when_its_user_is_killed(home: Home) -> None:
    other = holder(home)
    other.kill()
    other.wait()
    wait_until(lambda: not home.running(), seconds=10)


def test_a_user_comes_after_a_power_cut(home: Home) -> None:
    """Everything is killed at once, as by a power cut: nobody has tidied up, the next start works."""
    other = holder(home)
    for process in psutil.process_iter():
        if line_if_of(process, home.folder) and process.pid not in {os.getpid(), other.pid}:
            process.kill()
    other.kill()
    other.wait()
    wait_until(lambda: not home.running())
    with running(Cluster(home.folder, FAST)):
        assert answer(home) == 42
    assert home.running() == []


def test_a_process_number_that_is_by_now_somebody_elses(home: Home) -> None:
    """As after a restart of the machine, when the number in the file belongs to another program."""
    with running(Cluster(home.folder, FAST)):
        note = (home.folder / "postgres" / "postmaster.pid").read_text()
    lines = [str(os.getpid()), *note.splitlines()[1:]]
    (home.folder / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with running(Cluster(home.folder, FAST)):
        assert answer(home) == 42


def test_a_set_up_that_was_broken_off_is_done_again(home: Home) -> None:
    (home.folder / "postgres.new").mkdir()
    (home.folder / "postgres.new" / "PG_VERSION").write_text("half")
    with running(Cluster(home.folder, FAST)):
        assert answer(home) == 42


def test_a_long_path_gets_a_short_socket(home: Home) -> None:
    deep = home.folder / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    with running(Cluster(deep, FAST)):
        assert Cluster(deep).sockets != Cluster(deep).data
        with psycopg.connect(Cluster(deep).url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not Cluster(deep).sockets.exists()


def test_spoilt_data_is_said_in_one_line(home: Home) -> None:
    with running(Cluster(home.folder, FAST)):
        pass
    (home.folder / "postgres" / "PG_VERSION").write_text("9.6\n")
    with (
        pytest.raises(EmbeddedError, match=r"does not start: .*incompatible.*9\.6") as refused,
        running(Cluster(home.folder)),
    ):
        pytest.fail("it cannot run")
    assert "\n" not in str(refused.value)
    assert home.running() == []


def test_a_missing_wheel_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(EmbeddedError, match="DATABASE_URL"):
        program("postgres")


def test_a_command_on_an_empty_folder_works_and_leaves_nothing_running(home: Home) -> None:
    done = home.run("showmigrations", "--plan")
    assert done.returncode == 0, done.stderr
    assert "[ ]  importers" in done.stdout, "it only shows: nothing is applied"
    done = home.run("shell", "-v", "0", "-c", "from importers.models import User; print(User.objects.count())")
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    assert "Bringing the database up to date" in done.stderr
    assert home.running() == []


def test_commands_at_once_on_an_empty_folder(home: Home) -> None:
    code = "from importers.models import User; print(User.objects.count())"
    commands = [home.start("shell", "-v", "0", "-c", code) for _ in range(3)]
    assert [command.communicate(timeout=120)[0] for command in commands] == ["0\n"] * 3
    assert home.running() == []


def test_an_up_to_date_schema_costs_little(prepared: Home) -> None:
    """In processor time, which neighbours on the machine do not lengthen. Measured: under a second."""
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = prepared.run("shell", "-v", "0", "-c", "pass")
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime < 3
    assert done.stderr == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_command_that_is_told_to_end_leaves_nothing_running(prepared: Home, number: signal.Signals) -> None:
    command = prepared.start("shell", "-v", "0", "-c", "import time; print('up', flush=True); time.sleep(60)")
    assert command.stdout is not None
    assert command.stdout.readline() == "up\n"
    command.send_signal(number)
    assert command.wait(30) not in {0, 1}
    assert prepared.running() == []


def test_a_command_that_fails_leaves_nothing_running(prepared: Home) -> None:
    assert prepared.run("shell", "-v", "0", "-c", "1 / 0").returncode == 1
    assert prepared.running() == []


@pytest.mark.parametrize("arguments", [["--help"], ["help"], ["--version"], ["migrate", "--help"], ["check"], []])
def test_some_commands_need_no_database(home: Home, arguments: list[str]) -> None:
    assert home.run(*arguments).returncode == 0
    assert not (home.folder / "postgres").exists()


def test_a_file_in_place_of_the_folder_is_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "var"
    file.write_text("")
    done = Home(file).run("migrate")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"VAR_DIR ({file}) cannot be written to")
    assert done.stderr.count("\n") == 1
