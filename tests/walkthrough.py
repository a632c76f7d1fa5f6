"""Brings an importer to a state through the services that people use."""

from datetime import date, timedelta

from django.utils import timezone

from importers.domain.facts import ACHStatus, Document, ExistingAccount, Route
from importers.models import ImporterOfRecord, User
from importers.services import delegations, filings, steps
from importers.services.invitations import invite
from importers.services.portal import edit_firm
from importers.services.readiness import checklist_of


def yesterday() -> date:
    return timezone.localdate() - timedelta(days=1)


def digest(importer: ImporterOfRecord) -> str:
    """Of the answers as they stand: what the page gives along."""
    return checklist_of(importer).facts.digest


def invited(importer: ImporterOfRecord, staff: User) -> User:
    invite([importer], by=staff)
    importer.refresh_from_db()
    return User.objects.get(email=importer.contact_email)


def before(importer: ImporterOfRecord, who: User, route: Route = Route.FORM_4811) -> None:
    """The four steps that come first."""
    steps.confirm_company(
        importer,
        by=who,
        name=importer.name,
        country=str(importer.country),
        structure="corporation",
        street=importer.street,
        postal_code=importer.postal_code,
        city=importer.city,
        phone="+4570101011",
    )
    steps.name_officer(
        importer,
        by=who,
        name=importer.contact_name,
        title="Direktør",
        email=importer.contact_email,
        phone="+4570101011",
        authorised=True,
    )
    steps.answer_existing_account(importer, by=who, answer=ExistingAccount.NO)
    steps.choose_route(importer, by=who, route=route)


def in_ace(importer: ImporterOfRecord, who: User, route: Route = Route.FORM_4811) -> None:
    """The account, and ACH or Form 4811."""
    name, email = importer.contact_name, importer.contact_email
    steps.confirm_ace_account(importer, by=who, name=name, email=email)
    if route is Route.OWN_ACCOUNT:
        steps.record_ach(importer, by=who, status=ACHStatus.SHOWN)
        return
    steps.complete_form_4811(importer, by=who, signer=name, email=email, signed_on=yesterday())


def on_5106(importer: ImporterOfRecord, staff: User) -> None:
    filings.record_contact(
        importer, Document.FORM_5106, by=staff, name=importer.contact_name, email=importer.contact_email
    )


def declared(importer: ImporterOfRecord, staff: User, route: Route = Route.FORM_4811) -> User:
    who = invited(importer, staff)
    before(importer, who, route)
    on_5106(importer, staff)
    in_ace(importer, who, route)
    steps.declare(importer, by=who, digest=digest(importer))
    return who


def ready(importer: ImporterOfRecord, staff: User, route: Route = Route.FORM_4811) -> User:
    who = declared(importer, staff, route)
    edit_firm(by=staff, ach_enrolled=True, importer_number="36-7654321")
    filings.record_4811_checks(importer, by=staff, on_profile=True, box_28=True)
    filings.verify(importer, by=staff, digest=digest(importer))
    return who


def able_to_send(importer: ImporterOfRecord, staff: User) -> User:
    """The officer, when every step that a colleague may do is open."""
    who = invited(importer, staff)
    before(importer, who, Route.OWN_ACCOUNT)
    steps.confirm_ace_account(importer, by=who, name=importer.contact_name, email=importer.contact_email)
    return who


def sent(importer: ImporterOfRecord, officer: User, step: str = "ach-refund", **changes: str) -> User:
    """The officer sends a step to a colleague, who is returned."""
    given = {"name": "Jens Holm", "email": "jens@nordlys.example", "language": "en"} | changes
    return delegations.delegate(importer, step, by=officer, **given)[0].colleague
