import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importers.domain.errors import RuleViolation
from refunds.domain.entry_number import check_digit, parse_entry_number
from refunds.formats import FORMATS, cape_csv
from refunds.formats.cape_csv import MOST_ENTRIES, SIZE_LIMIT, check, write

CASES = json.loads((Path(__file__).parents[2] / "cases" / "cape_csv.json").read_text(encoding="utf-8"))
CODES = {
    "empty": "empty",
    "header_only": "no_entries",
    "too_many": "too_many",
    "extra_column": "extra_column",
    "over_1MB": "too_large",
}
ONE, OTHER = "B7603245278", "31625093146"


@cache
def numbers(count: int) -> tuple[str, ...]:
    return tuple(f"316{n:07}{check_digit(f'316{n:07}')}" for n in range(count))


def file_of(*rows: str, end: str = "\r\n") -> bytes:
    return "".join(row + end for row in rows).encode()


def file_with(*entries: str) -> bytes:
    return file_of("Entry Number", *entries)


def told(data: bytes) -> list[tuple[int, str]]:
    return [(error.row, error.code) for error in check(data).errors]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_shared_cases(case: dict[str, str]) -> None:
    if "bytes" in case:
        data = case["bytes"].encode()
    else:
        data = file_with(*(numbers(int(case["rows"])) if "rows" in case else [ONE] * (SIZE_LIMIT // 13)))
    report = check(data)
    assert report.accept == (case["expect"] == "accept")
    assert [error.code for error in report.errors] == ([] if report.accept else [CODES[case["name"]]])


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_any_line_end_is_read(end: str) -> None:
    assert told(file_of("Entry Number", ONE, OTHER, end=end)) == []


@pytest.mark.parametrize(
    "data",
    [
        file_with(ONE)[:-2],
        b'"Entry Number"\r\n"B7603245278"\r\n',
        file_with("", ONE, "", OTHER, "", ""),
        file_with(" ", ONE),
    ],
)
def test_a_missing_last_line_end_quotes_and_blank_rows_are_let_through(data: bytes) -> None:
    assert check(data).accept


@pytest.mark.parametrize(
    "heading", ["entry number", "Entry Number ", " Entry Number", "ENTRY NUMBER", "EntryNumber", "Entry"]
)
def test_the_heading_must_be_exact(heading: str) -> None:
    assert told(file_of(heading, ONE)) == [(1, "header")]


def test_a_missing_heading_does_not_swallow_the_first_entry() -> None:
    report = check(file_of(ONE, OTHER, OTHER))
    assert [(error.row, error.code) for error in report.errors] == [(1, "header"), (3, "duplicate")]
    assert report.entries == 3
    assert "Insert a row above" in report.errors[0].message


def test_the_heading_must_stand_in_the_first_row() -> None:
    assert told(file_of("", "Entry Number", ONE)) == [(1, "header")]


@pytest.mark.parametrize("data", [b"", b"\r\n", b" \r\n\r\n", b"\xef\xbb\xbf", b",\r\n"])
def test_empty_file(data: bytes) -> None:
    assert told(data) == [(0, "empty")]


def test_no_entries() -> None:
    assert told(b"Entry Number\r\n\r\n \r\n") == [(0, "no_entries")]


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04rest of a workbook",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"%PDF-1.7",
        "Entry Number\r\nB7603245278\r\n".encode("utf-16"),
        b'Entry Number\r\n"' + b"9" * 200_000,
    ],
)
def test_not_a_csv_file(data: bytes) -> None:
    assert told(data) == [(0, "not_csv")]


def test_the_mark_of_csv_utf_8_is_told() -> None:
    assert told(b"\xef\xbb\xbf" + file_with(ONE)) == [(1, "bom")]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("162509314", "format"),
        ("B76032452780", "format"),
        ("31-62509314-6", "format"),
        ("3.16251E+10", "format"),
        ("b7603245278", "format"),
        (" B7603245278", "format"),
        ("B7603245278 ", "format"),
        ("B76 0324527 8", "format"),
        ("B76–0324527–8", "format"),
        ("Ｂ7603245278", "format"),
        ("B7603245278\u200b", "format"),
        ("'B7603245278", "format"),
        ("Total", "format"),
        ("00000000018", "filer_code"),
        ("B7603245279", "check_digit"),
    ],
)
def test_a_bad_entry_is_told_with_its_row(entry: str, code: str) -> None:
    assert told(file_with(OTHER, "", entry)) == [(4, code)]


def test_bytes_of_another_encoding_are_a_bad_entry() -> None:
    assert told(b"Entry Number\r\nB76\xd80324527\r\n") == [(2, "format")]


@pytest.mark.parametrize("again", [ONE, "B76-0324527-8"])
def test_a_number_twice_is_told_with_the_first_row(again: str) -> None:
    report = check(file_with(ONE, "", OTHER, again))
    assert [(error.row, error.code) for error in report.errors] == [(5, "duplicate")]
    assert "row 2" in report.errors[0].message


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_more_than_one_column_is_told_once(sign: str) -> None:
    report = check(file_of(f"Entry Number{sign}IOR", f"{ONE}{sign}x", OTHER, f"B7603245279{sign}"))
    assert [(error.row, error.code) for error in report.errors] == [(1, "extra_column"), (4, "check_digit")]
    assert report.errors[0].message.startswith("There is more than one column (rows: 3).")


def test_everything_wrong_is_told_at_once_in_row_order() -> None:
    entries = [*numbers(MOST_ENTRIES), OTHER, OTHER, "x", "B7603245279,1"]
    report = check(b"\xef\xbb\xbf" + file_of("entry number", *entries))
    assert [(error.row, error.code) for error in report.errors] == [
        (1, "bom"),
        (1, "header"),
        (10_001, "too_many"),
        (10_002, "duplicate"),
        (10_003, "format"),
        (10_004, "extra_column"),
        (10_004, "check_digit"),
    ]
    assert report.entries == 10_003


@pytest.mark.parametrize(
    ("size", "codes"), [(SIZE_LIMIT - 1, []), (SIZE_LIMIT, ["too_large"]), (SIZE_LIMIT + 1, ["too_large"])]
)
def test_size_limit(size: int, codes: list[str]) -> None:
    data = file_with(ONE)
    blank_row = b" " * 9_999 + b"\n"
    data += (blank_row * (size // len(blank_row) + 1))[: size - len(data)]
    assert len(data) == size
    assert [error.code for error in check(data).errors] == codes


def test_messages_do_not_repeat_what_was_in_the_cell() -> None:
    report = check(file_with("021000021", "123-45-6789", "DK5000400440116243"))
    assert len(report.errors) == 3
    assert not any(part in error.message for error in report.errors for part in ("0210", "6789", "DK50"))


def test_written_file_byte_by_byte() -> None:
    assert write(["b76-0324527-8", OTHER]) == [b"Entry Number\r\nB7603245278\r\n31625093146\r\n"]


def test_no_entries_make_no_file() -> None:
    assert write([]) == []


def test_written_numbers_are_not_repeated() -> None:
    assert write([ONE, OTHER, "B76-0324527-8"]) == write([ONE, OTHER])


@pytest.mark.parametrize("number", ["", "B7603245279", "000-0000001-8"])
def test_a_bad_number_is_never_written(number: str) -> None:
    with pytest.raises(RuleViolation):
        write([ONE, number])


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (9_999, [9_999]), (10_000, [9_999, 1])])
def test_files_are_split_at_9_999(count: int, sizes: list[int]) -> None:
    files = write(numbers(count))
    reports = [check(file) for file in files]
    assert [(report.accept, report.entries) for report in reports] == [(True, size) for size in sizes]
    assert b"".join(file.removeprefix(b"Entry Number\r\n") for file in files).decode().split() == list(numbers(count))


ENTRIES = st.builds(
    lambda filer, serial: f"{filer}-{serial:07}-{check_digit(f'{filer}{serial:07}')}",
    st.sampled_from(["316", "B76", "ABC", "0A0", "ZZ9"]),
    st.integers(0, 9_999_999),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=20))
def test_what_is_written_is_accepted_and_complete(entries: list[str]) -> None:
    (file,) = write(entries)
    assert check(file).accept
    assert file.decode("ascii").split("\r\n")[1:-1] == [parse_entry_number(n).compact for n in dict.fromkeys(entries)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([b"Entry Number", b"B7603245278", b",", b";", b'"', b"\r\n", b"\n", b"\xff", b" ", b"1"]))
)
def test_any_file_gets_a_report_with_every_error_in_place(parts: list[bytes]) -> None:
    report = check(b"".join(parts))
    assert report.accept == (not report.errors)
    assert [error.row for error in report.errors] == sorted(error.row for error in report.errors)
    assert all(error.message == error.template % error.params for error in report.errors)


def test_the_format_is_in_the_table() -> None:
    cape = FORMATS["cape_csv"]
    assert (cape.read, cape.write) == (cape_csv.check, cape_csv.write)
    assert all(
        key == format_.key and format_.title and (format_.read or format_.write) for key, format_ in FORMATS.items()
    )
