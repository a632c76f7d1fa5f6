"""What is set up once: the firm, the campaigns, the people."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importers.domain.facts import Document
from importers.models import BrokerFirm, Campaign, ImporterOfRecord, Notification, Readiness, User
from importers.services import filings
from tests.factories import CampaignFactory, ImporterFactory, OfficerFactory, StaffFactory
from tests.served_forms import served

FIRM = {
    "name": "ALPI Customs Brokers Inc.", "contact_name": "Jens", "phone": "+45 9928 7817", "email": "jar@alpi.dk",
    "colour": "#0b4f6c", "importer_number": "",
}  # fmt: skip


def save_firm(client: Client, **data: Any) -> Any:
    address = reverse("admin:importers_brokerfirm_change", args=[BrokerFirm.current().pk])
    return client.post(address, FIRM | data)


def test_the_list_of_one_firm_is_the_firm(as_staff: Client) -> None:
    response = as_staff.get(reverse("admin:importers_brokerfirm_changelist"))
    assert response["Location"] == reverse("admin:importers_brokerfirm_change", args=[1])


def test_the_own_ach_enrolment_is_a_deed_with_a_doer(as_staff: Client, staff: User) -> None:
    assert save_firm(as_staff, ach_enrolled="on").status_code == 302
    assert BrokerFirm.current().ach_enrolled_by == staff
    save_firm(as_staff, **{"initial-ach_enrolled": "True"})
    assert BrokerFirm.current().ach_enrolled_at is None


def test_a_new_address_of_the_firm_is_held_against_form_5106(as_staff: Client, staff: User) -> None:
    importer = ImporterFactory.create(contact_email="mette@nordlys.example")
    OfficerFactory.create(importer=importer)
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="Mette Sørensen", email="mette@nordlys.example")
    save_firm(as_staff, email="office@nordlys.example")
    assert Readiness.objects.get(importer=importer).blocker_rule == "broker-address-on-5106"


@pytest.mark.parametrize(
    ("field", "value"),
    [("colour", "red"), ("importer_number", "123"), ("importer_number", "123-45-6789"), ("email", "nobody")],
)
def test_what_cannot_be_is_refused(field: str, value: str, as_staff: Client) -> None:
    response = save_firm(as_staff, **{field: value})
    assert response.status_code == 200
    assert response.context["errors"]


def test_the_firms_number_is_kept_in_one_spelling(as_staff: Client) -> None:
    save_firm(as_staff, importer_number="12–3456789")
    assert BrokerFirm.current().importer_number == "12-3456789"


def save_campaign(client: Client, campaign: Campaign, **data: Any) -> Any:
    page = reverse("admin:importers_campaign_change", args=[campaign.pk])
    return client.post(page, served(client.get(page), holding="deadline") | data)  # type: ignore[arg-type]


def test_moving_a_deadline_recomputes_nothing(as_staff: Client) -> None:
    importer = ImporterFactory.create()
    before = Readiness.objects.filter(importer=importer).values().get()
    campaign = CampaignFactory.create()
    day = timezone.localdate() + timedelta(days=90)
    assert save_campaign(as_staff, campaign, deadline=day).status_code == 302
    campaign.refresh_from_db()
    assert campaign.deadline == day
    assert Readiness.objects.filter(importer=importer).values().get() == before


def test_a_deadline_that_is_past_is_said(as_staff: Client) -> None:
    CampaignFactory.create(deadline=timezone.localdate() - timedelta(days=1))
    page = as_staff.get(reverse("admin:importers_campaign_changelist")).content.decode()
    assert "past: late, not lost" in page


def test_a_deadline_that_sends_mail_at_once_is_asked_about_first(as_staff: Client) -> None:
    ImporterFactory.create()
    ImporterOfRecord.objects.update(created_at=timezone.now() - timedelta(days=3))
    campaign = CampaignFactory.create(deadline=timezone.localdate() + timedelta(days=90))
    Campaign.objects.exclude(pk=campaign.pk).update(superseded_by=campaign)
    soon = timezone.localdate() + timedelta(days=10)
    asked = save_campaign(as_staff, campaign, deadline=soon)
    assert "Saving this sends 1 reminder, as soon as it is office hours where the reader is." in asked.content.decode()
    assert Campaign.objects.get(pk=campaign.pk).deadline == campaign.deadline
    assert save_campaign(as_staff, campaign, deadline=soon, confirmed="yes").status_code == 302
    assert Campaign.objects.get(pk=campaign.pk).deadline == soon
    assert save_campaign(as_staff, campaign, deadline=soon, source="the guide").status_code == 302


def test_a_deadline_in_the_past_is_asked_about(as_staff: Client) -> None:
    campaign = CampaignFactory.create()
    asked = save_campaign(as_staff, campaign, deadline=timezone.localdate() - timedelta(days=2))
    assert "This deadline is past" in asked.content.decode()
    assert Campaign.objects.get(pk=campaign.pk).deadline == campaign.deadline


@pytest.mark.parametrize("written", ["%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y"])
def test_a_date_may_be_written_as_here(written: str, as_staff: Client) -> None:
    campaign = CampaignFactory.create()
    day = timezone.localdate() + timedelta(days=200)
    assert save_campaign(as_staff, campaign, deadline=day.strftime(written)).status_code == 302
    assert Campaign.objects.get(pk=campaign.pk).deadline == day


def test_campaigns_cannot_replace_each_other_in_a_circle(as_staff: Client) -> None:
    one = CampaignFactory.create()
    two = CampaignFactory.create(superseded_by=one)
    assert "in a circle" in save_campaign(as_staff, one, superseded_by=two.pk).content.decode()
    assert "in a circle" in save_campaign(as_staff, one, superseded_by=one.pk).content.decode()


@pytest.mark.parametrize(("field", "value"), [("time_zone", "Copenhagen"), ("deadline", "soon")])
def test_a_campaign_that_cannot_be_is_refused(field: str, value: str, as_staff: Client) -> None:
    assert save_campaign(as_staff, CampaignFactory.create(), **{field: value}).status_code == 200


def save_person(client: Client, person: User, **data: Any) -> Any:
    given = {"email": person.email, "name": person.name, "language": person.language, "is_active": "on"}
    given |= {"is_superuser": "on"} if person.is_superuser else {}
    return client.post(reverse("admin:importers_user_change", args=[person.pk]), given | data)


def test_a_superuser_adds_staff_who_are_mailed_a_link_for_their_password(as_superuser: Client) -> None:
    data = {"email": "Maria@Broker.example", "name": "Maria Lund", "language": "en", "is_active": "on"}
    page = as_superuser.post(reverse("admin:importers_user_add"), data, follow=True).content.decode()
    assert "A link to choose it is on its way to maria@broker.example" in page
    maria = User.objects.get(email="maria@broker.example")
    assert maria.is_staff
    assert not maria.has_usable_password()
    (mail,) = Notification.objects.all()
    link = re.search(rf"{settings.PUBLIC_URL}(/account/password/reset/key/\S+)", mail.text)
    assert link is not None
    browser = Client()
    form = browser.get(link[1])["Location"]
    browser.post(form, {"password1": "correct horse battery", "password2": "correct horse battery"})
    maria.refresh_from_db()
    assert maria.check_password("correct horse battery")


def test_a_name_is_one_line(as_superuser: Client) -> None:
    person = User.objects.for_email("mette@nordlys.example")
    save_person(as_superuser, person, name="Mette\r\nBcc: all@evil.example\u202e")
    person.refresh_from_db()
    assert person.name == "Mette Bcc: all@evil.example"


def test_the_same_address_twice_is_refused(as_superuser: Client, staff: User) -> None:
    data = {"email": staff.email.upper(), "name": "x", "language": "en", "is_active": "on"}
    assert "is there already" in as_superuser.post(reverse("admin:importers_user_add"), data).content.decode()


def test_staff_do_not_manage_staff(as_staff: Client, staff: User) -> None:
    colleague = StaffFactory.create()
    assert save_person(as_staff, colleague, name="Other").status_code == 403
    assert save_person(as_staff, staff, is_superuser="on").status_code == 403
    staff.refresh_from_db()
    assert not staff.is_superuser


def test_of_an_importers_person_little_can_be_changed(as_staff: Client) -> None:
    person = User.objects.for_email("mette@nordlys.example", name="Mette")
    save_person(as_staff, person, name="Mette Sørensen", email="x@evil.example", is_superuser="on", is_staff="on")
    person.refresh_from_db()
    assert (person.name, person.email) == ("Mette Sørensen", "mette@nordlys.example")
    assert (person.is_staff, person.is_superuser) == (False, False)


def test_nobody_locks_themselves_out(as_superuser: Client, superuser: User) -> None:
    response = save_person(as_superuser, superuser, is_active="")
    assert "cannot take your own rights away" in response.content.decode()


def test_a_lost_phone_is_forgotten_by_a_superuser_only(as_superuser: Client, as_staff: Client) -> None:
    person = StaffFactory.create()
    data = {"action": "reset_second_factor", "_selected_action": [person.pk]}
    for client, left in ((as_staff, 1), (as_superuser, 0)):
        Authenticator.objects.get_or_create(
            user=person, type=Authenticator.Type.TOTP, defaults={"data": {"secret": "x"}}
        )
        client.post(reverse("admin:importers_user_changelist"), data)
        assert Authenticator.objects.filter(user=person).count() == left


def test_a_link_for_a_new_password_is_mailed_by_the_sign_in(as_superuser: Client) -> None:
    person, outsider = StaffFactory.create(), User.objects.for_email("mette@nordlys.example")
    data = {"action": "send_password_link", "_selected_action": [person.pk, outsider.pk]}
    page = as_superuser.post(reverse("admin:importers_user_changelist"), data, follow=True).content.decode()
    assert f"A link is on its way to {person.email}." in page
    assert "signs in with a mailed code" in page
    assert [m.to_email for m in Notification.objects.all()] == [person.email]
