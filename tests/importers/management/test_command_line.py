"""What programs that call the portal's commands rely on, also when they call them wrongly."""

import json
from importlib import import_module

import pytest
from django.core.management import CommandError, get_commands, load_command_class

from importers.management.base import JSONCommand, PortalCommand
from importers.management.commands.schedule_reminders import moment

NOTHING_DONE = {
    "import_roster": {"rows": 0, "created": 0, "updated": 0, "unchanged": 0, "saved": False},
    "check_cape": {"accept": False, "entries": 0},
    "schedule_reminders": {"at": None, "due": [], "skipped": {}},
}


@pytest.mark.parametrize("name", NOTHING_DONE)
@pytest.mark.parametrize("wrong", [["a", "b", "c"], ["--no-such-option", "x"], ["--json=1"], ["--by"], ["--at"]])
def test_a_command_line_that_is_not_understood(name: str, wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    command = load_command_class(get_commands()[name], name)
    with pytest.raises(SystemExit) as left:
        command.run_from_argv(["manage.py", name, "--json", *wrong])
    told = capsys.readouterr()
    assert left.value.code == 1
    answer = json.loads(told.out)
    assert answer | NOTHING_DONE[name] == answer
    message = answer["error"] if name == "schedule_reminders" else answer["errors"][0]["message"]
    assert message in told.err
    if name != "schedule_reminders":
        assert [(error["row"], error["code"]) for error in answer["errors"]] == [(0, "usage")]


@pytest.mark.parametrize("name", ["import_roster", "check_cape"])
@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_without_the_file(name: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    command = load_command_class(get_commands()[name], name)
    with pytest.raises(SystemExit) as left:
        command.run_from_argv(["manage.py", name, *arguments])
    told = capsys.readouterr()
    assert left.value.code == 1
    assert "required: file" in told.err
    assert bool(told.out) is bool(arguments)


def test_every_command_with_json_answers_in_the_same_way() -> None:
    found = {name for name, app in get_commands().items() if app in ("importers", "refunds")}
    for name in found - {"seed_demo"}:  # the demo's deeds are its people's
        assert issubclass(type(load_command_class(get_commands()[name], name)), PortalCommand), name
    for name in NOTHING_DONE:
        module = import_module(f"{get_commands()[name]}.management.commands.{name}")
        assert issubclass(module.Command, JSONCommand)


@pytest.mark.parametrize("text", ["2027-04-07", "20270407", "2027-W14-3"])
def test_a_bare_date_is_its_noon(text: str) -> None:
    assert moment(text).isoformat() == "2027-04-07T12:00:00+02:00"


@pytest.mark.parametrize("text", ["", " ", "7 April", "2027-13-01", "2027-04-07T25:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="Write it like"):
        moment(text)


def test_an_empty_moment_is_not_now(capsys: pytest.CaptureFixture[str]) -> None:
    command = load_command_class("importers", "schedule_reminders")
    with pytest.raises(SystemExit) as left:
        command.run_from_argv(["manage.py", "schedule_reminders", "--at", "", "--dry-run", "--json"])
    assert left.value.code == 1
    assert json.loads(capsys.readouterr().out)["at"] == ""
