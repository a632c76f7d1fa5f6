"""The columns of the client list, and how a heading row is recognised."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.roster.text import LONGEST_LABEL, masked
from importers.domain.sheets import Cell, is_blank
from importers.domain.text import unify


class Field(StrEnum):
    NAME = "name"
    NUMBER = "number"
    COUNTRY = "country"
    CONTACT_NAME = "contact_name"
    CONTACT_EMAIL = "contact_email"
    KIND = "kind"
    CONTACT_TITLE = "contact_title"
    OFFICER = "officer"
    CONTACT_PHONE = "contact_phone"
    LANGUAGE = "language"
    DDP = "is_ddp"
    ROUTE = "route"
    ENROLLED = "enrolled"
    ASSIGNED_TO = "assigned_to"


@dataclass(frozen=True, slots=True)
class Column:
    """`also` are other headings in use; they count only when neither of the two proper ones is there."""

    field: Field
    english: str
    danish: str
    required: bool = False
    also: tuple[str, ...] = ()

    @property
    def names(self) -> str:
        return self.english if self.english == self.danish else f"{self.english} / {self.danish}"


COLUMNS = (
    Column(Field.NAME, "Company name", "Firmanavn", True, ("Company", "Firma", "Importer name")),
    Column(
        Field.NUMBER, "Importer number", "Importørnummer", True,
        ("Importer no", "Importer of record number", "IOR number", "IOR no", "Importoernummer", "Importørnr"),
    ),
    Column(Field.COUNTRY, "Country", "Land", True, ("Country code", "Landekode")),
    Column(Field.CONTACT_NAME, "Contact name", "Kontaktperson", True, ("Contact person", "Contact", "Kontakt")),
    Column(Field.CONTACT_EMAIL, "E-mail", "E-mail", True, ("Mail", "E-mail address", "E-mailadresse")),
    Column(Field.KIND, "Kind", "Nummertype", also=("Kind of number", "Number kind", "Number type")),
    Column(Field.CONTACT_TITLE, "Title", "Titel", also=("Job title", "Stilling")),
    Column(Field.OFFICER, "Officer", "Tegningsberettiget", also=("Responsible officer",)),
    Column(Field.CONTACT_PHONE, "Phone", "Telefon", also=("Telephone", "Phone number", "Tlf", "Telefonnummer")),
    Column(Field.LANGUAGE, "Language", "Sprog"),
    Column(Field.DDP, "DDP", "DDP"),
    Column(Field.ROUTE, "Refund route", "Refusionsvej"),
    Column(Field.ENROLLED, "Already enrolled", "Allerede tilmeldt", also=("Already enroled",)),
    Column(Field.ASSIGNED_TO, "Assigned to", "Tildelt", also=("Tildelt til",)),
)  # fmt: skip

NO_HEADINGS = _(
    "No row with the headings of a client list was found among the first rows. The first row must hold headings such "
    "as %(required)s. Take them from the empty list that can be downloaded where lists are loaded."
)
MISSING = _("The column “%(column)s” is missing. Add it to the heading row.")
MISSING_NEAR = _("The column “%(column)s” is missing. Is it the one headed “%(near)s”? Then correct that heading.")
TWICE = _("Two columns are headed for “%(column)s”: “%(first)s” and this one. Take one of them out.")


@lru_cache(4096)
def key(heading: str) -> str:
    """What is compared of a heading: letters and digits, without what stands in brackets at the end."""
    if len(heading) > LONGEST_LABEL:
        return ""
    text = re.sub(r"\([^()]*\)\s*$", "", unify(heading).rstrip(" *:?")).casefold()
    return "".join(c for c in text if c.isalnum())


PROPER = {key(name): column for column in COLUMNS for name in (column.english, column.danish)}
ALSO = {key(name): column for column in COLUMNS for name in column.also}


def column_of(heading: Cell) -> Column | None:
    """The column meant; "Company name / Firmanavn" means the one that both name."""
    if not isinstance(heading, str) or is_blank(heading):
        return None
    whole = key(heading)
    if whole in PROPER or whole in ALSO:
        return PROPER.get(whole) or ALSO.get(whole)
    parts = {PROPER.get(key(part)) for part in heading[:LONGEST_LABEL].split("/")}
    return parts.pop() if len(parts) == 1 else None


def known(cells: Sequence[Cell]) -> int:
    """How many different columns a row names."""
    return len({column.field for cell in cells if (column := column_of(cell))})


@dataclass(slots=True)
class Headings:
    """`places` says in which cell a field stands and how its heading is written; `headed` are the cells of the
    row that are not blank."""

    row: int
    headed: set[int] = field(default_factory=set)
    places: dict[Field, tuple[int, str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)

    def title(self, wanted: Field) -> str:
        if wanted in self.places:
            return self.places[wanted][1]
        return next(column.english for column in COLUMNS if column.field is wanted)


def read_headings(row: int, cells: Sequence[Cell]) -> Headings:
    headings = Headings(row)
    proper = {column.field for cell in cells if isinstance(cell, str) and (column := PROPER.get(key(cell)))}
    for index, cell in enumerate(cells):
        if is_blank(cell):
            continue
        headings.headed.add(index)
        title, column = masked(str(cell)), column_of(cell)
        if column is None or (column.field in proper and key(str(cell)) in ALSO):
            headings.ignored.append(title)
        elif column.field in headings.places:
            first = headings.places[column.field][1]
            violation = RuleViolation("duplicate_column", TWICE, column=column.names, first=first)
            headings.errors.append(LineError.of(row, title, violation))
        else:
            headings.places[column.field] = index, title
    headings.errors += _missing(headings)
    return headings


def _missing(headings: Headings) -> list[LineError]:
    errors = []
    for column in COLUMNS:
        if column.required and column.field not in headings.places:
            near = _nearest(column, headings.ignored)
            text, params = (MISSING_NEAR, {"near": near}) if near else (MISSING, {})
            violation = RuleViolation("missing_column", text, column=column.names, **params)
            errors.append(LineError.of(headings.row, column.english, violation))
    return errors


def _nearest(column: Column, titles: list[str]) -> str:
    by_key = {key(title): title for title in titles}
    for name in (column.english, column.danish, *column.also):
        if close := get_close_matches(key(name), by_key, n=1, cutoff=0.7):
            return by_key[close[0]]
    return ""
