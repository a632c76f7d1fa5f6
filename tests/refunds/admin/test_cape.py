import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from importers.models import BrokerFirm, ImporterOfRecord
from refunds.formats.cape_csv import check
from refunds.models import CapeFile, ClaimResult
from refunds.services.cape import make_files
from tests.factories import EntryFactory, ImporterFactory, ReportFactory, StaffFactory

MAKE = "admin:refunds_cape_make"
LIST = "admin:refunds_capefile_changelist"


@pytest.fixture
def as_staff(db: None) -> Client:
    BrokerFirm.current()
    BrokerFirm.objects.update(filer_code="B76")
    client = Client()
    client.force_login(StaffFactory.create())
    return client


def text(response: Any) -> str:
    data = b"".join(response.streaming_content) if response.streaming else response.content
    return str(data.decode())


def make(client: Client, *importers: ImporterOfRecord, **more: str) -> Any:
    return client.post(reverse(MAKE), {"importers": ",".join(str(one.pk) for one in importers)} | more, follow=True)


def test_one_sees_what_goes_in_and_why_the_rest_does_not_before_anything_is_made(as_staff: Client) -> None:
    importer = ImporterFactory.create()
    EntryFactory.create(importer=importer, ieepa_duty=Decimal("1234.50"))
    left = EntryFactory.create(importer=importer, entry_type="47")
    page = text(as_staff.get(reverse(MAKE), {"importers": importer.pk}))
    assert "1,234.50" in page
    assert left.canonical in page
    assert CapeFile.objects.count() == 0


def test_without_a_choice_everybody_with_something_to_claim_is_there(as_staff: Client) -> None:
    mine, other = EntryFactory.create().importer, EntryFactory.create(entry_type="47").importer
    page = text(as_staff.get(reverse(MAKE)))
    assert mine.name in page
    assert other.name not in page
    assert "nothing to claim" in text(make(as_staff, other))
    as_staff.post(reverse(MAKE))
    assert CapeFile.objects.count() == 0, "who names nobody makes nothing"


def test_one_file_is_downloaded_as_it_is(as_staff: Client) -> None:
    entry = EntryFactory.create()
    make(as_staff, entry.importer)
    file = CapeFile.objects.get()
    response = as_staff.get(reverse("admin:refunds_cape_download", args=[file.pk, file.pk]))
    assert response.content == f"Entry Number\r\n{entry.number}\r\n".encode()
    assert file.name in response["Content-Disposition"]


def test_for_sixty_importers_at_once_none_is_dropped(as_staff: Client) -> None:
    entries = [EntryFactory.create() for _ in range(60)]
    pks = [entry.importer.pk for entry in entries]
    chosen = {"action": "make_cape_files", "_selected_action": pks}
    page = as_staff.post(reverse("admin:importers_importerofrecord_changelist"), chosen)
    assert page.context["chosen"].count(",") == 59
    done = as_staff.post(reverse(MAKE), {"importers": page.context["chosen"]}, follow=True)
    first, last = CapeFile.objects.order_by("pk")[0], CapeFile.objects.order_by("-pk")[0]
    link = reverse("admin:refunds_cape_download", args=[first.pk, last.pk])
    assert link in text(done)
    answer = as_staff.get(link)
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]
        names = archive.namelist()
        assert len(set(names)) == 60
        assert {archive.read(name).split()[2].decode() for name in names} == {entry.number for entry in entries}
        assert all(check(archive.read(name)).accept for name in names)


def test_what_is_left_out_as_a_file_without_formulas(as_staff: Client) -> None:
    importer = ImporterFactory.create(name="=1+1 ApS")
    left = EntryFactory.create(importer=importer, entry_type="47")
    response = make(as_staff, importer, excluded="yes")
    [_heading, row] = csv.reader(io.StringIO(text(response).removeprefix("\ufeff")))
    assert row[:2] == ["'=1+1 ApS", left.canonical]
    assert CapeFile.objects.count() == 0


def test_the_list_says_what_came_back_and_the_importers_page_has_the_files(as_staff: Client) -> None:
    entry = EntryFactory.create()
    make(as_staff, entry.importer)
    assert "none yet" in text(as_staff.get(reverse(LIST)))
    page = as_staff.get(reverse("admin:importers_importerofrecord_change", args=[entry.importer.pk]))
    assert CapeFile.objects.get().name in text(page)


def test_a_file_that_was_never_uploaded_is_ticked_and_its_entries_go_in_again(as_staff: Client) -> None:
    entry, other = EntryFactory.create(), EntryFactory.create()
    make(as_staff, entry.importer, other.importer)
    file, stays = CapeFile.objects.order_by("pk")
    page = as_staff.get(reverse(MAKE))
    assert (page.context["entries"], len(page.context["waiting"])) == (0, 2)
    assert f'name="file" value="{file.pk}"' in text(page)
    both = {"importers": page.context["chosen"], "again": "yes"}
    assert "Tick the files" in text(as_staff.post(reverse(MAKE), both))
    page = as_staff.post(reverse(MAKE), both | {"file": [str(file.pk), "x", "9" * 5000]})
    assert (page.context["entries"], [one.file for one in page.context["waiting"]]) == (1, [stays])
    assert CapeFile.objects.count() == 2, "looked at, and not made yet"
    make(as_staff, entry.importer, other.importer)
    [again] = CapeFile.objects.exclude(pk__in=[file.pk, stays.pk])
    assert [one.entry for one in again.contents.all()] == [entry]  # type: ignore[attr-defined]


def test_the_page_of_a_file_says_what_waits_and_lets_it_go_in_again(as_staff: Client) -> None:
    entries = EntryFactory.create_batch(2, importer=ImporterFactory.create())
    make(as_staff, entries[0].importer)
    file = CapeFile.objects.get()
    ClaimResult.objects.create(
        report=ReportFactory.create(format="cape_result"), row=2, entry_number=entries[0].number, entry=entries[0],
        status="rejected", status_text="Rejected", as_of=timezone.localdate(),
    )  # fmt: skip
    address = reverse("admin:refunds_capefile_change", args=[file.pk])
    page = as_staff.get(address)
    assert "1 rejected, 1 without a result" in text(page)
    assert "1 entry without a result" in text(page)
    assert f"by the rules as shipped · {file.made_by}" in text(page)
    assert {entry: str(answer) for entry, answer in page.context["contents"]} == {
        entries[0]: "Rejected", entries[1]: "No result yet",
    }  # fmt: skip
    for deed, is_released, offers in (("again", True, "hold"), ("hold", False, "again"), ("x", False, "again")):
        page = as_staff.post(address, {deed: "yes"}, follow=True)
        file.refresh_from_db()
        assert (file.released_at is not None) is is_released
        assert f'name="{offers}"' in text(page)


def test_what_cape_accepted_is_told_in_danish_as_a_mail_that_was_taken_is_not(as_staff: Client) -> None:
    entry = EntryFactory.create()
    make(as_staff, entry.importer)
    ClaimResult.objects.create(
        report=ReportFactory.create(format="cape_result"), row=2, entry_number=entry.number, entry=entry,
        status="accepted", status_text="Accepted", as_of=timezone.localdate(),
    )  # fmt: skip
    as_staff.cookies["django_language"] = "da"
    assert "1 godtaget" in text(as_staff.get(reverse(LIST)))


def test_who_is_told_everything_is_not_asked_whether_it_was_uploaded(as_staff: Client) -> None:
    entry = EntryFactory.create()
    make(as_staff, entry.importer)
    file = CapeFile.objects.get()
    ClaimResult.objects.create(
        report=ReportFactory.create(format="cape_result"), row=2, entry_number=entry.number, entry=entry,
        status="accepted", status_text="Accepted", as_of=timezone.localdate(),
    )  # fmt: skip
    page = text(as_staff.get(reverse("admin:refunds_capefile_change", args=[file.pk])))
    assert "1 accepted" in page
    assert 'name="again"' not in page


def test_the_list_counts_the_answers_of_all_its_files_at_once(
    as_staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for entry in EntryFactory.create_batch(5):
        make_files(entry.importer, by=StaffFactory.create(), today=timezone.localdate())
    with django_assert_max_num_queries(10):
        as_staff.get(reverse(LIST))


def test_an_answer_of_the_day_before_is_none(as_staff: Client) -> None:
    """In Copenhagen it is the 21st already when the file is made."""
    entry = EntryFactory.create()
    with time_machine.travel(datetime(2026, 5, 20, 22, 30, tzinfo=UTC), tick=False):
        make_files(entry.importer, by=StaffFactory.create(), today=date(2026, 5, 21))
    for day, told in ((20, "none yet"), (21, "1 rejected")):
        ClaimResult.objects.create(
            report=ReportFactory.create(format="cape_result"), row=2, entry_number=entry.number, entry=entry,
            status="rejected", status_text="Rejected", as_of=date(2026, 5, day),
        )  # fmt: skip
        assert told in text(as_staff.get(reverse(LIST)))


def test_the_page_of_many_asks_the_database_a_few_times_each(
    as_staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    importer = ImporterFactory.create()
    EntryFactory.create_batch(30, importer=importer)
    with django_assert_max_num_queries(16):
        as_staff.get(reverse(MAKE), {"importers": importer.pk})


def checked(client: Client, data: bytes) -> Any:
    file = SimpleUploadedFile("cape.csv", data, content_type="text/csv")
    return client.post(reverse("admin:refunds_cape_check"), {"file": file})


def test_a_good_file_is_said_to_be_accepted(as_staff: Client) -> None:
    response = checked(as_staff, b"Entry Number\r\nB7603245278\r\n")
    assert response.status_code == 200
    assert "Accepted" in text(response)


@pytest.mark.parametrize("data", [b"", b"\xff\x00", b"Entry Number\r\nB7603245278\r\nB7603245278\r\nx\r\n"])
def test_everything_wrong_with_a_file_is_told_at_once(as_staff: Client, data: bytes) -> None:
    response = checked(as_staff, data)
    assert response.status_code == 422
    assert "CAPE would refuse this file" in text(response)
    assert len(response.context["errors"]) == len(check(data).errors)
