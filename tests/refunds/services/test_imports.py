"""What an import saves, and what it refuses."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.utils import timezone

from importers.models import ImporterOfRecord, Readiness, User
from refunds.models import Entry, Report, ReportChunk, ReportState
from refunds.services import imports, stakes
from refunds.services.imports import LEASE, MOST_TRIES, begin, import_report, unfinished
from refunds.services.reports import RefusedError, receive, replay
from tests.factories import ImporterFactory
from tests.refunds.services.entry_reports import KNOWN, OTHER, SSN, command, entry_number, line, load, report

EntryEvent = apps.get_model("refunds", "EntryEvent")
pytestmark = pytest.mark.django_db


@pytest.fixture
def known() -> ImporterOfRecord:
    return ImporterFactory.create(number_text=KNOWN)


def test_an_entry_is_the_sum_of_its_lines(known: ImporterOfRecord) -> None:
    outcome = load(report(
        line(ordinal="1"), line(ordinal="2", hts="8712004800", duty="$50.00"),
        line(line="2", hts="99030267", duty="0.44"),
    ))  # fmt: skip
    assert (outcome.lines, outcome.entries, outcome.created, outcome.saved) == (3, 1, 1, True)
    entry = Entry.objects.get()
    assert (entry.canonical, entry.importer, entry.lines) == (entry_number(1), known, 3)
    assert entry.ieepa_duty == Decimal("1235.00")
    assert (entry.entry_date, entry.liquidation_date) == (date(2025, 6, 2), date(2026, 4, 12))
    assert outcome.importers == {KNOWN: {"entries": 1, "possible_refund": "1235.00"}}
    assert Readiness.objects.get(importer=known).at_stake is not None


def test_the_same_file_twice_changes_nothing(known: ImporterOfRecord) -> None:
    data = report(line(1), line(2, importer=OTHER))
    load(data, as_of=date(2026, 6, 1))
    before = list(Entry.objects.order_by("pk").values())
    outcome = load(data)
    assert (outcome.created, outcome.updated, outcome.unchanged) == (0, 0, 1)
    assert list(Entry.objects.order_by("pk").values()) == before
    assert not EntryEvent.objects.exists()


def test_a_newer_report_updates_and_the_history_shows_what_changed(known: ImporterOfRecord) -> None:
    load(report(line(1), line(2)), as_of=date(2026, 6, 1))
    outcome = load(report(line(1, status="Reliquidated"), line(2)), as_of=date(2026, 7, 1))
    assert (outcome.created, outcome.updated, outcome.unchanged) == (0, 1, 1)
    changed = Entry.objects.get(liquidation_status="Reliquidated")
    events = list(EntryEvent.objects.all())
    assert [(event.pgh_obj_id, event.liquidation_status) for event in events] == [(changed.pk, "Liquidated")]
    assert events[0].pgh_context["report"] == changed.report_id == Report.objects.get(as_of=date(2026, 7, 1)).pk
    assert set(Entry.objects.values_list("as_of", flat=True)) == {date(2026, 7, 1)}


def test_a_newer_report_that_says_the_same_leaves_no_event_and_one_that_changes_the_verdict_does(
    known: ImporterOfRecord,
) -> None:
    load(report(line(status="Not Liquidated", liquidated="")), as_of=date(2026, 6, 1))
    before = Entry.objects.get()
    load(report(line(status="Not Liquidated", liquidated="")), as_of=date(2026, 7, 1))
    same = Entry.objects.get()
    assert (same.as_of, same.report_id != before.report_id, same.verdict) == (date(2026, 7, 1), True, before.verdict)
    assert not EntryEvent.objects.exists()
    load(report(line(duty="$0.00", status="Not Liquidated", liquidated="")), as_of=date(2026, 8, 1))
    [event] = EntryEvent.objects.all()
    assert (event.verdict, event.report_id, event.as_of) == (before.verdict, same.report_id, date(2026, 7, 1))
    assert Entry.objects.get().verdict != before.verdict


def test_who_joins_during_an_import_has_not_changed_by_its_report() -> None:
    load(report(line(1, importer=OTHER)), as_of=date(2026, 6, 1))
    ImporterFactory.create(number_text=OTHER)
    ImporterFactory.create(number_text=KNOWN)
    load(report(line(2)), as_of=date(2026, 7, 1))
    [event] = EntryEvent.objects.all()
    assert (event.pgh_context["action"], event.pgh_context["report"]) == ("importer joined the client list", None)


def test_an_older_report_overwrites_nothing(known: ImporterOfRecord) -> None:
    load(report(line(status="Liquidated")), as_of=date(2026, 7, 1))
    outcome = load(report(line(status="Not Liquidated", liquidated=""), line(2)), as_of=date(2026, 6, 1))
    assert (outcome.older, outcome.created, outcome.unchanged) == (1, 1, 1)
    assert Entry.objects.get(number=entry_number(1).replace("-", "")).liquidation_status == "Liquidated"


def test_what_an_older_report_could_not_say_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(report(line()), as_of=date(2026, 7, 1))
    (tmp_path / "old.csv").write_bytes(report(line()))
    call_command("import_entries", str(tmp_path / "old.csv"), "--as-of", "2026-06-01")
    assert "1 entries were passed over" in capsys.readouterr().err


def test_of_one_day_the_later_loaded_counts_even_when_the_earlier_is_read_again(known: ImporterOfRecord) -> None:
    load(report(line(status="Not Liquidated")), as_of=date(2026, 7, 1))
    first = Report.objects.get()
    load(report(line(status="Liquidated")), as_of=date(2026, 7, 1))
    for source in (first, Report.objects.first()):
        assert source is not None
        again = replay(source, by=User.objects.system())
        assert begin(again, timezone.now())
        assert import_report(again).updated == 0
        assert Entry.objects.get().liquidation_status == "Liquidated"


def test_columns_that_a_report_lacks_stay_as_they_are(known: ImporterOfRecord) -> None:
    load(report(line()), as_of=date(2026, 6, 1))
    load(report(line(duty="$9.00"), without=("liquidated", "status")), as_of=date(2026, 7, 1))
    entry = Entry.objects.get()
    assert (entry.liquidation_date, entry.liquidation_status) == (date(2026, 4, 12), "Liquidated")
    assert entry.ieepa_duty == 9


def test_importers_who_are_not_on_the_list_are_kept_aside_until_they_join() -> None:
    outcome = load(report(line(1), line(2, importer=OTHER)))
    assert outcome.saved
    assert outcome.unmatched == [OTHER, KNOWN]
    assert (outcome.entries, outcome.created) == (2, 0)
    joined = ImporterFactory.create(number_text=OTHER)
    stakes.attach()
    assert joined.entries.count() == 1
    assert Entry.objects.kept_aside().count() == 1


BAD = {
    "check_digit": ({"number": "B76-0000001-0"}, "Entry Summary Number"),
    "negative": ({"duty": "-$5.00"}, "Line Tariff Duty Amount"),
    "money": ({"duty": "$1,23.45"}, "Line Tariff Duty Amount"),
    "date_range": ({"date": "12/31/1999"}, "Entry Date"),
    "date": ({"liquidated": "31/12/2025"}, "Liquidation Date"),
    "ambiguous": ({"importer": "12345678901"}, "Importer Number"),
    "hts": ({"hts": "990"}, "HTS Number - Full"),
}


@pytest.mark.parametrize("code", BAD)
def test_a_bad_row_is_told_and_nothing_is_saved(code: str, known: ImporterOfRecord) -> None:
    cells, column = BAD[code]
    outcome = load(report(line(1), line(2), line(3) | cells))
    assert [(error.row, error.column, error.code) for error in outcome.errors] == [(4, column, code)]
    assert not outcome.saved
    assert not Entry.objects.exists()
    kept = Report.objects.get()
    assert (kept.state, kept.error_count, kept.errors[0]["row"]) == (ReportState.REFUSED, 1, 4)


def test_what_contradicts_itself_within_an_entry_is_told(known: ImporterOfRecord) -> None:
    outcome = load(report(
        line(1), line(1, line="2", importer=OTHER), line(2), line(2, line="2", date="06/03/2025"),
        line(3, type="01"), line(3, line="2", type="02"), line(4), line(4, line="2", liquidated="04/13/2026"),
    ))  # fmt: skip
    assert [(error.row, error.column, error.code) for error in outcome.errors] == [
        (3, "Importer Number", "contradiction"),
        (5, "Entry Date", "contradiction"),
        (7, "Entry Type Code", "contradiction"),
        (9, "Liquidation Date", "contradiction"),
    ]


def test_a_line_twice_is_told_however_its_number_is_written(known: ImporterOfRecord) -> None:
    outcome = load(report(line(), line(number=entry_number(1).replace("-", ""), line="001")))
    assert [(error.row, error.code) for error in outcome.errors] == [(3, "duplicate")]


def test_skipping_drops_the_whole_entry(known: ImporterOfRecord) -> None:
    data = report(line(1), line(1, line="2", duty="?"), line(2))
    outcome = load(data, skip_bad_rows=True)
    assert (outcome.saved, outcome.created, outcome.entries, len(outcome.errors)) == (True, 1, 2, 1)
    assert [entry.canonical for entry in Entry.objects.all()] == [entry_number(2)]


def test_a_dry_run_says_what_would_be_and_writes_nothing(known: ImporterOfRecord, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(report(line()))
    answer, code = command(path, "--dry-run")
    assert (answer["created"], answer["saved"], code) == (1, False, 0)
    assert not Entry.objects.exists()
    assert not Report.objects.exists()


def test_the_command_answers_as_the_contract_says(known: ImporterOfRecord, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_bytes(report(line(1), line(2, date="")))
    answer, code = command(path)
    assert code == 1
    assert set(answer) == {
        "format", "lines", "entries", "created", "updated", "unchanged", "importers", "unmatched", "errors", "saved",
        "seconds",
    }  # fmt: skip
    assert [set(error) for error in answer["errors"]] == [{"row", "column", "code", "message"}]
    answer, code = command(path, "--skip-bad-rows", "--as-of", "2026-06-01")
    assert (code, answer["saved"], answer["created"]) == (0, True, 1)
    assert Entry.objects.get().as_of == date(2026, 6, 1)


@pytest.mark.parametrize("options", [["nowhere.csv"], ["--as-of", "yesterday"], []])
def test_the_command_refuses_in_json_too(options: list[str], tmp_path: Path) -> None:
    if options[:1] == ["nowhere.csv"]:
        answer, code = command(tmp_path / "nowhere.csv")
        assert (answer["saved"], answer["errors"][0]["code"], code) == (False, "no_file", 1)


def test_a_file_that_is_no_report_is_not_kept() -> None:
    with pytest.raises(RefusedError) as refused:
        receive("x.csv", [b"Name,Amount\r\na,1\r\n"], by=User.objects.system())
    assert [error.code for error in refused.value.errors] == ["heading"]
    assert not Report.objects.exists()


def test_a_social_security_number_is_kept_nowhere(known: ImporterOfRecord) -> None:
    owner = ImporterFactory.create(number_text=SSN)
    data = report(line(1, importer=SSN), line(2, name=f"c/o {SSN}"))
    outcome = load(data)
    assert outcome.saved
    mark = f"•••-••-6789#{owner.fingerprint[:8]}"
    assert outcome.importers.keys() == {mark, KNOWN}
    assert Entry.objects.get(importer=owner).importer_number == ""
    again = load(data)
    assert (again.unchanged, again.errors) == (2, [])
    for kept in Report.objects.all():
        assert SSN.encode() not in b"".join(kept.pieces())
        assert SSN not in str(kept.result)


def test_nine_digits_that_could_be_one_are_not_kept_either(known: ImporterOfRecord) -> None:
    outcome = load(report(line(1), line(2, importer="123456789")))
    assert [(error.row, error.code) for error in outcome.errors] == [(3, "ambiguous")]
    kept = Report.objects.get()
    assert b"123456789" not in b"".join(kept.pieces())
    again = replay(kept, by=User.objects.system())
    assert begin(again, timezone.now())
    assert [(error.row, error.code) for error in import_report(again).errors] == [(3, "ambiguous")]


def test_a_plain_file_is_kept_as_it_came(known: ImporterOfRecord) -> None:
    data = report(line())
    load(data)
    assert b"".join(Report.objects.get().pieces()) == data
    assert len(bytes(ReportChunk.objects.get().data)) < len(data)


def test_a_replay_reads_the_kept_file_again(known: ImporterOfRecord) -> None:
    load(report(line()))
    first = Report.objects.get()
    Entry.objects.all().delete()
    again = replay(first, by=User.objects.system())
    assert begin(again, timezone.now())
    assert import_report(again).created == 1
    assert again.chunks.count() == 0


def test_a_report_is_begun_by_one_only_and_again_when_nobody_came_back() -> None:
    kept = receive("x.csv", [report(line())], by=User.objects.system())
    now = timezone.now()
    assert begin(kept, now)
    assert not begin(kept, now)
    assert unfinished(now) == []
    later = now + LEASE * 2
    assert unfinished(later) == [kept.pk]
    kept.refresh_from_db()
    assert begin(kept, later)


def test_a_report_that_breaks_off_each_time_is_given_up() -> None:
    kept = receive("x.csv", [report(line())], by=User.objects.system())
    now = timezone.now()
    for _ in range(MOST_TRIES):
        assert begin(kept, now)
        kept.refresh_from_db()
        now += LEASE * 2
    assert unfinished(now) == []
    kept.refresh_from_db()
    assert kept.state == ReportState.FAILED
    assert not kept.chunks.exists()


def test_a_report_that_is_still_being_read_is_not_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = receive("x.csv", [report(line())], by=User.objects.system())
    assert begin(kept, timezone.now() - LEASE * 2)

    def gather_late(*_: object) -> None:
        assert unfinished(timezone.now()) == []
        raise ZeroDivisionError

    monkeypatch.setattr(imports, "gather", gather_late)
    with pytest.raises(ZeroDivisionError):
        import_report(kept)


@pytest.mark.parametrize("moment", ["judge", "gather"])
def test_who_stops_the_command_stops_the_import(moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "a.csv").write_bytes(report(line()))
    monkeypatch.setattr(imports, moment, stop)
    with pytest.raises(KeyboardInterrupt):
        command(tmp_path / "a.csv")
    kept = Report.objects.get()
    assert (kept.state, kept.errors[0]["code"], kept.chunks.count()) == (ReportState.FAILED, "stopped", 0)
    assert unfinished(timezone.now() + LEASE * 2) == []


def test_who_stops_the_command_too_late_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "a.csv").write_bytes(report(line()))
    monkeypatch.setattr(imports, "drop", stop)
    with pytest.raises(KeyboardInterrupt):
        command(tmp_path / "a.csv")
    assert Report.objects.get().state == ReportState.DONE


def test_an_entry_that_comes_to_more_than_can_be_is_told(known: ImporterOfRecord) -> None:
    most = "999999999999.99"
    outcome = load(report(line(1, duty=most), line(1, duty=most, line="2"), line(2)), skip_bad_rows=True)
    assert [(error.row, error.column, error.code) for error in outcome.errors] == [
        (2, "Line Tariff Duty Amount", "money")
    ]
    assert Entry.objects.get().canonical == entry_number(2)


def test_all_entries_together_may_not_come_to_more_either(known: ImporterOfRecord) -> None:
    outcome = load(report(*(line(serial, duty="600000000000") for serial in (1, 2)), line(3)), skip_bad_rows=True)
    assert [error.row for error in outcome.errors] == [3]
    assert Entry.objects.count() == 2


def test_digits_with_spaces_between_them_are_no_amount(known: ImporterOfRecord) -> None:
    outcome = load(report(line(1, duty="12 34"), line(2, duty="$ 12.34 "), line(3, duty="USD 5")), skip_bad_rows=True)
    assert [(error.row, error.code) for error in outcome.errors] == [(2, "money")]


@pytest.mark.parametrize("again", ["loaded", "replayed"])
def test_what_is_read_again_does_not_overwrite_what_was_loaded_after_it(known: ImporterOfRecord, again: str) -> None:
    data = report(line(1), line(2))
    load(data)
    load(report(line(1, status="Reliquidated")))
    if again == "loaded":
        outcome = load(data)
    else:
        first = Report.objects.earliest("pk")
        new = replay(first, by=first.uploaded_by)
        assert begin(new, timezone.now())
        outcome = import_report(new)
    assert (outcome.updated, outcome.unchanged) == (0, 2)
    assert Entry.objects.get(number=entry_number(1).replace("-", "")).liquidation_status == "Reliquidated"


def test_what_is_wrong_in_a_million_rows_is_written_once(known: ImporterOfRecord) -> None:
    first, second = load(report(line(1, date="2.6.2025"), line(2, date="2.6.2025"))).errors
    assert (first.row, second.row, first.code) == (2, 3, "date")
    assert first.message is second.message
    assert first.value is second.value
