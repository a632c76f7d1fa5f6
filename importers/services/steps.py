"""What the importer does on the checklist, one function a step."""

from datetime import date, timedelta

from django.utils import timezone

from importers.domain.checklist import Status
from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Route
from importers.domain.free_text import refuse_bank_details, refuse_in_addresses, refuse_in_names, refuse_links
from importers.domain.postal_code import parse_postal_code
from importers.models import (
    ACEAccount,
    ACHEnrollment,
    Attestation,
    ErrandKind,
    Form4811,
    ImporterAccess,
    ImporterOfRecord,
    MailKind,
    PointOfContact,
    User,
)
from importers.services.change import change, change_step
from importers.services.errands import CAME, close_for
from importers.services.filings import replace_contact, tell_reminded_contact
from importers.services.invitations import end_access, grant
from importers.services.outbox import post, tell_staff
from importers.services.readiness import checklist_of

OFFICERS_A_DAY = 3
STAFF_EMAIL = _("This address is one of the broker's own. Enter the e-mail of the officer of your company.")
TOO_MANY_OFFICERS = _(
    "Several officers have been named within a day, and each was sent a mail. Call us if it must change again."
)
NOT_OPEN = _("This step is not open now. Look at the checklist to see what comes first.")


def confirm_company(importer: ImporterOfRecord, *, by: User, **details: str) -> None:
    """`details`: name, country, structure, street, postal_code, city, phone. Changing one of them later is
    confirming again."""
    for text in details.values():
        refuse_bank_details(text)
    refuse_links(details.get("name", ""))
    if "postal_code" in details:
        country = details.get("country", str(importer.country))
        details["postal_code"] = parse_postal_code(details["postal_code"], country)
    with change_step(importer, "company", "confirm company", by=by) as row:
        for field in ("name", "country", "structure", "street", "postal_code", "city", "phone"):
            if field in details:
                setattr(row, field, details[field])
        row.company_confirmed_at, row.company_confirmed_by = timezone.now(), by
        row.save()


def name_officer(
    importer: ImporterOfRecord, *, by: User, name: str, title: str, email: str, phone: str, authorised: bool
) -> bool:
    """Returns whether somebody was invited: an officer who is somebody else than the person signed in gets access and
    an invitation of their own. The officer before them, perhaps only a mistyped address, no longer reads along,
    unless they are the contact; nor does an officer who hands over themselves, once the new one is in."""
    for text in (name, title, email):
        refuse_bank_details(text)
    refuse_in_names(name)
    refuse_links(title)
    refuse_in_addresses(email)
    email = email.lower()
    with change(importer, "name officer", by=by) as row:
        if User.objects.filter(email__iexact=email, is_staff=True).exists():
            raise RuleViolation("staff_email", STAFF_EMAIL)
        former = getattr(row, "officer", None)
        PointOfContact.objects.update_or_create(
            importer=row,
            defaults={
                "name": name,
                "title": title,
                "email": email,
                "phone": phone,
                "declared_at": timezone.now() if authorised else None,
                "declared_by": by if authorised else None,
            },
        )
        has_invited = authorised and email != by.email.lower() and _bring_in(row, name, email, by)
        if former is not None and former.email.lower() != email:
            _show_out(row, former.email, by)
        return has_invited


def is_shown_out(importer: ImporterOfRecord, user: User, *, officer: str) -> bool:
    """Whether naming somebody with this address closes the checklist to the person who names them."""
    former = getattr(importer, "officer", None)
    leaves = former is not None and former.email.lower() == user.email.lower() != officer.lower()
    return leaves and user.email.lower() != importer.contact_email.lower()


def _show_out(importer: ImporterOfRecord, former: str, by: User) -> None:
    if former.lower() == importer.contact_email.lower():
        return
    if former.lower() == by.email.lower() and not _is_officer_in(importer):
        return  # or nobody might be left
    for access in importer.accesses.filter(user__email__iexact=former, revoked_at=None):
        end_access(access, by=by)


def _is_officer_in(importer: ImporterOfRecord) -> bool:
    officer = PointOfContact.objects.get(importer=importer)
    live = importer.accesses.filter(revoked_at=None, user__is_active=True)
    return live.filter(user__email__iexact=officer.email).exists()


def _bring_in(importer: ImporterOfRecord, name: str, email: str, by: User) -> bool:
    """Mail in the broker's name to an address that the importer chose: a few a day are a mistake, more are abuse."""
    user = User.objects.for_email(email, language=importer.language)  # the name stays with the importer
    if not grant(importer, user, by=by):
        return False
    since = timezone.now() - timedelta(days=1)
    today = importer.notifications.filter(kind=MailKind.OFFICER_INVITATION, created_at__gt=since)
    if today.count() >= OFFICERS_A_DAY:
        raise RuleViolation("too_many", TOO_MANY_OFFICERS)
    post(
        MailKind.OFFICER_INVITATION,
        to_email=user.email,
        to_name=name,
        language=user.language,
        importer=importer,
        by=by,
        why="named as the responsible officer",
    )
    return True


def answer_existing_account(importer: ImporterOfRecord, *, by: User, answer: ExistingAccount) -> None:
    with change_step(importer, "existing-account", "answer existing account", by=by) as row:
        ACEAccount.objects.update_or_create(
            importer=row,
            defaults={"existing": answer, "answered_at": timezone.now(), "answered_by": by},
        )


def choose_route(importer: ImporterOfRecord, *, by: User, route: Route) -> None:
    """What the client list said before was the broker's proposal; the importer decides."""
    with change(importer, "choose route", by=by) as row:
        row.route, row.route_chosen_at, row.route_chosen_by = route, timezone.now(), by
        row.save(update_fields=["route", "route_chosen_at", "route_chosen_by"])


def confirm_ace_account(importer: ImporterOfRecord, *, by: User, name: str, email: str) -> None:
    """The account is there; `name` and `email` are of the person who stands in it."""
    for text in (name, email):
        refuse_bank_details(text)
    with change_step(importer, "ace-account", "confirm ACE account", by=by) as row:
        _must_be_open(row, "ace-account")
        ACEAccount.objects.update_or_create(importer=row, defaults={"confirmed_at": timezone.now(), "confirmed_by": by})
        replace_contact(row, Document.ACE, by=by, name=name, email=email, source="told by the importer")


def record_ach(importer: ImporterOfRecord, *, by: User, status: ACHStatus) -> None:
    """What the tab shows after Get Info/Refresh."""
    with change_step(importer, "ach-refund", "record ACH", by=by) as row:
        _must_be_open(row, "ach-refund")
        ACHEnrollment.objects.update_or_create(
            importer=row, defaults={"status": status, "checked_at": timezone.now(), "checked_by": by}
        )


def complete_form_4811(importer: ImporterOfRecord, *, by: User, signer: str, email: str, signed_on: date) -> None:
    for text in (signer, email):
        refuse_bank_details(text)
    if signed_on > timezone.localdate():
        raise RuleViolation("future", _("The date is in the future. Enter the day on which the form was signed."))
    with change(importer, "complete Form 4811", by=by) as row:
        _must_be_open(row, "form-4811")
        Form4811.objects.update_or_create(
            importer=row,
            defaults={"signed_on": signed_on, "completed_at": timezone.now(), "completed_by": by},
        )
        replace_contact(row, Document.FORM_4811, by=by, name=signer, email=email, source="told by the importer")


def _must_be_open(importer: ImporterOfRecord, key: str) -> None:
    """The order of the checklist holds for whoever asks, not only for the page that shows it."""
    if checklist_of(importer)[key].status in (Status.CANNOT_START, Status.NOT_NEEDED):
        raise RuleViolation("not_yet", NOT_OPEN)


def may_declare(importer: ImporterOfRecord, user: User) -> bool:
    """Only the officer declares: the person signed in with the officer's own e-mail."""
    officer = getattr(importer, "officer", None)
    return bool(officer and officer.facts.may_declare(user.email))


def declare(importer: ImporterOfRecord, *, by: User, digest: str) -> None:
    """The officer declares the answers that were on the page. `digest` is of those answers: if somebody changed
    one meanwhile, nothing is declared and the officer looks again."""
    with change(importer, "declare", by=by) as row:
        checklist = checklist_of(row)
        if not may_declare(row, by):
            raise RuleViolation("not_officer", _("Only the responsible officer can declare the answers."))
        if checklist.facts.is_declared:
            return
        if checklist["inform-broker"].who is None:
            raise RuleViolation("not_yet", _("Some steps before this one are still open. Finish them first."))
        if digest != checklist.facts.digest:
            raise RuleViolation("changed", _("An answer was changed meanwhile. Read the answers again, then declare."))
        Attestation.objects.create(
            importer=row,
            answers=checklist.facts.answers,
            digest=digest,
            declared_at=timezone.now(),
            declared_by=by,
        )
        tell_staff(MailKind.DECLARED, row, by=by)
        post(MailKind.RECEIPT, to_email=by.email, to_name=row.calls(by), language=by.language, importer=row, by=by)
        tell_reminded_contact(row, MailKind.RECEIPT, told=by.email, by=by)


def note_visit(importer: ImporterOfRecord, *, by: User) -> None:
    """Somebody of the importer opened the checklist for the first time."""
    unseen = ImporterAccess.objects.filter(importer=importer, user=by, first_visit_at=None)
    if unseen.exists():
        with change(importer, "first visit", by=by):
            unseen.update(first_visit_at=timezone.now())
            close_for([importer.pk], ErrandKind.NO_VISIT, by=by, outcome=CAME)
