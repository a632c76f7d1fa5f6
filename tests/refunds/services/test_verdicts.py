"""What the rules make of the entries, set-wise: the same as asked one by one, and only what differs is written."""

from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model

from importers.domain.errors import RuleViolation
from importers.models import Readiness
from refunds.domain.eligibility import Verdict, assess
from refunds.domain.rules import SHIPPED, SHIPPED_CONTENT, parse_rules
from refunds.models import Entry, RuleVersion
from refunds.services import verdicts
from refunds.services.verdicts import Shift, preview, reassess, reassess_daily, set_rules
from tests.factories import EntryFactory, ImporterFactory, StaffFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 26)
LIQUIDATED = date(2026, 9, 10)  # 80 days end on 29 November


def other_rules(**parts: Any) -> dict[str, Any]:
    return deepcopy(SHIPPED_CONTENT) | parts


def a_mixed_lot() -> list[Entry]:
    facts: list[dict[str, Any]] = [
        {},
        {"liquidation_date": LIQUIDATED},
        {"liquidation_date": LIQUIDATED - timedelta(days=30)},
        {"liquidation_date": LIQUIDATED - timedelta(days=300)},
        {"entry_date": SHIPPED.first_entry - timedelta(days=1)},
        {"entry_date": SHIPPED.first_entry},
        {"entry_date": SHIPPED.last_entry},
        {"entry_date": SHIPPED.last_entry + timedelta(days=1)},
        {"entry_type": "47"},
        {"reconciliation": "Y"},
        {"control_status": "Cancelled"},
        {"protest_status": "Open"},
        {"ieepa_duty": Decimal("0.00")},
        {"claim_status": "accepted"},
        {"claim_status": "rejected"},
        {"paid_on": date(2026, 8, 1)},
    ]
    wrong = {"verdict": Verdict.PAID, "verdict_rule": "?", "act_until": None}
    return [EntryFactory(assessed_on=date(2026, 1, 1), **wrong, **one) for one in facts]


def stored(entry: Entry) -> tuple[str, str, date | None]:
    entry.refresh_from_db()
    return entry.verdict, entry.verdict_rule, entry.act_until


def history_of(row: Model) -> Any:
    return row.history  # type: ignore[attr-defined]


def test_every_entry_gets_what_the_rules_say_of_it_alone() -> None:
    lot = a_mixed_lot()
    moves = reassess(today=TODAY)
    for entry in lot:
        expected = assess(entry.facts, SHIPPED, TODAY)
        assert stored(entry) == (expected.verdict, expected.rule, expected.act_until)
    assert {move.number for move in moves} == {e.number for e in lot if e.verdict != Verdict.PAID}
    assert all(move.before is Verdict.PAID for move in moves)
    assert len({e.verdict for e in lot}) > 6


def test_only_what_differs_is_written() -> None:
    a_mixed_lot()
    reassess(today=TODAY)
    events = history_of(Entry.objects.all()[0]).model.objects.count()
    assert reassess(today=TODAY + timedelta(days=1)) == []
    assert history_of(Entry.objects.all()[0]).model.objects.count() == events
    assert set(Entry.objects.values_list("assessed_on", flat=True)) == {TODAY}


def test_a_clock_that_runs_out_moves_its_entry_alone() -> None:
    entry, other = EntryFactory(liquidation_date=LIQUIDATED), EntryFactory()
    reassess(today=date(2026, 11, 29))
    [move] = reassess(today=date(2026, 11, 30))
    assert (move.number, move.before, move.after) == (entry.number, Verdict.ELIGIBLE, Verdict.LATE)
    assert (move.importer_id, move.duty) == (entry.importer_id, Decimal("1234.56"))
    assert stored(other)[0] == Verdict.ELIGIBLE


def test_some_entries_can_be_judged_alone() -> None:
    first, second = a_mixed_lot()[:2]
    moves = reassess(today=TODAY, entries=[first.pk])
    assert [move.number for move in moves] == [first.number]
    assert stored(second)[0] == Verdict.PAID


def test_the_questions_asked_do_not_grow_with_the_entries(django_assert_num_queries: Any) -> None:
    a_mixed_lot()
    with connection.execute_wrapper(counter := Counter()):
        reassess(today=TODAY)
    few = counter.count
    a_mixed_lot()
    with connection.execute_wrapper(counter := Counter()):
        reassess(today=TODAY)
    assert counter.count == few


class Counter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.count += 1
        return execute(*arguments)


def test_new_rules_are_a_version_and_judge_everything() -> None:
    by, kept, dropped = StaffFactory(), EntryFactory(), EntryFactory(entry_type="06")
    content = other_rules(excluded_types=SHIPPED_CONTENT["excluded_types"] | {"values": ["06"]})
    version = set_rules(content, "type 06 is out", by=by, today=TODAY)
    assert (version.version, version.note, version.created_by) == (1, "type 06 is out", by)
    assert stored(kept)[0] == Verdict.ELIGIBLE
    assert stored(dropped)[:2] == (Verdict.EXCLUDED, "entry-type")
    assert {kept.rules_version, dropped.rules_version} == {1}
    assert Readiness.objects.get(importer=dropped.importer).at_stake == Decimal("0.00")
    assert set_rules(content, "again", by=by, today=TODAY).version == 2


def test_the_history_keeps_whose_verdict_the_new_rules_changed() -> None:
    by, kept, dropped = StaffFactory(), EntryFactory(), EntryFactory(entry_type="06")
    set_rules(other_rules(excluded_types=SHIPPED_CONTENT["excluded_types"] | {"values": ["06"]}), "out", by=by)
    assert history_of(kept).count() == 0
    [event] = history_of(dropped).all()
    assert (event.verdict, stored(dropped)[0]) == (Verdict.ELIGIBLE, Verdict.EXCLUDED)
    assert event.pgh_context["action"] == "rules version 1"
    assert event.pgh_context["who"] == str(by)


def test_the_version_tells_what_it_changed() -> None:
    importer = ImporterFactory()
    first, second = (EntryFactory(importer=importer, entry_type="06", ieepa_duty=duty) for duty in (900, 100))
    EntryFactory(importer=importer)
    content = other_rules(excluded_types=SHIPPED_CONTENT["excluded_types"] | {"values": ["06"]})
    told = preview(parse_rules(content, version=1), TODAY).shifts
    version = set_rules(content, "out", by=StaffFactory(), today=TODAY)
    version.refresh_from_db()
    assert [Shift.from_dict(kept) for kept in version.shifts] == told
    assert told == [Shift(Verdict.ELIGIBLE, Verdict.EXCLUDED, 2, Decimal("1000.00"))]
    assert version.moves_file().decode().splitlines() == [
        "entry,before,after,ieepa_duty",
        f"{first.number},eligible,excluded,900.00",
        f"{second.number},eligible,excluded,100.00",
    ]


def test_who_saw_other_rules_than_hold_is_told() -> None:
    by = StaffFactory()
    set_rules(SHIPPED_CONTENT, "looked again", by=by, seen=0)
    with pytest.raises(RuleViolation) as caught:
        set_rules(SHIPPED_CONTENT, "me too", by=by, seen=0)
    assert caught.value.code == "rules_changed"
    assert RuleVersion.objects.count() == 1


def test_rules_that_cannot_be_read_leave_everything_as_it_was() -> None:
    entry = EntryFactory()
    before = stored(entry)
    with pytest.raises(RuleViolation):
        set_rules(other_rules(phases=[]), "none", by=StaffFactory())
    assert not RuleVersion.objects.exists()
    assert stored(entry) == before


def test_an_error_at_the_end_takes_the_new_rules_back(monkeypatch: pytest.MonkeyPatch) -> None:
    EntryFactory(entry_type="06")

    def fail(*arguments: Any, **named: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(verdicts.stakes, "refresh", fail)
    content = other_rules(excluded_types=SHIPPED_CONTENT["excluded_types"] | {"values": ["06"]})
    with pytest.raises(RuntimeError), transaction.atomic():
        set_rules(content, "out", by=StaffFactory())
    assert not RuleVersion.objects.exists()
    assert Entry.objects.get().verdict == Verdict.ELIGIBLE


def test_a_preview_counts_what_would_move_and_writes_nothing() -> None:
    importer = ImporterFactory()
    large, small = (EntryFactory(importer=importer, entry_type="06", ieepa_duty=duty) for duty in (900, 100))
    EntryFactory(importer=importer)
    content = other_rules(excluded_types=SHIPPED_CONTENT["excluded_types"] | {"values": ["06"]})
    found = preview(parse_rules(content, version=1), TODAY, named=1)
    assert (found.entries, found.moved) == (3, 2)
    assert found.shifts == [Shift(Verdict.ELIGIBLE, Verdict.EXCLUDED, 2, Decimal("1000.00"))]
    assert [move.number for move in found.moves] == [large.number]
    assert stored(small)[0] == Verdict.ELIGIBLE
    assert history_of(small).count() == 0
    assert not RuleVersion.objects.exists()


def test_what_moves_in_the_preview_moves_when_it_is_saved() -> None:
    a_mixed_lot()
    reassess(today=TODAY)
    content = other_rules(
        clocks=deepcopy(SHIPPED_CONTENT["clocks"]) | {"cape": {"days": 20, "source": "x", "confidence": "low"}}
    )
    told = {move.number: move.after for move in preview(parse_rules(content, version=1), TODAY).moves}
    before = dict(Entry.objects.values_list("number", "verdict"))
    set_rules(content, "shorter", by=StaffFactory(), today=TODAY)
    after = dict(Entry.objects.values_list("number", "verdict"))
    assert told == {number: verdict for number, verdict in after.items() if before[number] != verdict}
    assert told


def test_a_new_day_brings_verdicts_and_stakes_up_to_date() -> None:
    entry = EntryFactory(liquidation_date=date(2026, 1, 1))
    Entry.objects.update(verdict=Verdict.LATE, act_until=date(2026, 6, 30))
    [move] = reassess_daily(TODAY)
    assert (move.before, move.after) == (Verdict.LATE, Verdict.CLOSED)
    assert Readiness.objects.get(importer=entry.importer).at_stake == Decimal("0.00")


def test_an_entry_that_is_not_what_the_rules_say_is_found() -> None:
    entry = EntryFactory(assessed_on=TODAY)
    assert verdicts.drift(TODAY) == []
    Entry.objects.update(verdict_rule="x")
    [stale] = verdicts.drift(TODAY)
    assert (stale.number, stale.stored, stale.computed) == (entry.number, "eligible x", "eligible phase-1")


def test_rows_from_anywhere_find_their_decisions() -> None:
    """As the import does: rows that are no entries yet, judged inside its own statement."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE coming AS SELECT * FROM refunds_entry WHERE false")
        cursor.execute(
            "INSERT INTO coming (number, entry_type, entry_date, liquidation_status, reconciliation, control_status, "
            "protest_status, claim_status, ieepa_duty) VALUES "
            "('one', '01', '2025-06-02', '', '', '', '', '', 5), ('two', '47', '2025-06-02', '', '', '', '', '', 5)"
        )
        rules = verdicts.held_rules()
        verdicts.decide("coming", rules, TODAY)
        join = verdicts.same_facts("c", rules)
        cursor.execute(f"SELECT c.number, d.verdict, d.rule FROM coming c JOIN decisions d ON {join} ORDER BY 1")  # noqa: S608
        assert cursor.fetchall() == [("one", "eligible", "phase-1"), ("two", "excluded", "entry-type")]
