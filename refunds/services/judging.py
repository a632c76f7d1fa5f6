"""What the cells of a staged report say, and what is wrong with them.

Each distinct text is read once, by the format's own readers; PostgreSQL takes by itself only numbers and amounts that
are written so plainly that the readers cannot see them otherwise (a test compares the two). What is written in another
way is written plainly into the table, and what cannot be read becomes an error for each row in which it stands.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from django.db import connection

from importers.domain.errors import LineError, RuleViolation
from importers.domain.identifiers import ImporterNumber, NumberKind
from importers.domain.roster.text import cell_text, shown
from importers.models.importer import number_columns
from refunds.domain.entry_number import SHAPE as ENTRY_NUMBER
from refunds.formats.es003 import Field
from refunds.formats.es003.reading import READERS
from refunds.formats.kept_number import KeptNumber, holds_private, kept_number, may_be_private
from refunds.services.staging import TABLE, TOLD, Staged

PER_LINE = (Field.HTS, Field.DUTY, Field.LINE, Field.ORDINAL)
GROUPS = "import_groups"
# Braces are doubled: each is filled in with its column. Regular expressions are slow, so amounts as ACE writes them are
# told by the signs between their digits and by where those stand.
WRITTEN_OUT = r"^\$?([0-9]{{1,9}}|[0-9]{{1,3}}(,[0-9]{{3}}){{1,3}})(\.[0-9]{{1,2}})?$"
AMOUNT = f"""CASE translate({{0}}, '0123456789', '')
    WHEN '$.' THEN {{0}} LIKE '$_%.__' AND length({{0}}) <= 13
    WHEN '$,.' THEN {{0}} LIKE '$_%,___.__' AND length({{0}}) <= 11
    WHEN '$,,.' THEN {{0}} LIKE '$_%,___,___.__' AND length({{0}}) <= 15
    WHEN '' THEN length({{0}}) BETWEEN 1 AND 9
    ELSE {{0}} ~ '{WRITTEN_OUT}' END"""
COUNT = "length({0}) <= 6 AND translate({0}, '0123456789', '') = ''"
PLAIN = {
    Field.HTS: "length({0}) IN (8, 10) AND translate({0}, '0123456789', '') = ''",
    Field.DUTY: AMOUNT,
    Field.LINE: COUNT,
    Field.ORDINAL: COUNT,
    Field.LIQUIDATED_DUTY: f"({{0}} = '' OR {AMOUNT})",
}
# Written where a cell cannot be read, so that statements can go on; the entry is left out anyhow.
IN_PLACE = {Field.DUTY: "0"}


def plain_number(column: str) -> str:
    """SQL of `parse_entry_number` for a number in capitals with both hyphens or with none."""
    letters = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '12345678912345678923456789'"
    filer, serial = f"left({column}, 3)", f"translate(substr({column}, 4), '-', '')"
    shape = (
        f"CASE length({column}) WHEN 13 THEN {column} LIKE '___-_______-_' WHEN 11 THEN strpos({column}, '-') = 0 END "
        f"AND translate({filer}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', '') = '' AND {filer} <> '000' "
        f"AND length({serial}) = 8 AND translate({serial}, '0123456789', '') = ''"
    )
    values = [f"get_byte(d, {place})" for place in range(11)]
    doubled = [f"2 * {value} - 9 * ({value} > 52)::int - 48" for value in values[1:10:2]]  # 52 is "4"
    total = " + ".join((*values[0:10:2], *doubled, values[10]))
    digits = f"convert_to(translate({filer}, {letters}) || {serial}, 'UTF8')"
    fits = f"(SELECT ({total} - 11 * 48) % 10 = 0 FROM (SELECT {digits} AS d OFFSET 0) AS s)"  # noqa: S608
    return f"CASE WHEN {shape} THEN {fits} ELSE false END"


@dataclass(frozen=True, slots=True)
class Owner:
    """An importer number as it is kept, by the text under which the staged lines have it. `shown` is how programs are
    told of it."""

    written: str
    kind: str
    number: str
    last4: str
    fingerprint: str

    @property
    def shown(self) -> str:
        return self.number or KeptNumber(self.last4, self.fingerprint).told

    @property
    def is_private(self) -> bool:
        return self.kind == NumberKind.SSN


@dataclass(slots=True)
class Judged:
    """`values` are, for each column of an entry, the written texts and what they say; `bad_rows` the lines with which
    something is wrong. `is_private` when the kept file holds a number that may not be kept."""

    staged: Staged
    errors: list[LineError] = field(default_factory=list)
    bad_rows: list[int] = field(default_factory=list)
    values: dict[str, dict[str, object]] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)
    is_private: bool = False

    def tell(self, row: int, title: str, violation: RuleViolation, *, number: str, value: str = "") -> None:
        name = number
        if not ENTRY_NUMBER.fullmatch(number.upper()):  # then it may be any other
            name = _repeated(number)
            self.is_private |= may_be_private(number)
        self.errors.append(LineError.of(row, title, violation, name=name, value=value))
        self.bad_rows.append(row)

    @property
    def columns(self) -> list[str]:
        """Those of an entry, not of a line."""
        return [name for name in self.staged.fields if name not in PER_LINE]


def judge(staged: Staged, prefixes: Sequence[str], today: date) -> Judged:
    """Leaves `import_groups`: one row for all lines that say the same of an entry, with their duty added up."""
    judged = Judged(staged, list(staged.errors), list(staged.bad_rows), is_private=staged.is_private)
    _judge_lines(judged, today)
    _group(judged, prefixes)
    if _judge_numbers(judged, today):
        _group(judged, prefixes)
    for name in judged.columns:
        if name != Field.NUMBER:
            _judge_column(judged, name, today)
    return judged


def rows_of(sql: str, params: Sequence[Any] = ()) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)  # without any, % is only a sign
        return cursor.fetchall()


def run(sql: str, params: Sequence[Any] = ()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)  # without any, % is only a sign
        return int(cursor.rowcount)


def drop(*tables: str) -> None:
    for table in tables:
        run(f"DROP TABLE IF EXISTS pg_temp.{table}")


def _drop_blank(staged: Staged) -> int:
    blank = " AND ".join(f"btrim({_q(name)}) = ''" for name in staged.fields)
    return run(f"DELETE FROM {TABLE} WHERE {blank}")  # noqa: S608


def _judge_lines(judged: Judged, today: date) -> None:
    """One look at all lines; a second one for each column in which something is not plainly written."""
    fields = judged.staged.fields
    plain = {name: sql.format(_q(name)) for name, sql in PLAIN.items() if name in fields and name in PER_LINE}
    counts = ", ".join(f"count(*) FILTER (WHERE NOT ({sql}))" for sql in plain.values())
    lengths = f"count(*) FILTER (WHERE length({_q('number')}) = 11), count(*)"
    blank = "count(*) FILTER (WHERE btrim(number) = '')"
    [(*unplain, compact, total, blanks)] = rows_of(f"SELECT {counts}, {lengths}, {blank} FROM {TABLE}")  # noqa: S608
    if blanks:
        total -= _drop_blank(judged.staged)
    judged.staged.lines = total  # a cell may hold ends of lines
    for (name, sql), count in zip(plain.items(), unplain, strict=True):
        if count:
            texts = _texts(f"SELECT DISTINCT {_q(name)} FROM {TABLE} WHERE NOT ({sql})")  # noqa: S608
            values = _read(judged, name, texts, today)
            wrong = dict.fromkeys(texts - values.keys(), IN_PLACE.get(name, ""))
            _respell(name, values | wrong)
    if compact not in (0, total):  # two spellings of one number are one entry
        run(f"UPDATE {TABLE} SET number = translate(number, '-', '')")  # noqa: S608


def _judge_numbers(judged: Judged, today: date) -> bool:
    """True when lines were written anew."""
    texts = _texts(f"SELECT DISTINCT number FROM {GROUPS} WHERE NOT ({plain_number('number')})")  # noqa: S608
    values = _read(judged, Field.NUMBER, texts, today)
    if not values:
        return False
    _respell(Field.NUMBER, values)
    run(f"UPDATE {TABLE} SET number = translate(number, '-', '') WHERE length(number) = 13")  # noqa: S608
    return True


def _judge_column(judged: Judged, name: str, today: date) -> None:
    column = _q(name)
    texts = _texts(f"SELECT DISTINCT {column} FROM {GROUPS}")  # noqa: S608
    if name == Field.IMPORTER:
        _read(judged, name, texts, today)
        return
    judged.values[name] = _read(judged, name, texts, today)


def _read(judged: Judged, name: str, texts: Iterable[str], today: date) -> dict[str, object]:
    """What the texts say. Tells an error for each row that holds one that says nothing."""
    reader = _reader(judged, name, today)
    values: dict[str, object] = {}
    wrong: dict[str, RuleViolation] = {}
    for text in texts:
        if text == TOLD:
            continue
        try:
            values[text] = reader(text)
        except RuleViolation as violation:
            wrong[text] = violation
            judged.is_private |= name not in PER_LINE and (violation.code == "bank_details" or holds_private(text))
    if wrong:
        _tell(judged, name, wrong)
    return values


def _reader(judged: Judged, name: str, today: date) -> Callable[[str], object]:
    if name == Field.IMPORTER:
        return partial(_owner, judged)
    return lambda text: READERS[name](text, today)


def _owner(judged: Judged, written: str) -> Owner:
    if kept := kept_number(written):
        owner = Owner(written, NumberKind.SSN, "", kept.last4, kept.fingerprint)
    else:
        try:
            number = READERS[Field.IMPORTER](written, date.max)
        except RuleViolation:
            judged.is_private |= may_be_private(written)
            raise
        assert isinstance(number, ImporterNumber)  # noqa: S101 - what this reader gives
        judged.is_private |= number.kind is NumberKind.SSN
        columns = number_columns(number)
        owner = Owner(
            written, columns["number_kind"], columns["number"], columns["number_last4"], columns["fingerprint"]
        )
    judged.owners[written] = owner
    return owner


def _tell(judged: Judged, name: str, wrong: dict[str, RuleViolation]) -> None:
    title = judged.staged.fields[name]
    found = rows_of(
        f"SELECT row, number, {_q(name)} FROM {TABLE} WHERE {_q(name)} = ANY(%s) ORDER BY row",  # noqa: S608
        [list(wrong)],
    )
    repeated = {text: _repeated(text) for text in wrong}
    for row, number, written in found:
        judged.tell(row, title, wrong[written], number=number, value=repeated[written])


def _repeated(written: object) -> str:
    """As an error list may show it; nothing of what cannot be read."""
    try:
        return shown(cell_text(str(written)))
    except RuleViolation:
        return ""


def _respell(name: str, values: Mapping[str, object]) -> None:
    """Writes plainly what was read."""
    plainly = {text: "" if value is None else str(value) for text, value in values.items()}
    pairs = [(text, value) for text, value in plainly.items() if text != value]
    if pairs:
        run(
            f"UPDATE {TABLE} SET {_q(name)} = p.value FROM unnest(%s::text[], %s::text[]) AS p (written, value) "  # noqa: S608
            f"WHERE {_q(name)} = p.written",
            [[text for text, _ in pairs], [value for _, value in pairs]],
        )


def _group(judged: Judged, prefixes: Sequence[str]) -> None:
    drop(GROUPS)
    columns = ", ".join(map(_q, judged.columns))
    refunded = " OR ".join("hts LIKE %s" for _ in prefixes)
    run(
        f"CREATE TEMP TABLE {GROUPS} ON COMMIT DROP AS SELECT {columns}, min(row) AS row, count(*) AS lines, "  # noqa: S608
        f"coalesce(sum(translate(duty, '$,', '')::numeric) FILTER (WHERE {refunded}), 0) AS ieepa_duty, "
        f"{_marks(judged.staged)} AS marks "
        f"FROM {TABLE} GROUP BY {columns}",
        [f"{prefix}%" for prefix in prefixes],
    )
    run(f"ANALYZE {GROUPS}")


def _marks(staged: Staged) -> str:
    """One bit for each line, told by the last digits of its numbers: with as many bits as lines none is there twice."""
    if not staged.has_line_numbers:
        return "0::bigint"
    return "bit_or(1::bigint << (ascii(right('0' || line, 1)) * 5 + ascii(right('0' || ordinal, 1)) & 63))"


def _texts(sql: str) -> set[str]:
    return {str(text) for (text,) in rows_of(sql)}


def _q(name: str) -> str:
    return connection.ops.quote_name(name)
