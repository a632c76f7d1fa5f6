"""From judged lines to entries: what belongs to one entry, and where its rows contradict one another."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from django.db import connection

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from refunds.formats.cells import MOST, TOO_MUCH
from refunds.formats.es003 import Field
from refunds.services.judging import GROUPS, Judged, drop, rows_of, run
from refunds.services.staging import TABLE

FACTS = "import_facts"
BAD = "import_bad"
# What can only be one for an entry; of other columns the first row that says something counts.
ONE_ONLY = {
    Field.IMPORTER: _("The rows above have another importer for this entry. Correct the one that is wrong."),
    Field.ENTRY_DATE: _("The rows above have another entry date for this entry. Correct the one that is wrong."),
    Field.ENTRY_TYPE: _("The rows above have another entry type for this entry. Correct the one that is wrong."),
    Field.LIQUIDATION_DATE: _(
        "The rows above have another liquidation date for this entry. Correct the one that is wrong."
    ),
}
DUPLICATE = _("This line stands in row %(first)d already. Delete one of the two.")
DATES = (Field.ENTRY_DATE, Field.SUMMARY_DATE, Field.LIQUIDATION_DATE)
LEFT_ASIDE = (Field.NUMBER, Field.IMPORTER, Field.FILER_NAME)


def gather(judged: Judged) -> int:
    """Leaves `import_facts`, one row an entry, without those of which a row is bad; returns how many entries there are
    in the file, the bad ones among them."""
    _tell_duplicates(judged)
    _leave_out(judged)
    _make_facts(judged)
    apart = [number for (number,) in rows_of(f"SELECT number FROM {FACTS} GROUP BY number HAVING count(*) > 1")]  # noqa: S608
    if apart:
        _tell_contradictions(judged, apart)
    _tell_too_much(judged)
    _leave_out(judged)
    run(f"DELETE FROM {FACTS} f USING {BAD} b WHERE f.number = b.number")  # noqa: S608
    if apart:
        _make_one()
    judged.errors.sort(key=lambda error: error.row)
    [(good,)] = rows_of(f"SELECT count(*) FROM {FACTS}")  # noqa: S608
    [(bad,)] = rows_of(f"SELECT count(*) FROM {BAD} WHERE number <> ''")  # noqa: S608
    return int(good) + int(bad)


def entry_columns(judged: Judged) -> list[str]:
    """The report's columns that an entry has too."""
    return [name for name in judged.columns if name not in LEFT_ASIDE]


def _tell_duplicates(judged: Judged) -> None:
    """Looks at all lines of those entries whose `marks` do not show that each of their lines is there once."""
    fields = judged.staged.fields
    where = "number <> ''"
    if judged.staged.has_line_numbers:
        key = "number, ltrim(line, '0'), ltrim(ordinal, '0'), hts"
        where += (
            f" AND number IN (SELECT number FROM {GROUPS} GROUP BY number "  # noqa: S608
            "HAVING count(*) > 1 OR bit_count(min(marks)::bit(64)) < min(lines))"
        )
    else:
        key = ", ".join(connection.ops.quote_name(name) for name in (*fields, *judged.staged.others))
    twice = rows_of(
        f"SELECT min(number), array_agg(row ORDER BY row) FROM {TABLE} WHERE {where} "  # noqa: S608
        f"GROUP BY {key} HAVING count(*) > 1"
    )
    for number, (first, *others) in twice:
        for row in others:
            violation = RuleViolation("duplicate", DUPLICATE, first=first)
            judged.tell(row, fields[Field.NUMBER], violation, number=number)


def _leave_out(judged: Judged) -> None:
    """`import_bad` are the numbers of entries with which something is wrong."""
    drop(BAD)
    rows = sorted(set(judged.bad_rows))
    run(
        f"CREATE TEMP TABLE {BAD} ON COMMIT DROP AS SELECT DISTINCT translate(number, '-', '') AS number "  # noqa: S608
        f"FROM {TABLE} WHERE {'row = ANY(%s)' if rows else 'false'}",
        [rows] if rows else [],
    )


def _make_facts(judged: Judged) -> None:
    drop(FACTS)
    joins, params, selected = [], [], []
    for place, name in enumerate(entry_columns(judged)):
        kind = "date" if name in DATES else "numeric" if name == Field.LIQUIDATED_DUTY else "text"
        column = connection.ops.quote_name(name)
        values = judged.values[name]
        if kind == "text" and all(text == value for text, value in values.items()):
            selected.append(f"g.{column}")
            continue
        selected.append(f"v{place}.value AS {column}")
        joins.append(
            f"LEFT JOIN unnest(%s::text[], %s::{kind}[]) AS v{place} (written, value) ON v{place}.written = g.{column}"
        )
        params += [list(values), list(values.values())]
    run(
        f"CREATE TEMP TABLE {FACTS} ON COMMIT DROP AS SELECT translate(g.number, '-', '') AS number, g.importer, "  # noqa: S608
        f"{', '.join(selected)}, g.row, g.lines, g.ieepa_duty FROM {GROUPS} g {' '.join(joins)} "
        f"WHERE NOT EXISTS (SELECT FROM {BAD} b WHERE b.number = translate(g.number, '-', ''))",
        params,
    )


def _tell_contradictions(judged: Judged, apart: list[str]) -> None:
    names = [name for name in ONE_ONLY if name in judged.staged.fields]
    columns = ", ".join(f"f.{name}" for name in names)
    found = rows_of(
        f"SELECT f.number, f.row, {columns} FROM {FACTS} f WHERE f.number = ANY(%s) ORDER BY f.number, f.row",  # noqa: S608
        [apart],
    )
    for number, rows in groupby(found, key=lambda row: row[0]):
        said = ((one[1], dict(zip(names, one[2:], strict=True))) for one in rows)
        for row, name in _contradictions(judged, said):
            judged.tell(
                row, judged.staged.fields[name], RuleViolation("contradiction", ONE_ONLY[Field(name)]), number=number
            )


def _tell_too_much(judged: Judged) -> None:
    """Not even all entries together come to as much as one amount may. The largest are told."""
    [(total,)] = rows_of(f"SELECT sum(ieepa_duty) FROM {FACTS}")  # noqa: S608
    if (total or 0) < MOST:
        return
    found = rows_of(
        "SELECT number, row FROM (SELECT number, min(row) AS row, sum(sum(ieepa_duty)) OVER "  # noqa: S608
        f"(ORDER BY sum(ieepa_duty), number) AS so_far FROM {FACTS} GROUP BY number) AS e WHERE so_far >= %s",
        [MOST],
    )
    for number, row in found:
        judged.tell(row, judged.staged.fields[Field.DUTY], RuleViolation("money", TOO_MUCH), number=number)


def _contradictions(judged: Judged, rows: Iterator[tuple[int, Mapping[str, object]]]) -> Iterator[tuple[int, str]]:
    """An importer number in two spellings is one."""
    first: dict[str, object] = {}
    for row, said in rows:
        fingerprint = judged.owners[str(said[Field.IMPORTER])].fingerprint
        for name, value in (dict(said) | {Field.IMPORTER: fingerprint}).items():
            if value not in (None, "") and first.setdefault(name, value) != value:
                yield row, name


def _make_one() -> None:
    """Lines of one entry that say different things where that may be: the first row that says something counts."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {FACTS} LIMIT 0")  # noqa: S608
        names = [column.name for column in cursor.description or ()]
    sums = {"row": "min", "lines": "sum", "ieepa_duty": "sum"}
    selected = [
        "number"
        if name == "number"
        else f"{sums[name]}({name}) AS {name}"
        if name in sums
        else f"(array_agg({name} ORDER BY row) FILTER (WHERE {name}::text <> ''))[1] AS {name}"
        for name in names
    ]
    texts = f"{FACTS}_apart"
    drop(texts)
    run(f"ALTER TABLE {FACTS} RENAME TO {texts}")
    run(
        f"CREATE TEMP TABLE {FACTS} ON COMMIT DROP AS SELECT {', '.join(selected)} FROM {texts} GROUP BY number"  # noqa: S608
    )
