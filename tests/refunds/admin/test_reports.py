"""Loading a report in the admin."""

import csv
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.models import User
from refunds import tasks
from refunds.admin.report_page import ShownError, grouped
from refunds.models import Entry, Report, ReportState
from refunds.services.imports import LEASE, begin
from tests.factories import ImporterFactory, ReportFactory, StaffFactory
from tests.refunds.services.entry_reports import KNOWN, OTHER, SSN, line, report

pytestmark = pytest.mark.django_db
ADD = "admin:refunds_report_add"


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The reports that a worker was told of."""
    told: list[int] = []
    monkeypatch.setattr(tasks.import_report, "delay", told.append)
    return told


@pytest.fixture
def as_staff(db: None) -> Client:
    client = Client()
    client.force_login(StaffFactory.create())
    return client


def upload(client: Client, data: bytes, **fields: str) -> Any:
    file = SimpleUploadedFile("ES-003.csv", data)
    return client.post(reverse(ADD), {"file": file, "as_of": "2026-06-01"} | fields)


def page_of(client: Client, row: Report) -> str:
    return client.get(reverse("admin:refunds_report_change", args=[row.pk])).content.decode()


def test_a_report_is_loaded_read_and_shown(
    as_staff: Client, rung: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    ImporterFactory.create(number_text=KNOWN)
    with django_capture_on_commit_callbacks(execute=True):
        answer = upload(as_staff, report(line(1), line(2, importer=OTHER), line(3, importer=SSN)))
    row = Report.objects.get()
    assert answer.headers["Location"] == reverse("admin:refunds_report_change", args=[row.pk])
    assert (rung, row.as_of, row.skip_bad_rows) == ([row.pk], date(2026, 6, 1), False)
    waiting = as_staff.get(answer.headers["Location"])
    assert waiting.headers["Refresh"] == "3"
    assert tasks.import_report(row.pk)
    shown = page_of(as_staff, row)
    assert KNOWN in shown
    assert OTHER in shown
    assert "1,234.56" in shown
    assert "•••-••-6789" in shown
    assert "6789#" not in shown
    assert SSN not in shown
    assert "Refresh" not in as_staff.get(answer.headers["Location"]).headers
    assert not tasks.import_report(row.pk)  # the message came twice


def test_importers_have_names_and_those_not_on_the_client_list_a_remedy(as_staff: Client, rung: list[int]) -> None:
    known = ImporterFactory.create(number_text=KNOWN, name="Nordlys Cykler")
    person = ImporterFactory.create(number_text="321-54-6789", name="Paula Person")
    lines = [
        line(1),
        line(2, importer=OTHER, name="Fremmed Import"),
        line(3, importer=SSN, name="Peter Person"),
        line(4, importer="321-54-6789", duty="$2.00"),
    ]
    upload(as_staff, report(*lines))
    row = Report.objects.get()
    tasks.import_report(row.pk)
    shown = page_of(as_staff, row)
    for importer in (known, person):
        page = reverse("admin:importers_importerofrecord_change", args=[importer.pk])
        assert f'<a class="pa-link" href="{page}#refunds">{importer.name}</a>' in shown
    context = as_staff.get(reverse("admin:refunds_report_change", args=[row.pk])).context
    assert [(one.name, one.number) for one in context["unmatched"]] == [
        ("Fremmed Import", OTHER), ("Peter Person", "•••-••-6789")]  # fmt: skip
    assert {one.name for one in context["importers"] if not one.importer} == {"Fremmed Import", "Peter Person"}
    assert f'href="{reverse("admin:importers_roster")}"' in shown[shown.index('id="unmatched"') :]
    ImporterFactory.create(number_text=OTHER, name="Has joined")
    context = as_staff.get(reverse("admin:refunds_report_change", args=[row.pk])).context
    assert [one.name for one in context["unmatched"]] == ["Peter Person"]


def test_an_error_on_each_line_of_an_entry_is_told_once(as_staff: Client, rung: list[int]) -> None:
    bad = [line(1, line=str(n), date="13/45/2025") for n in range(1, 5)]
    upload(as_staff, report(*bad, line(2, duty="n/a"), line(1, line="9", date="13/45/2025"), line(3, duty="n/a")))
    row = Report.objects.get()
    tasks.import_report(row.pk)
    row.refresh_from_db()
    assert (len(row.errors), row.error_count) == (7, 7), "what is kept stays as it is"
    context = as_staff.get(reverse("admin:refunds_report_change", args=[row.pk])).context
    assert [error.where for error in context["errors"]] == ["2–5, 7", "6", "8"]
    assert context["more_errors"] == 0
    answer = as_staff.get(reverse("admin:refunds_report_errors", args=[row.pk]))
    assert len(answer.content.decode().splitlines()) == 8


def test_rows_without_end_are_counted() -> None:
    error = ShownError(tuple(range(2, 40, 2)), "B76-0000001-1", "", "", "")
    assert error.where == "2, 4, 6, 8, 10, 12, 14, 16 and 11 more"


def test_what_is_about_no_entry_stands_for_itself() -> None:
    errors = [ShownError((), "", "", "", "Broken"), ShownError((), "", "", "", "Broken")]
    assert len(grouped(errors)) == 2


def test_reports_are_found_by_what_they_are(as_staff: Client) -> None:
    ReportFactory.create(format="rev613", file_name="refused.csv", uploaded_by=User.objects.system())
    ReportFactory.create(format="es003", file_name="entries.csv")
    page = as_staff.get(reverse("admin:refunds_report_changelist"), {"format": "rev613"})
    assert [row.file_name for row in page.context["cl"].result_list] == ["refused.csv"]
    html = page.content.decode()
    assert "Entry summaries (ES-003)" in html
    assert ">es003<" not in html
    assert "automatically" in html


def test_what_was_passed_over_is_told(as_staff: Client) -> None:
    for day, told in (("2026-06-02", False), ("2026-06-01", True)):
        upload(as_staff, report(line(1)), as_of=day)
        row = Report.objects.latest("pk")
        tasks.import_report(row.pk)
        assert ("1 entries were passed over" in page_of(as_staff, row)) == told


def test_what_is_no_report_is_refused_at_once(as_staff: Client, rung: list[int]) -> None:
    answer = upload(as_staff, b"Name,Amount\r\na,1\r\n")
    assert answer.status_code == 422
    assert "These are not the headings of a report" in answer.content.decode()
    assert not Report.objects.exists()
    assert rung == []


def test_a_day_to_come_is_refused(as_staff: Client, rung: list[int]) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    answer = upload(as_staff, report(line()), as_of=tomorrow.isoformat())
    assert answer.status_code == 422
    assert "still to come" in answer.content.decode()


def test_errors_are_shown_and_can_be_downloaded(as_staff: Client, rung: list[int]) -> None:
    upload(as_staff, report(line(1), line(2, duty="=1+1")))
    row = Report.objects.get()
    tasks.import_report(row.pk)
    assert "Nothing was saved." in page_of(as_staff, row)
    answer = as_staff.get(reverse("admin:refunds_report_errors", args=[row.pk]))
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1][0] == "3"
    assert rows[1][2] == "Line Tariff Duty Amount"
    assert rows[1][3] == "'=1+1"
    assert not Entry.objects.exists()


def test_a_report_is_read_again(as_staff: Client, rung: list[int], django_capture_on_commit_callbacks: Any) -> None:
    upload(as_staff, report(line()))
    first = Report.objects.get()
    tasks.import_report(first.pk)
    with django_capture_on_commit_callbacks(execute=True):
        as_staff.post(reverse("admin:refunds_report_again", args=[first.pk]))
    again = Report.objects.exclude(pk=first.pk).get()
    assert again.replay_of == first
    assert rung[-1] == again.pk
    assert tasks.import_report(again.pk)


def test_a_report_of_which_nothing_is_kept_is_not_read_again(as_staff: Client, rung: list[int]) -> None:
    upload(as_staff, report(line(), line(2, duty="x")))
    refused = Report.objects.get()
    tasks.import_report(refused.pk)
    page, url = (
        reverse("admin:refunds_report_change", args=[refused.pk]),
        reverse("admin:refunds_report_again", args=[refused.pk]),
    )
    assert url in as_staff.get(page).content.decode()
    refused.chunks.all().delete()
    assert url not in as_staff.get(page).content.decode()
    as_staff.post(url)
    assert Report.objects.count() == 1


def test_a_refused_report_says_what_to_do_and_is_read_again_without_its_bad_entries(
    as_staff: Client, rung: list[int]
) -> None:
    ImporterFactory.create(number_text=KNOWN)
    upload(as_staff, report(line(1), line(2, duty="n/a")))
    refused = Report.objects.get()
    tasks.import_report(refused.pk)
    shown = page_of(as_staff, refused)
    assert "Put the errors right where they come from" in shown
    as_staff.post(reverse("admin:refunds_report_again", args=[refused.pk]), {"skip_bad_rows": "yes"})
    saved = Report.objects.exclude(pk=refused.pk).get()
    tasks.import_report(saved.pk)
    assert Entry.objects.count() == 1
    shown = page_of(as_staff, saved)
    assert "The entries with errors were left out." in shown
    assert "1 error." in shown
    assert 'name="skip_bad_rows"' not in shown


def test_a_report_without_errors_offers_to_leave_nothing_out(as_staff: Client, rung: list[int]) -> None:
    upload(as_staff, report(line()))
    row = Report.objects.get()
    tasks.import_report(row.pk)
    shown = page_of(as_staff, row)
    assert 'name="skip_bad_rows"' not in shown
    assert "left out" not in shown


def test_the_list_shows_what_was_loaded(as_staff: Client, rung: list[int]) -> None:
    upload(as_staff, report(line()))
    page = as_staff.get(reverse("admin:refunds_report_changelist")).content.decode()
    assert "ES-003.csv" in page
    assert f'href="{reverse(ADD)}"' in page


def test_the_sweep_finds_what_nobody_reads(as_staff: Client, rung: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    upload(as_staff, report(line()))
    row = Report.objects.get()
    assert tasks.sweep_reports() == 0
    begin(row, timezone.now() - LEASE * 2)
    assert tasks.sweep_reports() == 1
    assert rung[-1] == row.pk
    assert Report.objects.get().state == ReportState.READING


def test_nobody_else_gets_there(db: None) -> None:
    assert Client().get(reverse(ADD)).status_code == 302


@pytest.mark.parametrize(("key", "leads_to"), [
    ("es003", "refunds_cape_make"), ("cape_result", "refunds_fix_and_refile"),
    ("rev613", "refunds_rejectedrefund_changelist"),
])  # fmt: skip
def test_a_report_that_was_read_leads_on(as_staff: Client, key: str, leads_to: str) -> None:
    """Only ES-003 has entries that are new or changed."""
    result = {"saved": True, "lines": 2, "entries": 1, "created": 1, "updated": 0, "unchanged": 0}
    row = ReportFactory.create(format=key, state=ReportState.DONE, result=result)
    shown = page_of(as_staff, row)
    content = shown[shown.index('id="content"') :]
    assert f'href="{reverse(f"admin:{leads_to}")}"' in content
    assert ("On the client list:" in content) == (key == "es003")
