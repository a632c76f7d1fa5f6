import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from refunds.management.commands.check_cape import Command

GOOD = b"Entry Number\r\nB7603245278\r\n"
BAD = b"Entry Number\r\nB7603245278\r\nB7603245278\r\nx\r\n"


def run(path: Path, *options: str) -> tuple[str, str, int]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(Command(), str(path), *options, stdout=out, stderr=err)
    except CommandError as refused:
        return out.getvalue(), err.getvalue(), refused.returncode
    return out.getvalue(), err.getvalue(), 0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cape.csv"


def test_a_good_file(file: Path) -> None:
    file.write_bytes(GOOD)
    assert run(file) == ("", "1 entries, nothing to correct.\n", 0)


def test_a_bad_file_names_each_row_on_standard_error(file: Path) -> None:
    file.write_bytes(BAD)
    out, err, code = run(file)
    assert (out, code) == ("", 1)
    assert [line.partition(":")[0] for line in err.splitlines()] == ["Row 3", "Row 4"]


def test_json_of_a_good_file(file: Path) -> None:
    file.write_bytes(GOOD)
    out, _err, code = run(file, "--json")
    assert (json.loads(out), code) == ({"accept": True, "entries": 1, "errors": []}, 0)


def test_json_of_a_bad_file(file: Path) -> None:
    file.write_bytes(BAD)
    out, _err, code = run(file, "--json")
    answer = json.loads(out)
    assert (answer["accept"], answer["entries"], code) == (False, 3, 1)
    assert [(error["row"], error["code"]) for error in answer["errors"]] == [(3, "duplicate"), (4, "format")]
    assert all(set(error) == {"row", "code", "message"} for error in answer["errors"])


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_json_when_the_file_cannot_be_read(tmp_path: Path, name: str) -> None:
    out, err, code = run(tmp_path / name, "--json")
    answer = json.loads(out)
    assert (answer["accept"], answer["entries"], code) == (False, 0, 1)
    assert [(error["row"], error["code"]) for error in answer["errors"]] == [(0, "unreadable")]
    assert "cannot be read" in err


def test_a_huge_file_is_not_read_to_its_end(file: Path) -> None:
    with file.open("wb") as huge:
        huge.truncate(10**12)
    out, _err, code = run(file, "--json")
    assert (json.loads(out)["errors"][0]["code"], code) == ("too_large", 1)
