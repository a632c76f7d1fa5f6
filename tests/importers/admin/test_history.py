"""The history in words: who, when, what, from what to what."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pghistory
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override
from pytest_django import DjangoAssertNumQueries

from importers.admin.history import LEFT_OUT, PER_PAGE, history_page
from importers.domain.facts import Document
from importers.models import BrokerFirm, ImporterOfRecord, User
from importers.services import details, filings, questions
from importers.services.portal import edit_firm
from tests import walkthrough
from tests.factories import ImporterFactory

SAMPLE = Path(__file__).parents[2] / "samples" / "client-list.csv"
pytestmark = pytest.mark.django_db(transaction=True)  # the database's clock stands still inside a transaction


@pytest.fixture
def importer() -> ImporterOfRecord:
    row: ImporterOfRecord = ImporterFactory.create(name="Nordlys Cykler ApS", contact_name="Mette Sørensen")
    return row


def test_a_change_tells_who_and_from_what_to_what(importer: ImporterOfRecord, staff: User) -> None:
    details.edit_details(importer, by=staff, contact_name="Ida Sølund")
    entry = history_page(importer, "1").object_list[0]
    assert (entry.who, entry.action) == ("Kirsten Holm", "edit details")
    [touched] = entry.touched
    assert [(c.label, c.before, c.after) for c in touched.changes] == [
        ("contact person", "Mette Sørensen", "Ida Sølund")
    ]


def test_one_deed_is_one_entry_with_all_it_touched(importer: ImporterOfRecord, staff: User) -> None:
    for email in ("a@x.example", "b@x.example"):
        filings.record_contact(importer, Document.FORM_5106, by=staff, name="Mette", email=email)
    entry = history_page(importer, "1").object_list[0]
    assert entry.action == "record contact on form-5106"
    assert sorted(t.deed for t in entry.touched) == ["added", "changed"]
    assert {t.what for t in entry.touched} == {"Form 5106"}


def test_who_did_it_is_not_repeated_but_an_equal_name_is_told(importer: ImporterOfRecord, staff: User) -> None:
    filings.record_contact(importer, Document.FORM_5106, by=staff, name=staff.name, email="a@x.example")
    changes = {c.label: c.after for c in history_page(importer, "1").object_list[0].touched[0].changes}
    assert changes["name as filed"] == staff.name
    assert "recorded by" not in changes


def test_a_colleague_is_named_not_numbered(importer: ImporterOfRecord, staff: User) -> None:
    other = User.objects.create_user("maria@broker.example", name="Maria Lund", is_staff=True)
    details.assign([importer], by=staff, to=other)
    [change] = history_page(importer, "1").object_list[0].touched[0].changes
    assert (change.label, change.after) == ("assigned to", "Maria Lund")


def test_the_number_and_what_is_for_machines_stay_out(importer: ImporterOfRecord, as_staff: Client) -> None:
    page = as_staff.get(reverse("admin:importers_importerofrecord_history", args=[importer.pk])).content.decode()
    assert importer.number not in page
    assert importer.fingerprint not in page
    assert str(importer.uuid) not in page


def test_newest_first_and_in_pages(
    importer: ImporterOfRecord,
    staff: User,
    as_staff: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(PER_PAGE + 5):
        until = timezone.localdate() + timedelta(days=n)
        details.pause([importer], by=staff, until=until, reason=f"reason {n}")
    url = reverse("admin:importers_importerofrecord_history", args=[importer.pk])
    as_staff.get(url)  # once an hour it is written down that the session is in use
    with django_assert_max_num_queries(7):
        first = as_staff.get(url)
    entries = first.context["page"].object_list
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    assert "Older" in first.content.decode()
    assert "Nordlys Cykler ApS" in as_staff.get(f"{url}?p=2").content.decode()


def test_it_is_kept_after_the_row_is_gone(importer: ImporterOfRecord, staff: User) -> None:
    kept = ImporterOfRecord.objects.get(pk=importer.pk)
    details.remove(importer, by=staff)
    entry = history_page(kept, "1").object_list[0]
    assert entry.action == "remove importer"
    assert entry.touched[0].deed == "deleted"


def test_the_firm_has_one_too(staff: User, as_staff: Client) -> None:
    firm = BrokerFirm.current()
    edit_firm(by=staff, ach_enrolled=False, phone="+45 1234 5678")
    page = as_staff.get(reverse("admin:importers_brokerfirm_history", args=[firm.pk])).content.decode()
    assert "edit broker firm" in page
    assert "+45 1234 5678" in page


def test_dates_are_dates(importer: ImporterOfRecord, staff: User) -> None:
    details.pause([importer], by=staff, until=date(2999, 1, 2), reason="x")
    changes = {c.label: c.after for c in history_page(importer, "1").object_list[0].touched[0].changes}
    assert changes["no reminders until"] == "2999-01-02"


def test_it_tells_from_which_page(importer: ImporterOfRecord, as_staff: Client) -> None:
    address = reverse("admin:importers_deed", args=[importer.pk, "pause"])
    as_staff.post(address, {"until": "2999-01-01", "reason": "On holiday"})
    entry = history_page(importer, "1").object_list[0]
    assert (entry.who, entry.action, entry.origin) == ("Kirsten Holm", "pause reminders", address)
    page = as_staff.get(reverse("admin:importers_importerofrecord_history", args=[importer.pk])).content.decode()
    assert f"From {address}" in page


def test_it_tells_from_which_command(staff: User) -> None:
    call_command("import_roster", str(SAMPLE), "--by", staff.email, stderr=StringIO())
    importer = ImporterOfRecord.objects.all()[0]
    entry = history_page(importer, "1").object_list[0]
    assert (entry.who, entry.action) == ("Kirsten Holm", "client list client-list.csv")
    assert entry.origin == "command import_roster"


def test_a_mailed_links_secret_is_not_shown(importer: ImporterOfRecord, as_staff: Client) -> None:
    with pghistory.context(url="/start/uuid:stamp:signature/"):
        ImporterOfRecord.objects.filter(pk=importer.pk).update(city="Skive")
    assert history_page(importer, "1").object_list[0].origin == "/start/…/"


def test_every_field_has_a_danish_name() -> None:
    """Also those that Django names after the column."""
    tracked = [m.pgh_tracked_model for m in apps.get_app_config("importers").get_models() if is_history(m)]  # type: ignore[attr-defined]
    with override("da"):
        bare = {
            field.name
            for model in tracked
            for field in model._meta.concrete_fields
            if field.name not in LEFT_OUT and gettext(field.verbose_name) == field.name.replace("_", " ")
        }
    assert bare == {"status"}  # a Danish word, too


def is_history(model: type[Model]) -> bool:
    return hasattr(model, "pgh_tracked_model")


def test_in_danish_nothing_is_told_by_its_key_or_in_english(importer: ImporterOfRecord, as_staff: Client) -> None:
    who = walkthrough.invited(importer, User.objects.get(email="kirsten@broker.example"))
    questions.ask(importer, by=who, step="ace-account", topic="no-code", text="")
    filings.record_contact(importer, Document.ACE, by=who, name="A", email="a@x.example", source="told by the importer")
    with pghistory.context(who="The portal", action="demo data"):
        ImporterOfRecord.objects.filter(pk=importer.pk).update(city="Ribe")
    as_staff.cookies["django_language"] = "da"
    page = as_staff.get(reverse("admin:importers_importerofrecord_history", args=[importer.pk])).content.decode()
    for raw in ("ace-account</ins>", "no-code", "told by the importer", "The portal", "asked at"):
        assert raw not in page
    assert "oplyst af importøren" in page
    assert "Portalen" in page
