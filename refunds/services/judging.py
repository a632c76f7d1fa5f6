"""What the cells of a report say, what is wrong with them, and what its lines come to for each entry.

Each distinct text is read once, by the format's own readers. Of entry numbers and amounts there are too many: those
that are written so plainly that the readers cannot see them otherwise are taken as they are (a test compares the two).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

import polars as pl
from django.db import connection, transaction

from importers.domain.errors import LineError, RuleViolation
from importers.domain.identifiers import ImporterNumber, NumberKind
from importers.domain.roster.text import cell_text, shown
from importers.models.importer import number_columns
from refunds.domain.entry_number import SHAPE as ENTRY_NUMBER
from refunds.domain.entry_number import check_digit
from refunds.formats.es003 import Field
from refunds.formats.es003.reading import READERS
from refunds.formats.kept_number import KeptNumber, holds_private, kept_number, may_be_private
from refunds.formats.recognition import open_report
from refunds.services.ahead import ahead
from refunds.services.sql import drop, run
from refunds.services.staging import OTHERS, ROW, TOLD, Lines, NotPlainError, careful, has_line_numbers, straight

FACTS = "import_facts"  # a temporary table: what the lines come to
ENTRY, KEY = "entry", "key"
IS_ENTRY = pl.col(ENTRY).is_not_null()
PER_LINE = (Field.HTS, Field.DUTY, Field.LINE, Field.ORDINAL)
# The filer's name is looked at, for what may not be kept, and not kept.
LEFT_ASIDE = (*PER_LINE, Field.NUMBER, Field.FILER_NAME)
AMOUNTS = (Field.DUTY, Field.LIQUIDATED_DUTY)
# Written where a cell cannot be read, so that the others can be counted; the entry is left out anyhow.
IN_PLACE: Mapping[str, str] = {Field.DUTY: "0"}
# Of how many texts of a column is remembered what they say.
MOST_KNOWN = 10_000
PRIVATE = ("bank_details", "ssn")  # codes of what may not be kept
FILER = re.compile("[0-9A-Z]{3}")
PLAIN_NUMBER = "^(?:[1-9A-Z][0-9A-Z]{2}|0[1-9A-Z][0-9A-Z]|00[1-9A-Z])(?:-[0-9]{7}-|[0-9]{7})[0-9]$"
PLAIN_AMOUNT = r"^\$?(?:[0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,2})?$"


class Kind(NamedTuple):
    """A column in the table and in a frame."""

    sql: str
    frame: pl.DataType


TEXT = Kind('text COLLATE "C" NOT NULL', pl.String())
DAY = Kind("date", pl.Date())
MONEY = Kind("numeric", pl.Decimal(38, 2))
COUNT = Kind("integer", pl.Int32())
COUNTED = {ROW: COUNT, "lines": COUNT, "ieepa_duty": MONEY}
KINDS: Mapping[str, Kind] = {
    Field.IMPORTER: COUNT, Field.ENTRY_DATE: DAY, Field.SUMMARY_DATE: DAY, Field.LIQUIDATION_DATE: DAY,
    Field.LIQUIDATED_DUTY: MONEY,
}  # fmt: skip

Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Owner:
    """An importer number as it is kept. `shown` is how programs are told of it."""

    kind: str
    number: str
    last4: str
    fingerprint: str

    @property
    def shown(self) -> str:
        return self.number or KeptNumber(self.last4, self.fingerprint).told


@dataclass(slots=True)
class Judged:
    """`fields` are the columns that the file has, by their heading. For each column `values` holds what the texts read
    so far say, `wrong` why others say nothing, and how those may be shown. `bad` are entry numbers with which something
    is wrong, `keys` tell lines apart, `entries` are the numbers as they stand in the table. Where an importer stands in
    `owners`, the facts have its place there. `is_private` when the kept file holds a number that may not be kept."""

    fields: Mapping[str, str]
    prefixes: tuple[str, ...]
    today: date
    lines: int = 0
    errors: list[LineError] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    wrong: dict[str, dict[str, tuple[RuleViolation, str]]] = field(default_factory=dict)
    owners: dict[Owner, int] = field(default_factory=dict)
    keys: list[pl.DataFrame] = field(default_factory=list)
    entries: list[pl.Series] = field(default_factory=list)
    is_private: bool = False

    def tell(self, row: int, title: str, violation: RuleViolation, *, number: str, value: str = "") -> None:
        name = number
        if not ENTRY_NUMBER.fullmatch(number.upper()):  # then it may be any other
            name = _repeated(number)
            self.is_private |= may_be_private(number)
        self.errors.append(LineError.of(row, title, violation, name=name, value=value))

    @property
    def columns(self) -> list[str]:
        """Those of an entry, not of a line."""
        return [name for name in self.fields if name not in LEFT_ASIDE]


def judge(pieces: Callable[[], Iterable[bytes]], prefixes: tuple[str, ...], today: date, tell: Tell) -> Judged:
    """Leaves `import_facts`: one row for all lines that say the same of an entry, with their duty added up. `tell`
    hears how many lines have been read. Raises RuleViolation for the whole file."""
    with open_report(pieces()) as recognised:
        headed = recognised.headed
        fields = {name: headed.title(name) for name in headed.places}
        if recognised.is_text:
            try:
                return _judged(straight(pieces(), headed), Judged(fields, prefixes, today), tell)
            except NotPlainError:
                pass
        return _judged(careful(recognised, today), Judged(fields, prefixes, today), tell)


def _judged(parts: Iterator[Lines], judged: Judged, tell: Tell) -> Judged:
    _make_facts(judged)
    try:
        for facts in ahead(partial(_taken, judged), parts, threads=1):
            _store(facts)
            tell(judged.lines)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise RuntimeError(f"polars: {type(error).__name__}") from None  # its words may hold what stands in the file
    return judged


def _make_facts(judged: Judged) -> None:
    drop(FACTS)
    columns = {"number": TEXT} | {name: kind_of(name) for name in judged.columns} | COUNTED
    written = ", ".join(f"{_q(name)} {kind.sql}" for name, kind in columns.items())
    run(f"CREATE TEMP TABLE {FACTS} ({written})")


def kind_of(name: str) -> Kind:
    return KINDS.get(name, TEXT)


def _taken(judged: Judged, part: Lines) -> pl.DataFrame:
    """What the lines come to, with the columns of the table."""
    lines = _with_entries(judged, _not_blank(part.frame))
    judged.lines += lines.height
    judged.errors += part.errors
    judged.is_private |= part.is_private
    _spoil(judged, lines.filter(pl.col(ROW).is_in([error.row for error in part.errors])))
    lines = _respelled(judged, lines)
    judged.keys.append(lines.filter(IS_ENTRY).select(ROW, ENTRY, _key(judged)))
    facts = _said(judged, lines, _folded(judged, lines)).filter(IS_ENTRY)
    judged.entries.append(facts[ENTRY])
    return facts.select(pl.col(ENTRY).alias("number"), *judged.columns, *COUNTED)


def _not_blank(lines: pl.DataFrame) -> pl.DataFrame:
    if (lines[Field.NUMBER].str.strip_chars() != "").all():
        return lines
    return lines.filter(~pl.all_horizontal(pl.col(pl.String).exclude(OTHERS).str.strip_chars() == ""))


def _with_entries(judged: Judged, lines: pl.DataFrame) -> pl.DataFrame:
    """With the compact number beside the one that is written, with none where that is no entry number."""
    written = lines[Field.NUMBER].unique()
    odd = written.filter(~plain_numbers(written))
    said = dict.fromkeys(odd) | _read(judged, lines, Field.NUMBER, odd)
    number = pl.col(Field.NUMBER)
    if said:
        number = number.replace_strict(said, default=number, return_dtype=pl.String)
    return lines.with_columns(number.str.replace_all("-", "", literal=True).alias(ENTRY))


def plain_numbers(written: pl.Series) -> pl.Series:
    """Which of them surely are entry numbers: in capitals, with both hyphens or with none."""
    compact = written.str.replace_all("-", "", literal=True)
    filers = compact.str.slice(0, 3)
    # How much the filer code lacks, in the sum that the check digit makes a multiple of ten.
    lacks = {filer: int(check_digit(f"{filer}0000000")) for filer in filers.unique() if FILER.fullmatch(filer)}
    total = -filers.replace_strict(lacks, default=None, return_dtype=pl.Int64)
    serial = compact.str.slice(3).cast(pl.Int64, strict=False)
    for place in range(8):
        digit = serial // 10**place % 10
        total += digit if place % 2 == 0 else 2 * digit - 9 * (digit > 4).cast(pl.Int64)
    return (written.str.contains(PLAIN_NUMBER) & (total % 10 == 0)).fill_null(False)


def _respelled(judged: Judged, lines: pl.DataFrame) -> pl.DataFrame:
    """With what was read of a line's own columns written plainly."""
    looked_at = [name for name in (*PER_LINE, Field.FILER_NAME) if name in judged.fields]
    changes = []
    for name, texts in _distinct(lines, looked_at):
        said = _read(judged, lines, name, texts)
        plainly = {text: _plainly(said[text]) if text in said else IN_PLACE.get(name, "") for text in texts}
        changed = {text: plain for text, plain in plainly.items() if text != plain}
        changes += [pl.col(name).replace(changed)] if changed else []
    return lines.with_columns(changes)


def _distinct(frame: pl.DataFrame, names: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """For each column the texts that are to be read."""
    columns = (pl.col(name).filter(~_is_plain(name)) if name in AMOUNTS else pl.col(name) for name in names)
    yield from frame.select(column.unique().implode() for column in columns).row(0, named=True).items()


def _is_plain(amount: str) -> pl.Expr:
    return pl.col(amount).str.contains(PLAIN_AMOUNT)


def _plainly(value: object) -> str:
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _key(judged: Judged) -> pl.Expr:
    """By which lines are told apart."""
    if has_line_numbers(judged.fields):
        columns: list[str] = [Field.LINE, Field.ORDINAL, Field.HTS]
    else:
        columns = [*(name for name in judged.fields if name != Field.NUMBER), OTHERS]
    return pl.struct(ENTRY, *columns).hash().alias(KEY)


def as_money(plain: pl.Expr) -> pl.Expr:
    return plain.str.replace_all("[$,]", "").cast(MONEY.frame)


def _folded(judged: Judged, lines: pl.DataFrame) -> pl.DataFrame:
    refunded = pl.col(Field.HTS).str.contains(f"^(?:{'|'.join(map(re.escape, judged.prefixes))})")
    duty = as_money(pl.col(Field.DUTY))
    # In the order of the file, which is that of the numbers: so they are sorted fast.
    return lines.group_by(ENTRY, *judged.columns, maintain_order=True).agg(
        pl.col(ROW).min(), lines=pl.len(), ieepa_duty=duty.filter(refunded).sum()
    )


def _said(judged: Judged, lines: pl.DataFrame, folded: pl.DataFrame) -> pl.DataFrame:
    """What the texts of an entry's columns say in place of the texts."""
    columns = []
    for name, texts in _distinct(folded, judged.columns):
        kind, said = kind_of(name), _read(judged, lines, name, texts)
        if kind is not TEXT or any(said.get(text) != text for text in texts):
            nothing = "" if kind is TEXT else None
            column = pl.col(name).replace_strict(said, default=nothing, return_dtype=kind.frame)
            if name in AMOUNTS:
                plain = pl.when(_is_plain(name)).then(pl.col(name))  # a cast looks at all rows, also at the others
                column = pl.when(_is_plain(name)).then(as_money(plain)).otherwise(column).alias(name)
            columns.append(column)
    return folded.with_columns(columns)


def _store(facts: pl.DataFrame) -> None:
    texts = ", ".join(_q(name) for name, kind in facts.schema.items() if kind == TEXT.frame)
    sql = f"COPY {FACTS} FROM STDIN (FORMAT csv, FORCE_NOT_NULL ({texts}))"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.write(facts.write_csv(include_header=False))


def _read(judged: Judged, lines: pl.DataFrame, name: str, texts: Collection[str]) -> dict[str, Any]:
    """What the texts say. Tells an error for each line that holds one that says nothing."""
    values, wrong = judged.values.setdefault(name, {}), judged.wrong.setdefault(name, {})
    for known in (values, wrong):
        if len(known) > MOST_KNOWN:
            known.clear()
    reader = _reader(judged, name)
    for text in texts:
        if text in values or text in wrong or text == TOLD:
            continue
        try:
            values[text] = reader(text)
        except RuleViolation as violation:
            wrong[text] = violation.with_traceback(None), _repeated(text)  # its frames are larger than all else
            judged.is_private |= name not in PER_LINE and (violation.code in PRIVATE or holds_private(text))
    if here := [text for text in texts if text in wrong]:
        _tell(judged, lines.filter(pl.col(name).is_in(here)), name)
    return {text: values[text] for text in texts if text in values}


def _reader(judged: Judged, name: str) -> Callable[[str], Any]:
    if name == Field.IMPORTER:
        return partial(_owner, judged)
    return lambda text: READERS[name](text, judged.today)


def _owner(judged: Judged, written: str) -> int:
    if kept := kept_number(written):
        owner = Owner(NumberKind.SSN, "", kept.last4, kept.fingerprint)
    else:
        try:
            number = READERS[Field.IMPORTER](written, date.max)
        except RuleViolation:
            judged.is_private |= may_be_private(written)
            raise
        assert isinstance(number, ImporterNumber)  # noqa: S101 - what this reader gives
        judged.is_private |= number.kind is NumberKind.SSN
        columns = number_columns(number)
        owner = Owner(columns["number_kind"], columns["number"], columns["number_last4"], columns["fingerprint"])
    return judged.owners.setdefault(owner, len(judged.owners))


def _tell(judged: Judged, lines: pl.DataFrame, name: str) -> None:
    title, wrong = judged.fields[name], judged.wrong[name]
    for row, number, written in lines.select(ROW, Field.NUMBER, pl.col(name).alias("written")).iter_rows():
        violation, repeated = wrong[written]
        judged.tell(row, title, violation, number=number, value=repeated)
    _spoil(judged, lines)


def _spoil(judged: Judged, lines: pl.DataFrame) -> None:
    if ENTRY in lines.columns:  # else the numbers themselves are wrong
        judged.bad.update(lines[ENTRY].drop_nulls())


def _repeated(written: object) -> str:
    """As an error list may show it; nothing of what cannot be read."""
    try:
        return shown(cell_text(str(written)))
    except RuleViolation:
        return ""


def _q(name: str) -> str:
    return connection.ops.quote_name(name)
