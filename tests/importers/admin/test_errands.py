"""The tasks: in a list, on the dashboard, and on the importer's page, where they are done."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.admin.errands import SHOWN_OF_A_KIND
from importers.admin.history import history_page
from importers.models import Errand, ErrandKind, ImporterOfRecord, User
from importers.services import errands
from tests.factories import ImporterFactory
from tests.served_forms import served

pytestmark = pytest.mark.django_db

LIST = "/admin/importers/errand/"


@pytest.fixture
def importer(staff: User) -> ImporterOfRecord:
    row: ImporterOfRecord = ImporterFactory.create(name="Nordlys Cykler ApS", assigned_to=staff)
    return row


def task(importer: ImporterOfRecord, kind: ErrandKind = ErrandKind.DEAD_MAILBOX, *, days: int = 0) -> Errand:
    since = timezone.now() - timedelta(days=days)
    return Errand.objects.create(importer=importer, kind=kind, why="550 no such user", opened_at=since)


def page(importer: ImporterOfRecord) -> str:
    return reverse("admin:importers_importerofrecord_change", args=[importer.pk])


def text(response: HttpResponse) -> str:
    assert response.status_code == 200
    return response.content.decode()


def listed(client: Client, query: str = "") -> list[str]:
    return [row.importer.name for row in client.get(LIST + query).context["cl"].result_list]


def test_without_tasks_the_pages_say_nothing(as_staff: Client, importer: ImporterOfRecord) -> None:
    assert 'id="errands"' not in text(as_staff.get(page(importer)))  # type: ignore[arg-type]
    assert 'id="errands"' not in text(as_staff.get("/admin/"))  # type: ignore[arg-type]


def test_a_task_is_done_on_the_importers_page(as_staff: Client, importer: ImporterOfRecord, staff: User) -> None:
    errand = task(importer)
    shown = as_staff.get(page(importer))
    assert "550 no such user" in text(shown)  # type: ignore[arg-type]
    form = served(shown, to="/do/errand-done/") | {"outcome": "Called: mette@nordlys.example is right now."}  # type: ignore[arg-type]
    answer = as_staff.post(reverse("admin:importers_deed", args=[importer.pk, "errand-done"]), form, follow=True)
    assert answer.redirect_chain[-1][0].endswith("#errands")
    seen = text(answer)  # type: ignore[arg-type]
    assert "Done: Mail comes back: find out the right address" in seen
    assert "Called: mette@nordlys.example is right now." in seen
    assert "Done by Kirsten Holm, " in seen
    assert "/do/errand-done/" not in seen
    errand.refresh_from_db()
    assert errand.done_by == staff


def test_without_an_outcome_it_stays_open(as_staff: Client, importer: ImporterOfRecord) -> None:
    errand, other = task(importer), task(importer, ErrandKind.OPTED_OUT)
    deed = reverse("admin:importers_deed", args=[importer.pk, "errand-done"])
    seen = text(as_staff.post(deed, {"errand": other.pk, "outcome": ""}))  # type: ignore[arg-type]
    assert "Nothing was saved." in seen
    assert f'role="alert" id="d-errand-done-{other.pk}"' in seen
    assert f'<details class="pa-deed" id="d-errand-done-{errand.pk}">' in seen, "closed"
    assert Errand.objects.open().count() == 2


def test_what_a_colleague_has_done_is_not_done_again(as_staff: Client, importer: ImporterOfRecord, staff: User) -> None:
    errand = task(importer)
    errands.close(errand, by=staff, outcome="Called")
    deed = reverse("admin:importers_deed", args=[importer.pk, "errand-done"])
    seen = text(as_staff.post(deed, {"errand": errand.pk, "outcome": "Me too"}))  # type: ignore[arg-type]
    assert "This task is done already." in seen
    errand.refresh_from_db()
    assert errand.outcome == "Called"


def test_the_task_of_another_importer_is_not_to_be_had_here(as_staff: Client, importer: ImporterOfRecord) -> None:
    errand = task(ImporterFactory.create())
    deed = reverse("admin:importers_deed", args=[importer.pk, "errand-done"])
    assert "not there any more" in text(as_staff.post(deed, {"errand": errand.pk, "outcome": "x"}))  # type: ignore[arg-type]
    assert Errand.objects.open().count() == 1


def test_the_history_tells_it(importer: ImporterOfRecord, staff: User) -> None:
    errands.close(task(importer), by=staff, outcome="Called")
    newest = history_page(importer, "1").object_list[0]
    assert (newest.who, newest.action) == ("Kirsten Holm", "close a task")
    changes = {change.label: change.after for change in newest.touched[0].changes}
    assert changes["what came of it"] == "Called"


def test_the_list_has_the_open_ones_the_longest_waiting_first(as_staff: Client, staff: User) -> None:
    for name, days in (("B", 2), ("A", 9), ("C", 0)):
        task(ImporterFactory.create(name=name), days=days)
    errands.close(task(ImporterFactory.create(name="Done"), days=20), by=staff, outcome="Called")
    assert listed(as_staff) == ["A", "B", "C"]
    assert listed(as_staff, "?state=done") == ["Done"]
    assert sorted(listed(as_staff, "?state=all")) == ["A", "B", "C", "Done"]
    assert listed(as_staff, "?days=1") == ["A", "B"]
    assert listed(as_staff, "?days=7") == ["A"]


def test_the_list_by_kind_and_by_whose_they_are(as_staff: Client, importer: ImporterOfRecord) -> None:
    task(importer, ErrandKind.NO_VISIT)
    task(ImporterFactory.create(name="Nobody's"))
    assert listed(as_staff, "?kind__exact=no_visit") == ["Nordlys Cykler ApS"]
    assert listed(as_staff, "?assigned=me") == ["Nordlys Cykler ApS"]
    assert listed(as_staff, "?assigned=nobody") == ["Nobody's"]
    assert listed(as_staff, "?q=nordlys") == ["Nordlys Cykler ApS"]


def test_a_task_leads_to_its_importer(as_staff: Client, importer: ImporterOfRecord) -> None:
    errand = task(importer)
    address = reverse("admin:importers_errand_change", args=[errand.pk])
    assert address in text(as_staff.get(LIST))  # type: ignore[arg-type]
    assert as_staff.get(address)["Location"] == f"{page(importer)}#errands"
    assert as_staff.post(address, {"outcome": "x"}).status_code == 404


def test_the_dashboard_counts_them_by_kind(as_staff: Client, importer: ImporterOfRecord) -> None:
    task(importer, ErrandKind.NO_VISIT)
    for days in range(SHOWN_OF_A_KIND + 2):
        task(ImporterFactory.create(), days=days)
    seen = as_staff.get("/admin/")
    assert seen.context["errand_count"] == SHOWN_OF_A_KIND + 3
    dead, calls = seen.context["errands"]
    assert (dead.count, len(dead.errands), calls.count) == (SHOWN_OF_A_KIND + 2, SHOWN_OF_A_KIND, 1)
    waiting = [errand.opened_at for errand, _link in dead.errands]
    assert waiting == sorted(waiting)
    for kind in (dead, calls):
        assert as_staff.get(kind.link).context["cl"].result_count == kind.count
    assert [kind.title for kind in as_staff.get("/admin/?whose=mine").context["errands"]] == [
        "Has never been here: call"
    ]


def test_the_dashboard_says_who_is_paused(as_staff: Client) -> None:
    today = timezone.localdate()
    ImporterFactory.create(name="Paused", paused_until=today, pause_reason="Holiday")
    ImporterFactory.create(name="Over", paused_until=today - timedelta(days=1), pause_reason="Holiday")
    seen = as_staff.get("/admin/")
    assert "Reminders are paused for 1 importer<" in text(seen)  # type: ignore[arg-type]
    shown = as_staff.get(seen.context["paused_link"]).context["cl"].result_list
    assert [row.name for row in shown] == ["Paused"]


@pytest.mark.parametrize(("days", "is_told"), [(0, True), (-1, False)])
def test_a_pause_that_is_over_is_not_told_as_one(as_staff: Client, days: int, *, is_told: bool) -> None:
    until = timezone.localdate() + timedelta(days=days)
    importer = ImporterFactory.create(paused_until=until, pause_reason="On holiday until then")
    assert ("On holiday until then" in text(as_staff.get(page(importer)))) is is_told  # type: ignore[arg-type]


def test_everybody_chooses_for_themselves_whether_the_digest_comes(as_staff: Client, staff: User) -> None:
    address = reverse("admin:importers_my_digest")
    assert "checked" in text(as_staff.get(address))  # type: ignore[arg-type]
    assert "You get no daily digest." in text(as_staff.post(address, {}, follow=True))  # type: ignore[arg-type]
    staff.refresh_from_db()
    assert not staff.wants_digest
    assert "You get the daily digest." in text(as_staff.post(address, {"wanted": "on"}, follow=True))  # type: ignore[arg-type]
    staff.refresh_from_db()
    assert staff.wants_digest


def test_a_superuser_switches_it_for_a_colleague_and_not_for_an_importers_person(
    as_superuser: Client, staff: User, importer: ImporterOfRecord
) -> None:
    person = User.objects.create_user("mette@nordlys.example")
    has_field = [
        "wants_digest" in as_superuser.get(reverse("admin:importers_user_change", args=[who.pk])).content.decode()
        for who in (staff, person)
    ]
    assert has_field == [True, False]
