"""Child processes run together, are restarted within bounds, and end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ace_onboarding import supervisor
from ace_onboarding.supervisor import Child, ChildDied, requests_to_stop, stop, watch
from tests.platform.conftest import ROOT, wait_until

pytestmark = pytest.mark.processes


@pytest.fixture(autouse=True)
def _signals_as_they_were() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in supervisor.ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 1)


def child(folder: Path, code: str, name: str = "helper") -> Child:
    return Child(name, [sys.executable, "-c", code], folder / f"{name}.log")


def nothing() -> None:
    pass


def never() -> bool:
    return False


def test_children_end_together_with_what_they_started(tmp_path: Path) -> None:
    parent = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    one = child(tmp_path, f"{parent}; print('up', flush=True); time.sleep(60)")
    one.start()
    wait_until(lambda: "up" in one.log.read_text())
    assert one.process is not None
    family = [psutil.Process(one.process.pid), *psutil.Process(one.process.pid).children()]
    assert len(family) == 2
    stop([[one]])
    wait_until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family))


def test_one_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    one = child(tmp_path, deaf)
    one.start()
    wait_until(lambda: "up" in one.log.read_text())
    begin = time.monotonic()
    stop([[one]])
    assert 1 <= time.monotonic() - begin < 10
    assert one.has_ended()


def test_one_that_dies_is_started_again_and_named(tmp_path: Path) -> None:
    one = child(tmp_path, "print('out of paper')", "printer")
    said: list[str] = []
    one.start()
    with pytest.raises(ChildDied, match="The printer ended 4 times within a minute: out of paper"):
        watch([one], said.append, nothing, never)
    assert len(said) == supervisor.MOST_RESTARTS
    assert said[0].startswith("The printer ended (out of paper). It is started again")


def test_the_others_live_on_while_one_is_restarted(tmp_path: Path) -> None:
    steady = child(tmp_path, "import time; time.sleep(60)", "steady")
    steady.start()
    shaky = child(tmp_path, "pass", "shaky")
    shaky.start()
    with pytest.raises(ChildDied, match="shaky"):
        watch([steady, shaky], lambda text: None, nothing, never)
    assert not steady.has_ended()
    assert steady.restarts == []
    stop([[steady, shaky]])


def test_a_child_sees_its_environment_only(tmp_path: Path) -> None:
    one = Child("helper", [sys.executable, "-c", "import os; print(os.environ['COLOUR'])"], tmp_path / "log")
    one.env = {"COLOUR": "blue"}
    one.start()
    wait_until(one.has_ended)
    assert one.last_words() == "blue"
    assert "COLOUR" not in os.environ


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent was killed")
def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    script = f"""
import time, sys
from pathlib import Path
from ace_onboarding.supervisor import Child
one = Child("helper", [sys.executable, "-c", "import time; time.sleep(60)"], Path({str(tmp_path / "log")!r}))
one.start()
print(one.process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    orphan = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    wait_until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize("number", supervisor.ENDING)
def test_inside_the_block_being_told_to_stop_is_only_noted(number: signal.Signals) -> None:
    with requests_to_stop() as asked:
        assert not asked()
        os.kill(os.getpid(), number)
        wait_until(asked)
    assert {signal.getsignal(each) for each in supervisor.ENDING} == {signal.SIG_IGN}, "a second one disturbs nothing"


def test_who_was_not_told_hears_again_as_before() -> None:
    before = [signal.getsignal(number) for number in supervisor.ENDING]
    with requests_to_stop():
        pass
    assert [signal.getsignal(number) for number in supervisor.ENDING] == before


def test_it_leaves_what_nohup_has_switched_off() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with requests_to_stop() as asked:
        os.kill(os.getpid(), signal.SIGHUP)
        assert not asked()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_told_to_stop_it_watches_no_longer(tmp_path: Path) -> None:
    steady = child(tmp_path, "import time; time.sleep(60)", "steady")
    with requests_to_stop() as asked:
        steady.start()
        os.kill(os.getpid(), signal.SIGTERM)
        watch([steady], pytest.fail, nothing, asked)
    assert not steady.has_ended()
    stop([[steady]])
    assert steady.has_ended()
