"""The officer sends one step to a colleague, and takes it back. Whether it is open to the colleague is computed at
every look (see importers/domain/delegation.py)."""

from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from importers.domain.delegation import OPEN_DAYS, SentStep, can_be_sent
from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.free_text import refuse_bank_details, refuse_in_addresses, refuse_in_names
from importers.models import Delegation, ImporterAccess, ImporterOfRecord, MailKind, MailState, User
from importers.models.delegation import sent_steps
from importers.services.change import change, deed
from importers.services.outbox import is_on_its_way, post
from importers.services.readiness import checklist_of
from importers.services.steps import may_declare

SENT_BY_OFFICER = "sent by the officer"
WITH_OLDER_LINK = "asked for with an older link"
A_DAY = 5
NOT_OFFICER = _("Only the responsible officer can send a step to a colleague, or take it back.")
NOT_NOW = _("This step cannot be sent to anybody now. Look at the checklist to see where it stands.")
STAFF_EMAIL = _("This address is one of the broker's own. Enter the e-mail of a colleague in your company.")
IS_IN = _("This person can open the whole checklist already, and this step with it.")
SHUT_OUT = _("We have closed the checklist to this person. Call us if they should work on it.")
TOO_MANY = _("Five steps have been sent within a day, and each was mailed. Send this one tomorrow, or call us.")


def delegate(
    importer: ImporterOfRecord, step: str, *, by: User, name: str, email: str, language: str
) -> tuple[Delegation, bool]:
    """Also returns whether it is new: what that person has already is not sent again."""
    for text in (name, email):
        refuse_bank_details(text)
    refuse_in_names(name)
    refuse_in_addresses(email)
    with change(importer, "send step to a colleague", by=by) as row:
        _refuse_sender(row, by)
        if not can_be_sent(checklist_of(row), step):
            raise RuleViolation("not_now", NOT_NOW)
        colleague = User.objects.for_email(email, language=language)  # the name stays with the step
        _refuse_colleague(row, colleague)
        theirs = [s for s in sent_steps(row, timezone.now()) if (s.step, s.colleague) == (step, colleague.pk)]
        open_now = next((sent for sent in theirs if sent.is_open), None)
        if open_now is not None:
            return Delegation.objects.get(uuid=open_now.uuid), False
        _refuse_too_many(row)
        delegation = _hand_out(row, step, colleague, by=by, name=name, language=language)
        _mail(delegation, why=SENT_BY_OFFICER)
    return delegation, True


def mail_again(importer: ImporterOfRecord, uuid: UUID) -> bool:
    """The colleague asks for it with an older link. True when a mail with the step as it is open now is on its way;
    False when it is not open any more."""
    with transaction.atomic():
        row = ImporterOfRecord.objects.select_for_update().get(pk=importer.pk)  # of two presses one waits
        if not any(sent.uuid == uuid and sent.is_open for sent in sent_steps(row, timezone.now())):
            return False
        delegation = row.delegations.select_related("colleague", "granted_by").get(uuid=uuid)
        if not is_on_its_way(row, MailKind.DELEGATION, to=delegation.colleague, step=delegation.step):
            _mail(delegation, why=WITH_OLDER_LINK)
    return True


def _mail(delegation: Delegation, *, why: str) -> None:
    post(
        MailKind.DELEGATION,
        to_email=delegation.colleague.email,
        to_name=delegation.name,
        language=delegation.language,
        importer=delegation.importer,
        by=delegation.granted_by,
        step=delegation.step,
        why=why,
        expires_at=delegation.expires_at,
    )


def _refuse_sender(importer: ImporterOfRecord, by: User) -> None:
    if not may_declare(importer, by):
        raise RuleViolation("not_officer", NOT_OFFICER)


def _refuse_colleague(importer: ImporterOfRecord, colleague: User) -> None:
    """Nobody gets in this way whom the broker keeps out, and nobody who is in gets less."""
    if colleague.is_staff:
        raise RuleViolation("staff_email", STAFF_EMAIL)
    accesses = ImporterAccess.objects.filter(importer=importer, user=colleague)
    ended = importer.delegations.filter(colleague=colleague, revoked_by__is_staff=True, lifted_at=None)
    if accesses.shut_out().exists() or ended.exists() or not colleague.is_active:
        raise RuleViolation("shut_out", SHUT_OUT)
    if accesses.filter(revoked_at=None).exists():
        raise RuleViolation("is_in", IS_IN)


def _refuse_too_many(importer: ImporterOfRecord) -> None:
    """Mail in the broker's name to addresses that the importer chose. What a colleague had mailed again with an older
    link is not the officer's doing."""
    since = timezone.now() - timedelta(days=1)
    sent = importer.notifications.filter(kind=MailKind.DELEGATION, why=SENT_BY_OFFICER, created_at__gt=since)
    if sent.count() >= A_DAY:
        raise RuleViolation("too_many", TOO_MANY)


def _hand_out(importer: ImporterOfRecord, step: str, colleague: User, *, by: User, **called: str) -> Delegation:
    """What ran out, or was sent by a former officer, begins anew. `called`: the name, and the language of the mails."""
    now = timezone.now()
    return Delegation.objects.update_or_create(
        importer=importer,
        step=step,
        colleague=colleague,
        revoked_at=None,
        defaults={
            **called,
            "granted_at": now,
            "granted_by": by,
            "expires_at": _midnight_after(now),
            "first_opened_at": None,
        },
    )[0]


def _midnight_after(now: datetime) -> datetime:
    """The last day is a whole one."""
    following = timezone.localdate(now) + timedelta(days=OPEN_DAYS + 1)
    return timezone.make_aware(datetime.combine(following, time.min))


def revoke(importer: ImporterOfRecord, uuid: UUID, *, by: User) -> Delegation | None:
    """By the officer or by staff. None when it was ended already. A mail that still waits is not sent."""
    with change(importer, "close a sent step", by=by) as row:
        if not by.is_staff:
            _refuse_sender(row, by)
        delegation = row.delegations.select_related("colleague").filter(uuid=uuid, revoked_at=None).first()
        if delegation is None:
            return None
        delegation.revoked_at, delegation.revoked_by = timezone.now(), by
        delegation.save(update_fields=["revoked_at", "revoked_by"])
        waiting = row.notifications.filter(kind=MailKind.DELEGATION, state=MailState.PENDING, step=delegation.step)
        waiting.filter(to_email=delegation.colleague.email).update(
            state=MailState.DROPPED, answer="the step was taken back before the mail went out"
        )
    return delegation


def lift(importer: ImporterOfRecord, uuid: UUID, *, by: User) -> Delegation | None:
    """Staff ended it; now the officer may send this person steps again. None when there is nothing to lift."""
    with change(importer, "allow sending steps again", by=by) as row:
        ended = row.delegations.filter(revoked_by__is_staff=True, lifted_at=None)
        delegation = ended.select_related("colleague").filter(uuid=uuid).first()
        if delegation is None:
            return None
        ended.filter(colleague=delegation.colleague).update(lifted_at=timezone.now(), lifted_by=by)
    return delegation


def note_opened(importer: ImporterOfRecord, sent: SentStep, *, by: User) -> None:
    """The colleague opened the step for the first time."""
    with deed("first look at a sent step", by=by):
        importer.delegations.filter(uuid=sent.uuid, first_opened_at=None).update(first_opened_at=timezone.now())
