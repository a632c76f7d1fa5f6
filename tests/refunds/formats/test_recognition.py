"""A report is known by its headings, wherever they stand."""

import csv
from io import StringIO

import pytest

from importers.domain.errors import RuleViolation
from refunds.formats import FORMATS
from refunds.formats.recognition import Recognised, open_report
from tests.lists import workbook
from tests.reports import GOOD, codes, csv_report, line, pieces, read_report, table

HEADINGS = list(GOOD)
REPORTS = [format_ for format_ in FORMATS.values() if format_.columns]
PREAMBLE = [["ES-003 Entry Summary Line Tariff Details"], [], ["Run by", "A Broker", "", "", "2026"]]


def of(*headings: str) -> Recognised:
    with open_report(pieces(written([list(headings)]))) as found:
        return found


def written(rows: list[list[str]]) -> bytes:
    out = StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("format_", REPORTS, ids=lambda format_: format_.key)
def test_each_report_is_known_by_its_required_headings(format_: object) -> None:
    required = [column.heading for column in format_.columns if column.required]  # type: ignore[attr-defined]
    assert of(*required).format is format_
    assert of(*(column.heading for column in format_.columns)).format is format_  # type: ignore[attr-defined]


@pytest.mark.parametrize("format_", REPORTS, ids=lambda format_: format_.key)
def test_no_two_columns_of_a_report_share_a_heading(format_: object) -> None:
    assert not of(*(column.heading for column in format_.columns)).headed.errors  # type: ignore[attr-defined]


def test_case_space_and_width_do_not_matter() -> None:
    found = of(
        " entry  summary\u00a0number ",
        "IMPORTER NUMBER",
        "Ｅｎｔｒｙ Date",
        "hts number - full",
        "line tariff duty amount",
    )
    assert (found.format.key, len(found.headed.places), found.headed.errors) == ("es003", 5, [])


def test_rows_above_the_headings_are_skipped_and_counted() -> None:
    data = workbook({"Main Report": [*PREAMBLE, *table(line(), line(Entry_Date="x"))]})
    assert codes(read_report(data)) == [(6, "Entry Date", "date")]


def test_the_sheet_of_the_report_is_found_among_others() -> None:
    few = ["Entry Summary Number", "Importer Number", "Entry Date"]
    sheets = {"Entry Count": [few, ["x"]], "Parameters": table(line()), "Main Report": table(line(), line())}
    with open_report(pieces(workbook(sheets))) as report:
        assert (report.sheet, len(list(report.headed.lines))) == ("Main Report", 2)


def test_parameters_is_never_the_report_and_of_two_alike_main_report_is() -> None:
    with (
        pytest.raises(RuleViolation, match="Found: nothing"),
        open_report(pieces(workbook({"Parameters": table(line())}))),
    ):
        pass
    with open_report(pieces(workbook({"Copy": table(line()), "Main Report": table(line())}))) as report:
        assert report.sheet == "Main Report"


@pytest.mark.parametrize("names", [("June", "July"), ("Main Report", "Main Report (2)")])
def test_of_two_sheets_with_the_report_none_is_left_unread(names: tuple[str, str]) -> None:
    book = workbook(dict.fromkeys(names, table(line())))
    with pytest.raises(RuleViolation, match=f"“{names[1][:4]}") as refused, open_report(pieces(book)):
        pass
    assert refused.value.code == "two_sheets"
    with open_report(pieces(workbook({names[0]: table(line()), names[1]: table(line())[:1]}))) as report:
        assert report.sheet == names[0]


def test_columns_that_are_not_read_are_listed() -> None:
    assert of(*HEADINGS, "Manufacturer ID", "Whatever").ignored == ("Manufacturer ID", "Whatever")


def test_a_missing_column_is_named_with_what_may_be_meant() -> None:
    found = of(*HEADINGS[:-1], "Line Tarif Duty Amout")
    [error] = found.headed.errors
    assert (error.code, error.column) == ("missing_column", "Line Tariff Duty Amount")
    assert "Line Tarif Duty Amout" in error.message


def test_two_columns_for_one_thing_are_refused() -> None:
    assert [error.code for error in of(*HEADINGS, "Entry Number").headed.errors] == ["duplicate_column"]


def test_a_column_of_bank_numbers_is_refused() -> None:
    assert [error.code for error in of(*HEADINGS, "Bank Account Number").headed.errors] == ["bank_column"]


def test_other_headings_are_refused_with_the_nearest_known_ones() -> None:
    with pytest.raises(RuleViolation) as caught:
        of("Entri Sumary Numbr", "Colour", "Weight")
    assert caught.value.code == "heading"
    assert "“Colour”" in caught.value.message
    assert "“Entry Summary Number”" in caught.value.message


def test_both_ways_to_the_rows_begin_where_they_say() -> None:
    data = written([["Title"], HEADINGS, ["a"], *[[]] * 36, ["b"]])
    with open_report(pieces(data)) as found:
        assert [row[0] for row in found.headed.lines] == [3, 40]
    with open_report(pieces(data)) as found:
        assert [row[0] for row in found.rows] == [1, 2, 3, 40]


def test_the_separator_is_the_one_with_which_headings_are_found() -> None:
    for delimiter in ",;\t":
        assert (
            read_report(csv_report(line(Importer_Name="A, B; C"), delimiter=delimiter)).lines[0].importer_name
            == "A, B; C"
        )
