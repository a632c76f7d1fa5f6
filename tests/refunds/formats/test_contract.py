"""What every format keeps. Each has a folder `golden/<key>/`: files that are read, each beside what came out of it as
JSON, or files as they are written. After a wanted change: `GOLDEN=write pytest` on this file, and look at the diff."""

import inspect
import json
import os
from dataclasses import asdict, is_dataclass
from pathlib import Path

import pytest

from importers.domain.errors import LineError, RuleViolation
from refunds.formats import FORMATS, Format
from refunds.formats.recognition import open_report
from tests.reports import TODAY, pieces

GOLDEN = Path(__file__).parent / "golden"
READ = [format_ for format_ in FORMATS.values() if format_.read]
REPORTS = [format_ for format_ in READ if format_.columns]
INPUTS = [
    (format_, path)
    for format_ in READ
    for path in sorted((GOLDEN / format_.key).glob("*"))
    if path.suffix != ".json" and path.is_file()
]


def plain(value: object) -> object:
    """As JSON: dataclasses as objects, of errors what programs are told, all else as text."""
    if isinstance(value, LineError):
        return value.as_dict()
    if is_dataclass(value) and not isinstance(value, type):
        fields = asdict(value) if not hasattr(value, "errors") else {f: getattr(value, f) for f in value.__slots__}
        return {name: plain(item) for name, item in fields.items() if item is not None}
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, int | str) else str(value)


def outcome(format_: Format, data: bytes) -> object:
    assert format_.read
    if not format_.columns:
        return plain(format_.read(data))
    options = {"today": TODAY} if "today" in inspect.signature(format_.read).parameters else {}
    try:
        with open_report(pieces(data)) as report:
            assert report.format is format_
            return plain(format_.read(report.rows, **options))
    except RuleViolation as violation:
        return {"refused": {"code": violation.code, "message": violation.message}}


@pytest.mark.parametrize("format_", FORMATS.values(), ids=FORMATS)
def test_it_has_a_name_and_reads_or_writes(format_: Format) -> None:
    assert FORMATS[format_.key] is format_
    assert format_.title
    assert format_.read or format_.write


@pytest.mark.parametrize("format_", FORMATS.values(), ids=FORMATS)
def test_it_has_a_golden_folder(format_: Format) -> None:
    assert list((GOLDEN / format_.key).glob("*")), f"put files into golden/{format_.key}"


def test_no_folder_is_left_of_a_format_that_is_gone() -> None:
    assert {path.name for path in GOLDEN.iterdir()} <= FORMATS.keys()


@pytest.mark.parametrize(("format_", "path"), INPUTS, ids=[f"{format_.key}/{path.name}" for format_, path in INPUTS])
def test_what_is_read_is_what_it_was(format_: Format, path: Path) -> None:
    found = json.loads(json.dumps(outcome(format_, path.read_bytes()), default=str))
    expected = path.with_name(path.name + ".json")
    if os.environ.get("GOLDEN") == "write":
        expected.write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    assert found == json.loads(expected.read_text())


@pytest.mark.parametrize("format_", READ, ids=lambda format_: format_.key)
def test_among_what_is_read_is_one_that_is_right_and_one_that_tells_several_errors(format_: Format) -> None:
    results = [json.loads(path.read_text()) for path in (GOLDEN / format_.key).glob("*.json")]
    errors = [result["errors"] for result in results if "errors" in result]
    assert [] in errors
    assert any(len({error["row"] for error in some}) > 1 for some in errors)


def told(data: bytes) -> list[tuple[str, str]]:
    """What is said of the headings: codes and messages."""
    try:
        with open_report([data]) as report:
            return [(error.code, error.message) for error in report.headed.errors]
    except RuleViolation as violation:
        return [(violation.code, violation.message)]


@pytest.mark.parametrize("format_", REPORTS, ids=lambda format_: format_.key)
def test_a_report_with_a_misspelt_heading_is_told_which_is_meant(format_: Format) -> None:
    required = [column.heading for column in format_.columns if column.required]
    for wrong in required:
        headings = [heading if heading != wrong else f"{heading[:-3]}xx" for heading in required]
        [(code, message)] = told(",".join(headings).encode() + b"\nx\n")
        assert code in {"missing_column", "heading"}
        assert f"“{wrong}”" in message


@pytest.mark.parametrize("format_", REPORTS, ids=lambda format_: format_.key)
def test_a_report_whose_headings_are_all_misspelt_is_told_the_nearest(format_: Format) -> None:
    required = [column.heading for column in format_.columns if column.required]
    [(code, message)] = told(",".join(f"{heading[:-3]}xx" for heading in required).encode() + b"\nx\n")
    assert code == "heading"
    assert sum(f"“{heading}”" in message for heading in required) > len(required) / 2
