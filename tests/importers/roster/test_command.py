"""`import_roster`: the contract with other programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from importers.models import ImporterOfRecord
from importers.services import roster
from tests.factories import ImporterFactory, StaffFactory
from tests.lists import csv_list, row, xlsx_list

pytestmark = pytest.mark.django_db
HISTORY = ImporterOfRecord.history.rel.related_model  # type: ignore[attr-defined]
KEYS = {"rows", "created", "updated", "unchanged", "errors", "saved"}


class Shell:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.err = ""

    def json(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        out = self.run(*arguments, "--json", code=code)
        result: dict[str, Any] = json.loads(out)
        assert result.keys() >= KEYS
        assert all(error.keys() == {"row", "column", "code", "message"} for error in result["errors"])
        return result

    def run(self, *arguments: str, code: int = 0) -> str:
        left_with = 0
        try:
            call_command("import_roster", *arguments)
        except SystemExit as leave:
            left_with = int(leave.code or 0)
        out, self.err = self.capsys.readouterr()
        assert left_with == code, self.err
        return out


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "clients.csv"
    path.write_bytes(csv_list(row(), row(Importer_number="12-3456789", Note="x"), dict.fromkeys(row(), "")))
    return str(path)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "clients.xlsx"
    path.write_bytes(xlsx_list(row(), row(Importer_number=12345678), row(Importer_number="12-3456789", Country="")))
    return str(path)


def test_a_good_list_is_saved(shell: Shell, good: str) -> None:
    result = shell.json(good)
    assert result["rows"] == result["created"] == 2
    assert (result["updated"], result["unchanged"], result["errors"], result["saved"]) == (0, 0, [], True)
    assert result["ignored_columns"] == ["Note"]
    assert "Note" in shell.err
    assert shell.json(good)["unchanged"] == 2


def test_a_dry_run_saves_nothing(shell: Shell, good: str) -> None:
    result = shell.json(good, "--dry-run")
    assert (result["created"], result["saved"]) == (2, False)
    assert not ImporterOfRecord.objects.exists()


def test_a_bad_row_saves_nothing(shell: Shell, bad: str) -> None:
    for extra in ([], ["--dry-run"]):
        result = shell.json(bad, *extra, code=1)
        assert [(e["row"], e["column"], e["code"]) for e in result["errors"]] == [
            (3, "Importer number", "number_damaged"),
            (4, "Country", "empty"),
        ]
        assert (result["rows"], result["created"], result["saved"]) == (3, 1, False)
    assert not ImporterOfRecord.objects.exists()


def test_bad_rows_are_left_out_when_that_is_said(shell: Shell, bad: str) -> None:
    assert shell.json(bad, "--skip-bad-rows", "--dry-run")["saved"] is False
    result = shell.json(bad, "--skip-bad-rows")
    assert (result["created"], len(result["errors"]), result["saved"]) == (1, 2, True)


@pytest.mark.parametrize("content", [None, b"", b"%PDF-1.4", b"Name,Price\nBike,1\n"])
@pytest.mark.parametrize("extra", [[], ["--skip-bad-rows"], ["--dry-run"]])
def test_a_refused_file_is_one_json_object_too(
    shell: Shell, tmp_path: Path, content: bytes | None, extra: list[str]
) -> None:
    path = tmp_path / "clients.csv"
    if content is not None:
        path.write_bytes(content)
    result = shell.json(str(path), *extra, code=1)
    assert (result["rows"], result["created"], result["saved"], len(result["errors"])) == (0, 0, False, 1)
    assert result["errors"][0]["row"] in (0, 1)


@pytest.mark.parametrize("extra", [[], ["--skip-bad-rows"]])
def test_a_list_that_meets_another_at_the_same_moment_has_failed(
    shell: Shell, good: str, extra: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ImporterFactory.create(number_text="12-3456789")
    monkeypatch.setattr(roster, "_known", lambda fingerprints, lock: {})
    result = shell.json(good, *extra, code=1)
    assert ([error["code"] for error in result["errors"]], result["saved"]) == (["meanwhile"], False)
    assert "Nothing was saved" in shell.err


def test_a_folder_is_refused(shell: Shell, tmp_path: Path) -> None:
    assert shell.json(str(tmp_path), code=1)["errors"][0]["code"] == "no_file"


def test_for_people_all_is_said_on_standard_error(shell: Shell, bad: str) -> None:
    assert shell.run(bad, code=1) == ""
    assert "row 3, “Importer number”: " in shell.err
    assert "Nothing was saved: 3 rows" in shell.err


def test_the_history_says_who_loaded_it(shell: Shell, good: str) -> None:
    StaffFactory(email="kirsten@broker.example", name="Kirsten Holm")
    shell.json(good, "--by", "Kirsten@broker.example")
    assert {r.pgh_context["who"] for r in HISTORY.objects.all()} == {"Kirsten Holm"}


def test_without_a_name_it_was_the_portal(shell: Shell, good: str) -> None:
    shell.json(good)
    assert {r.pgh_context["who"] for r in HISTORY.objects.all()} == {"The portal"}


def test_somebody_who_is_no_staff_loads_nothing(shell: Shell, good: str) -> None:
    result = shell.json(good, "--by", "nobody@broker.example", code=1)
    assert (result["errors"][0]["code"], result["saved"]) == ("unknown_person", False)
