"""No entry stands in two CAPE files, unless somebody says that the first one never came to CAPE."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from importers.models import BrokerFirm, ImporterOfRecord, User
from refunds.models import CapeFile, ClaimResult, Entry
from refunds.services import cape, waiting
from refunds.services.cape import CapePlan, make, make_all, make_files, plan
from refunds.services.waiting import answers_to, hold, release
from tests.factories import EntryFactory, ImporterFactory, ReportFactory, StaffFactory
from tests.refunds.services.elsewhere import LONGEST, elsewhere, stopped_before, waits_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def importer() -> ImporterOfRecord:
    BrokerFirm.current()
    BrokerFirm.objects.update(filer_code="B76")
    made: ImporterOfRecord = ImporterFactory.create()
    return made


def today() -> date:
    return timezone.localdate()


def made_of(importer: ImporterOfRecord) -> CapeFile:
    [file] = make_files(importer, by=StaffFactory.create(), today=today())
    return file


def answer(entry: Entry, status: str = "rejected", claim: str = "", **report: Any) -> ClaimResult:
    """As `store_results` would keep it."""
    source = ReportFactory.create(format="cape_result", **report)
    Entry.objects.filter(pk=entry.pk).update(claim_status=status)
    return ClaimResult.objects.create(
        report=source, row=2, entry_number=entry.number, entry=entry, claim_number=claim, status=status,
        status_text=status, as_of=source.as_of,
    )  # fmt: skip


def going(importer: ImporterOfRecord) -> set[int]:
    return {entry.pk for entry in plan(importer, today=today()).entries}


def codes(made: CapePlan) -> list[str]:
    return [one.code for one in made.excluded]


def test_what_waits_in_a_file_stays_out_of_the_next_one(importer: ImporterOfRecord) -> None:
    entry = EntryFactory.create(importer=importer)
    file = made_of(importer)
    later = EntryFactory.create(importer=importer)
    made = plan(importer, today=today())
    assert [one.number for one in made.entries] == [later.number]
    [left] = made.excluded
    assert (left.entry.number, left.code) == (entry.number, "in-a-file")
    assert file.name in left.reason.told()
    assert today().isoformat() in left.reason.told()
    assert {one: [e.pk for e in entries] for one, entries in made.waiting.items()} == {file: [entry.pk]}
    [second] = make_files(importer, by=StaffFactory.create(), today=today())
    assert [one.entry for one in second.contents.all()] == [later]  # type: ignore[attr-defined]
    assert make_files(importer, by=StaffFactory.create(), today=today()) == []


def test_what_went_to_another_importer_meanwhile_still_waits(importer: ImporterOfRecord) -> None:
    entry = EntryFactory.create(importer=importer)
    file = made_of(importer)
    other = ImporterFactory.create()
    Entry.objects.update(importer=other)  # as a newer report does
    made = plan(other, today=today())
    assert {one: [e.pk for e in entries] for one, entries in made.waiting.items()} == {file: [entry.pk]}
    assert make_files(other, by=StaffFactory.create(), today=today()) == []
    made, files = make(other, by=StaffFactory.create(), today=today(), again=True)
    assert ([one.pk for one in made.entries], len(files)) == ([entry.pk], 1)
    assert "goes_again" in [warning.code for warning in made.warnings]


def test_both_importers_are_locked_first_where_a_file_is_anothers(importer: ImporterOfRecord) -> None:
    """In the order of an import, or the two would wait for one another."""
    first, second = importer, ImporterFactory.create()
    EntryFactory.create(importer=second)
    made_of(second)
    Entry.objects.update(importer=first)
    with CaptureQueriesContext(connection) as asked:
        make(first, by=StaffFactory.create(), today=today(), again=True)
    locks = [one["sql"] for one in asked.captured_queries if one["sql"].endswith("FOR UPDATE")]
    assert f"IN ({min(first.pk, second.pk)}, {max(first.pk, second.pk)}) ORDER BY" in locks[0]


def test_what_the_rules_say_comes_first(importer: ImporterOfRecord) -> None:
    EntryFactory.create(importer=importer)
    made_of(importer)
    Entry.objects.update(entry_type="47")
    made = plan(importer, today=today())
    assert ("in-a-file" in codes(made), made.waiting) == (False, {})


def test_of_a_file_that_is_answered_in_part_only_the_rest_waits(importer: ImporterOfRecord) -> None:
    rejected, silent, pending = EntryFactory.create_batch(3, importer=importer)
    file = made_of(importer)
    answer(rejected)
    answer(pending, "pending")
    made = plan(importer, today=today())
    assert {one.pk for one in made.entries} == {rejected.pk}
    assert {one.entry.pk: one.code for one in made.excluded} == {silent.pk: "in-a-file", pending.pk: "claim-pending"}
    assert answers_to([file]) == {file.pk: {"": 1, "rejected": 1, "pending": 1}}


def test_results_that_came_before_the_file_do_not_answer_it(importer: ImporterOfRecord) -> None:
    """Rejected, put right and filed again on one day."""
    entry = EntryFactory.create(importer=importer)
    first = made_of(importer)
    answer(entry, claim="C-1")
    second = made_of(importer)
    assert going(importer) == set()
    assert {pk: dict(found) for pk, found in answers_to([first, second]).items()} == {
        first.pk: {"rejected": 1}, second.pk: {"": 1},
    }  # fmt: skip


def test_neither_do_the_same_results_loaded_again(importer: ImporterOfRecord) -> None:
    entry = EntryFactory.create(importer=importer)
    before = answer(entry)
    made_of(importer)
    sha256 = before.report.sha256
    before.delete()  # as `store_results` puts the new ones in their place
    answer(entry, sha256=sha256)
    assert going(importer) == set()
    answer(entry)
    assert going(importer) == {entry.pk}


def test_nor_a_later_report_of_the_claim_that_had_an_answer_then(importer: ImporterOfRecord) -> None:
    entry = EntryFactory.create(importer=importer)
    answer(entry, claim="C-1", as_of=today() - timedelta(days=3))
    made_of(importer)
    answer(entry, claim="C-1")
    assert going(importer) == set()
    answer(entry, claim="C-2")
    assert going(importer) == {entry.pk}


def test_nor_what_was_so_the_day_before(importer: ImporterOfRecord) -> None:
    entry = EntryFactory.create(importer=importer)
    made_of(importer)
    answer(entry, as_of=today() - timedelta(days=1))
    assert going(importer) == set()


def test_what_was_never_uploaded_goes_in_again_and_it_is_said(importer: ImporterOfRecord) -> None:
    entry, by = EntryFactory.create(importer=importer), StaffFactory.create()
    file = made_of(importer)
    assert release([file.pk], by=by) == [file]
    assert release([file.pk], by=StaffFactory.create()) == [], "pressed twice is as once"
    file.refresh_from_db()
    assert (file.released_by, file.released_at is not None) == (by, True)
    made = plan(importer, today=today())
    [warning] = made.warnings
    assert ({one.pk for one in made.entries}, warning.code) == ({entry.pk}, "goes_again")
    assert file.name in warning.message
    again = made_of(importer)
    assert plan(importer, today=today()).waiting.keys() == {again}, "the new one holds it now"


def test_a_file_that_is_made_while_others_look_breaks_nothing(
    importer: ImporterOfRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, real = EntryFactory.create(importer=importer), waiting.unanswered

    def meanwhile() -> Any:
        made_of(importer)
        return real()

    with monkeypatch.context() as patch:
        patch.setattr(waiting, "unanswered", lambda: [patch.undo(), meanwhile()][1])
        assert waiting.waiting(importer).held.keys() == {entry.pk}


def test_who_was_mistaken_holds_them_back_again(importer: ImporterOfRecord) -> None:
    EntryFactory.create(importer=importer)
    file, by = made_of(importer), StaffFactory.create()
    release([file.pk], by=by)
    hold(file, by=by)
    file.refresh_from_db()
    assert (going(importer), file.released_at, file.released_by) == (set(), None, None)
    history = CapeFile.history.rel.related_model.objects.order_by("pgh_id")  # type: ignore[attr-defined]
    assert [one.pgh_context["action"] for one in history] == ["make CAPE files", "release CAPE file", "hold CAPE file"]


def test_again_makes_one_file_of_all_that_wait(importer: ImporterOfRecord) -> None:
    first = EntryFactory.create(importer=importer)
    made_of(importer)
    second = EntryFactory.create(importer=importer)
    made_of(importer)
    made, [file] = make(importer, by=StaffFactory.create(), today=today(), again=True)
    assert {one.pk for one in made.entries} == {first.pk, second.pk}
    assert CapeFile.objects.filter(released_at=None).get() == file


def test_of_two_files_that_hold_an_entry_the_newest_is_named(importer: ImporterOfRecord) -> None:
    EntryFactory.create(importer=importer)
    first, by = made_of(importer), StaffFactory.create()
    release([first.pk], by=by)
    second = made_of(importer)
    hold(first, by=by)
    assert plan(importer, today=today()).waiting.keys() == {second}


def by_the_page(importer: ImporterOfRecord, by: User) -> list[CapeFile]:
    return make_all([importer], by=by, today=today())


def by_the_command(importer: ImporterOfRecord, by: User) -> list[CapeFile]:
    return make(importer, by=by, today=today())[1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [by_the_page, by_the_command])
def test_two_at_once_do_not_make_two_files_of_the_same_entries(
    importer: ImporterOfRecord, way: Callable[[ImporterOfRecord, User], list[CapeFile]]
) -> None:
    EntryFactory.create_batch(2, importer=importer)
    one, other = StaffFactory.create(), StaffFactory.create()
    with elsewhere() as start:
        with stopped_before(cape, "_store") as is_there:
            first = start(lambda: way(importer, one))
            assert is_there.wait(LONGEST)
            second = start(lambda: way(importer, other))
            assert waits_for(second)
        assert ([file.entries for file in first.result(LONGEST)], second.result(LONGEST)) == ([2], [])
    assert CapeFile.objects.get().made_by == one


@pytest.mark.django_db(transaction=True)
def test_results_that_come_while_files_wait_to_be_made_do_not_answer_these(importer: ImporterOfRecord) -> None:
    entry, by = EntryFactory.create(importer=importer), StaffFactory.create()
    made_of(importer)
    with elsewhere() as start:
        with transaction.atomic():
            ImporterOfRecord.objects.select_for_update().get(pk=importer.pk)
            late = start(lambda: make_all([importer], by=by, today=today()))
            assert waits_for(late)
            answer(entry)
        assert [file.entries for file in late.result(LONGEST)] == [1]
    assert going(importer) == set()
