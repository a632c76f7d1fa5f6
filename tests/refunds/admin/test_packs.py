"""Staff share entries: asked first, told afterwards, and taken back when it was wrong."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.models import BrokerFirm, ImporterOfRecord, Mailbox, MailKind, Notification, User
from refunds import tasks
from refunds.models import Entry, Pack, Sharing
from refunds.services.packs import publish, withdraw
from tests.factories import AccessFactory, EntryFactory, ImporterFactory, ReportFactory, StaffFactory
from tests.pages import html, signed_in

pytestmark = pytest.mark.django_db
PACKS = "/admin/refunds/pack/"
SHARE = "/admin/refunds/pack/share/"
LIST = "/admin/importers/importerofrecord/"
Share = Callable[..., str]


@pytest.fixture
def staff() -> User:
    return StaffFactory.create(name="Kirsten Holm")


@pytest.fixture
def client(staff: User) -> Client:
    return signed_in(staff)


@pytest.fixture
def importer() -> ImporterOfRecord:
    importer = AccessFactory.create(importer__name="Nordlys").importer
    EntryFactory.create(importer=importer, ieepa_duty=Decimal("1234.50"))
    return importer


def page_of(importer: ImporterOfRecord) -> str:
    return reverse("admin:importers_importerofrecord_change", args=[importer.pk])


def question(client: Client, *importers: ImporterOfRecord) -> str:
    return html(client.get(SHARE, {"importers": ",".join(str(row.pk) for row in importers)}))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What a worker was told to share."""
    told: list[int] = []
    monkeypatch.setattr(tasks.share, "apply_async", lambda args, **_options: told.extend(args))
    return told


@pytest.fixture
def share(client: Client, rung: list[int], django_capture_on_commit_callbacks: Any) -> Share:
    """Answers what was asked, with the boxes as they were served; the worker does its part. Returns the list then."""

    def go(*boxes: str) -> str:
        with django_capture_on_commit_callbacks(execute=True):
            client.post(SHARE, {"share": boxes})
        while rung:
            tasks.share(rung.pop())
        return html(client.get(PACKS))  # type: ignore[arg-type]

    return go


def said(text: str, heading: str) -> str:
    """What stands below the heading on the list; "" without it."""
    return text.partition(f"<h2>{heading}</h2>")[2].partition("</ul>")[0]


def boxes(client: Client, *importers: ImporterOfRecord) -> list[str]:
    page = client.get(SHARE, {"importers": ",".join(str(row.pk) for row in importers)})
    return [offer.key for offer in page.context["possible"]]


def test_the_question_shows_what_each_would_see_and_shares_nothing(client: Client, importer: ImporterOfRecord) -> None:
    text = question(client, importer)
    assert "Nordlys" in text
    assert "$1,234.50" in text
    assert "Never shared" in text
    assert not Pack.objects.exists()


def test_the_answer_shares(client: Client, importer: ImporterOfRecord, staff: User, share: Share) -> None:
    text = share(*boxes(client, importer))
    pack = Pack.objects.get()
    assert f'{reverse("admin:refunds_pack_change", args=[pack.pk])}">Nordlys</a>' in said(text, "Shared just now")
    assert (pack.importer, pack.published_by) == (importer, staff)
    assert Notification.objects.filter(kind=MailKind.SHARED, importer=importer).count() == 1


def test_the_list_of_importers_leads_there(client: Client, importer: ImporterOfRecord) -> None:
    empty = ImporterFactory.create(name="Without entries")
    chosen = {"action": "share_selected", "_selected_action": [importer.pk, empty.pk]}
    text = html(client.post(LIST, chosen, follow=True))  # type: ignore[arg-type]
    assert "Nordlys" in text
    assert "There are no entries of this importer." in text
    assert text.count('name="share"') == 1


def test_what_takes_too_long_to_look_at_is_left_for_the_next_time(
    client: Client, importer: ImporterOfRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = EntryFactory.create(importer__name="Somebody else").importer
    EntryFactory.create(importer=other)
    monkeypatch.setattr("refunds.admin.share.MOST_ENTRIES", 2)
    assert "left for the next time: Somebody else." in question(client, importer, other)
    monkeypatch.setattr("refunds.admin.share.MOST_ENTRIES", 0)
    page = client.get(SHARE, {"importers": importer.pk})
    assert [offer.importer for offer in page.context["possible"]] == [importer]
    assert "next time" not in html(page)  # type: ignore[arg-type]


def test_who_is_not_ticked_is_left_out(client: Client, importer: ImporterOfRecord) -> None:
    question(client, importer)
    text = html(client.post(SHARE, follow=True))  # type: ignore[arg-type]
    assert "Nobody was chosen" in text
    assert not Pack.objects.exists()


@pytest.mark.parametrize(
    "box", ["", "x", "{pk}", "{pk}:", "{pk}:\0", "{pk}:%s" % ("f" * 65), "99999999999999999999:1", "²:3", "-1:2"]
)
def test_a_box_that_was_never_served_shares_nothing(client: Client, importer: ImporterOfRecord, box: str) -> None:
    assert client.post(SHARE, {"share": [box.format(pk=importer.pk)]}, follow=True).status_code == 200
    assert not Sharing.objects.exists()


@pytest.mark.parametrize("chosen", ["", "x", "9" * 30, "0"])
def test_nobody_chosen_is_no_page(client: Client, chosen: str) -> None:
    assert client.get(SHARE, {"importers": chosen}).status_code == 404


def test_what_changed_meanwhile_is_looked_at_again(client: Client, importer: ImporterOfRecord, share: Share) -> None:
    looked_at = boxes(client, importer)
    Entry.objects.update(ieepa_duty=Decimal("7.00"))
    for text in (share(*looked_at), html(client.get(page_of(importer)))):  # type: ignore[arg-type]
        assert "The entries have changed since you looked at them." in text
        assert f"{SHARE}?importers={importer.pk}" in text
    assert not Pack.objects.exists()
    assert not said(share(*boxes(client, importer)), "Not shared")
    assert Pack.objects.count() == 1


def test_one_refused_does_not_keep_the_others(
    client: Client, importer: ImporterOfRecord, staff: User, share: Share
) -> None:
    other = EntryFactory.create(importer__name="Somebody else").importer
    looked_at = boxes(client, importer, other)
    publish(importer, by=staff)
    text = share(*looked_at)
    assert "Nordlys" in said(text, "Not shared")
    assert "Somebody else" in said(text, "Shared just now")
    assert Pack.objects.filter(importer=other).exists()


def test_while_it_is_made_the_pages_say_so(client: Client, importer: ImporterOfRecord) -> None:
    answer = client.post(SHARE, {"share": boxes(client, importer)}, follow=True)
    assert "Nordlys" in said(html(answer), "Being shared")  # type: ignore[arg-type]
    assert answer.headers["Refresh"] == "3"
    assert "It is being shared already." in question(client, importer)
    text = html(client.get(page_of(importer)))  # type: ignore[arg-type]
    assert "Entries are being shared just now." in text
    assert SHARE not in text
    Sharing.objects.update(asked_at=timezone.now() - timedelta(minutes=6))  # nobody is there who makes it
    answer = client.get(PACKS)
    assert "Nordlys" in said(html(answer), "Being shared")  # type: ignore[arg-type]
    assert "Refresh" not in answer.headers


def test_what_came_of_it_is_not_said_for_ever(client: Client, importer: ImporterOfRecord, share: Share) -> None:
    share(*boxes(client, importer))
    other = EntryFactory.create(importer__name="Somebody else").importer
    looked_at = boxes(client, other)
    Entry.objects.filter(importer=other).update(ieepa_duty=Decimal("7.00"))
    assert "Somebody else" in said(share(*looked_at), "Not shared")
    Sharing.objects.update(finished_at=timezone.now() - timedelta(minutes=11))
    text = html(client.get(PACKS))  # type: ignore[arg-type]
    assert (bool(said(text, "Shared just now")), bool(said(text, "Not shared"))) == (False, True)
    Sharing.objects.update(asked_at=timezone.now() - timedelta(days=8))
    assert not said(html(client.get(PACKS)), "Not shared")  # type: ignore[arg-type]


def test_staff_download_what_was_taken_back_and_the_importer_does_not(
    client: Client, importer: ImporterOfRecord, staff: User
) -> None:
    pack = publish(importer, by=staff)
    withdraw(pack, by=staff)
    page = html(client.get(reverse("admin:refunds_pack_change", args=[pack.pk])))  # type: ignore[arg-type]
    theirs = signed_in(importer.accesses.get().user)
    for ending, data in (("xlsx", pack.xlsx), ("csv", pack.csv)):
        address = reverse("admin:refunds_pack_file", args=[pack.pk, ending])
        assert address in page
        answer = client.get(address)
        assert answer.content == data
        assert f'filename="nordlys-{pack.as_of.isoformat()}.{ending}"' in answer.headers["Content-Disposition"]
        assert theirs.get(address).status_code == 404
        assert theirs.get(reverse("refunds_file", args=[importer.uuid, pack.pk, ending])).status_code == 404
    assert client.get(reverse("admin:refunds_pack_file", args=[pack.pk, "totals"])).status_code == 404
    assert client.get(reverse("admin:refunds_pack_file", args=[pack.pk + 1, "csv"])).status_code == 404


def test_what_is_new_since_the_last_time(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    publish(importer, by=staff)
    text = question(client, importer)
    assert "Nothing has changed since it was shared last." in text
    assert "0 new" not in text
    EntryFactory.create(importer=importer)
    Entry.objects.filter(ieepa_duty=Decimal("1234.50")).update(ieepa_duty=Decimal("5.00"))
    assert "1 new, 1 changed, 0 gone" in question(client, importer)


def test_what_speaks_against_it(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    firm = BrokerFirm.current()
    firm.filer_code = "ABC"
    firm.save()
    old = ReportFactory.create(as_of=timezone.localdate() - timedelta(days=60))
    EntryFactory.create(importer=importer, report=old)
    Mailbox.objects.create(email=importer.contact_email, dead_at=timezone.now(), dead_because="gone")
    text = question(client, importer)
    assert "2 entries were filed by other brokers (B76)." in text
    assert "The oldest report used is of" in text
    assert f"Earlier mail to {importer.contact_email} came back." in text
    assert "Nobody at this importer can sign in yet" not in text
    importer.accesses.update(revoked_at=timezone.now(), revoked_by=staff)
    assert "Nobody at this importer can sign in yet" in question(client, importer)


def test_nothing_speaks_against_it(client: Client, importer: ImporterOfRecord) -> None:
    page = client.get(SHARE, {"importers": importer.pk})
    assert [offer.warnings for offer in page.context["offers"]] == [[]]


def test_the_workbook_can_be_looked_at_before(client: Client, importer: ImporterOfRecord) -> None:
    response = client.get(reverse("admin:refunds_pack_preview", args=[importer.pk]))
    assert response.content.startswith(b"PK")
    assert not Pack.objects.exists()
    nobody = reverse("admin:refunds_pack_preview", args=[ImporterFactory.create().pk])
    assert client.get(nobody).status_code == 404


def test_the_importers_page_says_what_is_shared(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    page = reverse("admin:importers_importerofrecord_change", args=[importer.pk])
    assert "Nothing has been shared yet." in html(client.get(page))  # type: ignore[arg-type]
    pack = publish(importer, by=staff)
    text = html(client.get(page))  # type: ignore[arg-type]
    assert "$1,234.50 on 1 entry, as of" in text
    assert reverse("admin:refunds_pack_change", args=[pack.pk]) in text


def test_the_list_says_what_was_shared_with_whom(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    publish(importer, by=staff)
    other = EntryFactory.create(importer__name="Somebody else").importer
    publish(other, by=staff)
    text = html(client.get(reverse("admin:refunds_pack_changelist")))  # type: ignore[arg-type]
    for told in ("Nordlys", "Somebody else", "$1,234.50", "Kirsten Holm"):
        assert told in text
    text = html(client.get(reverse("admin:refunds_pack_changelist"), {"importer": importer.pk}))  # type: ignore[arg-type]
    assert "Somebody else" not in text


def test_taking_back_asks_first(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    first = publish(importer, by=staff)
    Entry.objects.update(ieepa_duty=Decimal("7.00"))
    second = publish(importer, by=staff)
    address = reverse("admin:refunds_pack_withdraw", args=[second.pk])
    text = html(client.get(address))  # type: ignore[arg-type]
    assert "sees again what was shared" in text
    assert "$1,234.50" in text
    assert Pack.objects.shared().count() == 2
    text = html(client.post(address, follow=True))  # type: ignore[arg-type]
    assert "Taken back." in text
    assert list(Pack.objects.shared()) == [first]
    text = html(client.post(address, follow=True))  # type: ignore[arg-type]
    assert "This was taken back already." in text


def test_a_pack_says_whether_the_importer_sees_it(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    first = publish(importer, by=staff)
    page = reverse("admin:refunds_pack_change", args=[first.pk])
    assert "This is what the importer sees now." in html(client.get(page))  # type: ignore[arg-type]
    Entry.objects.update(ieepa_duty=Decimal("7.00"))
    publish(importer, by=staff)
    assert "The importer sees a newer one" in html(client.get(page))  # type: ignore[arg-type]


def test_the_list_is_narrowed_down_by_state(client: Client, importer: ImporterOfRecord, staff: User) -> None:
    publish(importer, by=staff)
    other = EntryFactory.create(importer__name="Somebody else").importer
    withdraw(publish(other, by=staff), by=staff)
    packs = reverse("admin:refunds_pack_changelist")
    shared, withdrawn = (html(client.get(packs, {"state": state})) for state in ("shared", "withdrawn"))  # type: ignore[arg-type]
    assert ("Nordlys" in shared, "Somebody else" in shared) == (True, False)
    assert ("Nordlys" in withdrawn, "Somebody else" in withdrawn) == (False, True)
    assert "1 entry" in shared
