import pytest

from importers.domain.roster import COLUMNS
from importers.domain.roster.columns import column_of, read_headings
from tests.lists import GOOD, codes, csv_list, read, row, workbook


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: c.field)
@pytest.mark.parametrize(
    "write",
    [str, str.upper, str.lower, "  {} ".format, "{} *".format, "{}:".format, "{} (x)".format, "\ufeff{}".format],
)
def test_each_heading_is_known_in_both_languages_however_it_is_written(column: object, write: object) -> None:
    for name in (column.english, column.danish, *column.also, f"{column.english} / {column.danish}"):  # type: ignore[attr-defined]
        assert column_of(write(name)) is column  # type: ignore[operator]


@pytest.mark.parametrize("heading", ["", "Price", "Name", "Number", "Date", None, 5, 2.5, "/", "*", "Country / Kind"])
def test_other_headings_are_not_guessed(heading: object) -> None:
    assert column_of(heading) is None  # type: ignore[arg-type]


def test_no_heading_is_claimed_by_two_columns() -> None:
    names = [name.casefold() for c in COLUMNS for name in {c.english, c.danish, *c.also}]
    assert len(names) == len(set(names))


def test_columns_may_stand_in_any_order() -> None:
    assert read(csv_list(dict(reversed(GOOD.items())))).entries[0].name == GOOD["Company name"]


def test_other_columns_are_left_out_and_named() -> None:
    roster = read(csv_list(row(Shoe_size="43", Note="hello")))
    assert (roster.ignored, len(roster.entries)) == (["Shoe size", "Note"], 1)


def test_a_column_without_heading_is_named_by_its_letter() -> None:
    data = workbook({"A": [[*GOOD, "", ""], [*GOOD.values(), "", "seen"]]})
    assert read(data).ignored == ["G"]


def test_the_proper_heading_wins_over_another_name_for_it() -> None:
    roster = read(csv_list(row(Company="Holding A/S")))
    assert (roster.entries[0].name, roster.ignored) == (GOOD["Company name"], ["Company"])


@pytest.mark.parametrize(("first", "second"), [("Phone", "PHONE "), ("Phone", "Telefon"), ("Tlf", "Telephone")])
def test_the_same_column_twice_is_an_error(first: str, second: str) -> None:
    data = workbook({"A": [[*GOOD, first, second], [*GOOD.values()]]})
    assert codes(data) == [(1, second.strip(), "duplicate_column")]


def test_every_missing_heading_is_named_with_the_nearest_found() -> None:
    errors = read_headings(1, ["Companyname", "Importer nummer", "E-mail", "Contact name"]).errors
    assert [(e.column, e.code) for e in errors] == [
        ("Importer number", "missing_column"),
        ("Country", "missing_column"),
    ]
    assert "“Importer nummer”" in errors[0].message
    assert "Land" in errors[1].message


def test_without_its_headings_no_row_is_read() -> None:
    roster = read(b"Company name,E-mail\nNordlys,x\n")
    assert (roster.rows, len(roster.errors), roster.readable) == (0, 3, False)


def test_only_other_columns_are_left_out_of_a_danish_list() -> None:
    data = csv_list(
        {
            "FIRMANAVN": "Søn ApS", "importørnummer": "260101-12345", "Land": "Danmark", "Kontaktperson": "Bo",
            "E-mail": "b@b.example", "Nummertype": "CBP_ASSIGNED", "Titel": "Direktør", "Tegningsberettiget": "Ja",
            "Telefon": "99 28 78 17", "Sprog": "Dansk", "DDP": "nej", "Refusionsvej": "Egen konto",
            "Allerede tilmeldt": "NEJ", "Tildelt": "kirsten holm",
        }
    )  # fmt: skip
    roster = read(data)
    assert (roster.errors, roster.ignored) == ([], [])
    entry = roster.entries[0]
    assert (entry.officer, entry.is_ddp, entry.enrolled, entry.assigned_to) == (True, False, False, 1)
    assert (entry.language, entry.contact_phone, entry.country) == ("da", "+4599287817", "DK")
