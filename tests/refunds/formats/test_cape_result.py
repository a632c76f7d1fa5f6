from collections.abc import Sequence

import pytest

from importers.domain.sheets import Broken, Cell
from refunds.domain.cape_messages import ClaimStatus
from refunds.formats.cape_result import Results, read

HEADINGS = ["ENTRY_NUMBER", "CLAIM_NUMBER", "STATUS", "ERROR_DESCRIPTION"]
GOOD = "B76-0324527-8"
OTHER = "316-2509314-6"


def of(*rows: Sequence[Cell], headings: Sequence[Cell] = HEADINGS) -> Results:
    return read(enumerate([headings, *rows], 1))


def told(results: Results) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.code) for error in results.errors]


def test_one_entry_accepted_and_one_rejected_for_two_reasons() -> None:
    results = of(
        [GOOD, "C100", "Accepted", ""],
        [OTHER, "C100", "Rejected", "Entry on drawback"],
        [OTHER, "C100", "Rejected", "Invalid HTS"],
    )
    assert results.errors == []
    assert [(r.row, r.entry_number, r.claim_number, r.status, r.message) for r in results.rows] == [
        (2, "B7603245278", "C100", ClaimStatus.ACCEPTED, ""),
        (3, "31625093146", "C100", ClaimStatus.REJECTED, "ENTRY ON DRAWBACK"),
        (4, "31625093146", "C100", ClaimStatus.REJECTED, "INVALID HTS"),
    ]
    assert (results.lines, results.entries) == (3, 2)


def test_accepted_with_errors_means_the_claim_and_not_the_entry() -> None:
    results = of(
        [GOOD, "C1", "Accepted with Error(s)", None],
        [OTHER, "C1", "Accepted with Error(s)", None],
        [OTHER, "C1", "Accepted with Error(s)", "Something new"],
    )
    statuses = [row.status for row in results.rows]
    assert statuses == [ClaimStatus.ACCEPTED, ClaimStatus.REJECTED, ClaimStatus.REJECTED]


@pytest.mark.parametrize(
    "headings",
    [
        ["Entry Number", "Claim Number", "Status", "Error Description"],
        ["entry summary number", "CAPE CLAIM NUMBER", "filing status", "cape error detail"],
        ["Entry No.", "Claim ID", "Claim Status", "Error Message"],
    ],
)
def test_other_spellings_of_the_headings(headings: list[str]) -> None:
    assert of([GOOD, "C1", "Accepted", ""], headings=headings).entries == 1


def test_a_title_above_the_headings_other_columns_and_blank_rows() -> None:
    rows: list[Sequence[Cell]] = [
        ["CAPE results"],
        [],
        ["Importer", *HEADINGS],
        ["Nordlys", GOOD, "C1", "Accepted", ""],
        [None, "", "  "],
        ["Nordlys", OTHER, "C1", "Accepted"],
    ]
    results = read(enumerate(rows, 1))
    assert ([row.row for row in results.rows], results.lines) == ([4, 6], 2)


def test_all_errors_at_once_with_row_and_column_and_the_whole_entry_dropped() -> None:
    results = of(
        ["B76-0324527-9", "C1", "Fine", "x"],
        [GOOD, "1.2E+11", "Accepted", ""],
        [OTHER, "C1", "Rejected", "Invalid HTS"],
        [OTHER, "C1", "Perhaps", "Entry on drawback"],
        [OTHER, "C2", Broken(), ""],
        ["", "C2", "Accepted", "a" * 20_000],
        ["999-9999999-0", "C3", "Accepted", ""],
    )
    assert told(results) == [
        (2, "ENTRY_NUMBER", "check_digit"),
        (2, "STATUS", "status"),
        (3, "CLAIM_NUMBER", "claim_number"),
        (5, "STATUS", "status"),
        (6, "STATUS", "broken_cell"),
        (7, "ENTRY_NUMBER", "format"),
        (7, "ERROR_DESCRIPTION", "too_long"),
    ]
    assert [row.entry_number for row in results.rows] == ["99999999990"]


def test_one_claim_that_says_two_things_about_an_entry() -> None:
    results = of([GOOD, "C1", "Accepted", ""], [GOOD, "C1", "Rejected", ""], [GOOD, "C2", "Rejected", ""])
    assert told(results) == [(3, "STATUS", "two_statuses")]
    assert results.rows == []


def test_an_entry_may_stand_in_two_claims() -> None:
    results = of([GOOD, "C1", "Rejected", "Invalid HTS"], [GOOD, "C2", "Accepted", ""])
    assert [row.status for row in results.rows] == [ClaimStatus.REJECTED, ClaimStatus.ACCEPTED]


def test_an_accepted_entry_with_an_error_that_rules_it_out() -> None:
    assert told(of([GOOD, "C1", "Accepted", "Entry on drawback"])) == [(2, "STATUS", "contradiction")]


def test_what_failed_before_it_became_a_claim_has_no_number() -> None:
    [row] = of([GOOD, "", "Failed initial validation", ""]).rows
    assert (row.claim_number, row.status) == ("", ClaimStatus.REJECTED)


def test_more_cells_than_headings() -> None:
    assert told(of([GOOD, "C1", "Rejected", "Invalid HTS", "line 3"])) == [(2, "", "too_many_cells")]


def test_a_missing_column_is_named_with_what_may_be_meant() -> None:
    results = of(
        [GOOD, "C1", "Accepted", ""], headings=["ENTRY_NUMBER", "CLAIM_NUMBER", "STATUSS", "ERROR_DESCRIPTION"]
    )
    assert told(results) == [(1, "STATUS", "missing_column")]
    assert "“STATUSS”" in results.errors[0].message


def test_a_column_twice() -> None:
    results = of([GOOD, "C1", "Accepted", "", ""], headings=[*HEADINGS, "Claim Status"])
    assert told(results) == [(1, "Claim Status", "duplicate_column")]


@pytest.mark.parametrize("rows", [[], [["a", "b"], ["c", "d"]]])
def test_what_is_no_result_file(rows: list[list[Cell]]) -> None:
    results = read(enumerate(rows, 1))
    assert [error.code for error in results.errors] == ["no_headings"]
    assert "“ENTRY_NUMBER”" in results.errors[0].message
