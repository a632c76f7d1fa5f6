"""From judged lines to entries: what belongs to one entry, and where its rows contradict one another."""

from collections.abc import Mapping
from itertools import groupby

import polars as pl

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from refunds.domain.entry_number import hyphened
from refunds.formats.cells import MOST, TOO_MUCH
from refunds.formats.es003 import Field
from refunds.services.judging import ENTRY, FACTS, KEY, TEXT, Judged, kind_of
from refunds.services.sql import rows_of, run
from refunds.services.staging import ROW

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


def gather(judged: Judged) -> int:
    """Leaves in `import_facts` one row for each entry of which no row is bad; returns how many entries there are in the
    file, the bad ones among them."""
    run(f"ANALYZE {FACTS}")
    _tell_duplicates(judged)
    _leave_out(judged)
    if differing := _merged(judged, _in_pieces(judged)):
        _tell_contradictions(judged, differing)
        _leave_out(judged)
        _make_one(judged, differing)
    _tell_too_much(judged)
    _leave_out(judged)
    judged.errors.sort(key=lambda error: error.row)
    [(good,)] = rows_of(f"SELECT count(*) FROM {FACTS}")  # noqa: S608
    return int(good) + len(judged.bad)


def _tell_duplicates(judged: Judged) -> None:
    if not judged.keys:
        return
    lines = pl.concat(judged.keys)
    keys = lines[KEY].sort()
    lines = lines.filter(pl.col(KEY).is_in(keys.filter(keys == keys.shift()).implode()))
    for entry, (first, *others) in lines.group_by(ENTRY, KEY).agg(pl.col(ROW).sort()).select(ENTRY, ROW).iter_rows():
        for row in others:
            _tell(judged, entry, row, Field.NUMBER, RuleViolation("duplicate", DUPLICATE, first=first))


def _leave_out(judged: Judged) -> None:
    if judged.bad:
        run(f"DELETE FROM {FACTS} WHERE number = ANY(%s)", [list(judged.bad)])  # noqa: S608


def _in_pieces(judged: Judged) -> list[str]:
    """Entries with more than one row: pieces of the file that say the same, or lines that say something else."""
    entries = pl.concat(judged.entries) if judged.entries else pl.Series(dtype=pl.String)
    return [number for number in entries.filter(entries.is_duplicated()).unique() if number not in judged.bad]


def _merged(judged: Judged, entries: list[str]) -> list[str]:
    """Makes one row of those that say the same; returns the entries that still have more than one."""
    if not entries:
        return []
    _put_together(entries, {name: name for name in judged.columns}, by=["number", *judged.columns])
    left = f"SELECT number FROM {FACTS} WHERE number = ANY(%s) GROUP BY number HAVING count(*) > 1"  # noqa: S608
    return [number for (number,) in rows_of(left, [entries])]


def _tell_contradictions(judged: Judged, differing: list[str]) -> None:
    names = [name for name in ONE_ONLY if name in judged.fields]
    differ = " OR ".join(f"min({name}) <> max({name})" for name in names)
    said = ", ".join(f"nullif({name}, '') AS {name}" if kind_of(name) is TEXT else name for name in names)
    found = rows_of(
        f"SELECT number, row, {', '.join(names)} FROM {FACTS} WHERE number IN ("  # noqa: S608
        f"SELECT number FROM (SELECT number, {said} FROM {FACTS} WHERE number = ANY(%s)) s "
        f"GROUP BY number HAVING {differ}) ORDER BY number, row",
        [differing],
    )
    for number, rows in groupby(found, key=lambda row: row[0]):
        first: dict[str, object] = {}
        for _number, row, *values in rows:
            for name, value in zip(names, values, strict=True):
                if value not in (None, "") and first.setdefault(name, value) != value:
                    _tell(judged, number, row, name, RuleViolation("contradiction", ONE_ONLY[name]))


def _tell(judged: Judged, number: str, row: int, name: str, violation: RuleViolation) -> None:
    judged.tell(row, judged.fields[name], violation, number=hyphened(number))
    judged.bad.add(number)


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
        _tell(judged, number, row, Field.DUTY, RuleViolation("money", TOO_MUCH))


def _make_one(judged: Judged, differing: list[str]) -> None:
    """Lines of one entry that say different things where that may be: the first row that says something counts."""
    said = {}
    for name in judged.columns:
        first = f"(array_agg({name} ORDER BY row) FILTER (WHERE {name}::text <> ''))[1]"
        said[name] = f"coalesce({first}, '')" if kind_of(name) is TEXT else first
    _put_together(differing, said, by=["number"])


def _put_together(entries: list[str], said: Mapping[str, str], by: list[str]) -> None:
    """One row in place of many of the same `by`; `said` is how each column is told from theirs."""
    counted = {"row": "min(row)", "lines": "sum(lines)", "ieepa_duty": "sum(ieepa_duty)"}
    run(
        f"WITH apart AS (DELETE FROM {FACTS} WHERE number = ANY(%s) RETURNING *) "  # noqa: S608
        f"INSERT INTO {FACTS} (number, {', '.join([*said, *counted])}) "
        f"SELECT number, {', '.join([*said.values(), *counted.values()])} FROM apart GROUP BY {', '.join(by)}",
        [entries],
    )
