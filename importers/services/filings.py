"""What staff record and check: who stands in CBP's documents, accepted warnings, the final check."""

from django.utils import timezone

from importers.domain.checklist import missing_for_4811
from importers.domain.consistency import findings
from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.facts import Document
from importers.domain.free_text import CBP_CODE_FROM_US, refuse_bank_details, refuse_codes
from importers.models import (
    Acceptance,
    FiledContact,
    Form4811,
    ImporterOfRecord,
    MailKind,
    MailState,
    User,
)
from importers.services.change import change
from importers.services.outbox import post
from importers.services.readiness import checklist_of

NOT_DECLARED = _("The officer has not declared the answers as they stand now.")


def replace_contact(importer: ImporterOfRecord, document: Document, *, by: User, **filed: str) -> FiledContact:
    """A new reading of one document (`filed`: name, email, company_name, source); the old one stays as history.
    The same reading again changes nothing. The caller holds the transaction."""
    current = FiledContact.objects.filter(importer=importer, document=document, is_current=True).first()
    if current and not current.correction_sent_at and all(getattr(current, k) == v for k, v in filed.items()):
        return current
    if current:
        current.is_current = False
        current.save(update_fields=["is_current"])
    return FiledContact.objects.create(
        importer=importer, document=document, recorded_at=timezone.now(), recorded_by=by, **filed
    )


def record_contact(importer: ImporterOfRecord, document: Document, *, by: User, **filed: str) -> None:
    for text in filed.values():
        refuse_bank_details(text)
    with change(importer, f"record contact on {document}", by=by) as row:
        replace_contact(row, document, by=by, **filed)


def mark_correction_sent(importer: ImporterOfRecord, *, by: User) -> None:
    """The correction of Form 5106 is on its way to CBP: from now on it is CBP's turn, until a new reading is recorded.
    What stands in ACE and on Form 4811 the importer corrects, and there is nobody to wait for."""
    with change(importer, "correction of form-5106 sent", by=by) as row:
        filed = FiledContact.objects.filter(importer=row, document=Document.FORM_5106, is_current=True)
        if not filed.update(correction_sent_at=timezone.now(), correction_sent_by=by):
            raise RuleViolation("nothing_filed", _("Record first what stands in the document now."))


def accept_finding(importer: ImporterOfRecord, fingerprint: str, *, by: User, reason: str) -> None:
    """A warning that staff have looked into. It comes back when one of the compared values changes."""
    refuse_bank_details(reason)
    if not reason.strip():
        raise RuleViolation("reason", _("Write why this is all right, so that a colleague understands it later."))
    with change(importer, "accept warning", by=by) as row:
        found = {f.fingerprint: f for f in findings(checklist_of(row).facts)}
        finding = found.get(fingerprint)
        if finding is None:
            raise RuleViolation("gone", _("This warning is no longer there: the values have changed."))
        if not finding.rule.acceptable:
            raise RuleViolation("blocker", _("This one cannot be accepted. It must be corrected."))
        Acceptance.objects.create(
            importer=row,
            rule=finding.rule.key,
            fingerprint=fingerprint,
            reason=reason.strip(),
            accepted_at=timezone.now(),
            accepted_by=by,
        )


def record_4811_checks(importer: ImporterOfRecord, *, by: User, on_profile: bool, box_28: bool) -> None:
    """CBP's two conditions for a refund to reach the notify party, as staff saw them."""
    with change(importer, "record Form 4811 checks", by=by) as row:
        form, _made = Form4811.objects.get_or_create(importer=row)
        for name, holds in (("on_profile", on_profile), ("box_28", box_28)):
            if holds != (getattr(form, f"{name}_at") is not None):
                setattr(form, f"{name}_at", timezone.now() if holds else None)
                setattr(form, f"{name}_by", by if holds else None)
        form.save()


def verify(importer: ImporterOfRecord, *, by: User, digest: str) -> None:
    """Staff checked in ACE what the officer declared. Refused, with every reason, while anything is missing. `digest`
    is of the answers that were on the page. What a colleague has verified already is not verified again."""
    with change(importer, "verify", by=by) as row:
        checklist = checklist_of(row)
        attestation = row.newest_declaration
        if attestation is None or attestation.returned_at:
            raise RuleViolation("not_declared", NOT_DECLARED)
        _refuse_other_answers(digest, checklist.facts.digest)
        if attestation.digest != digest:
            raise RuleViolation("not_declared", NOT_DECLARED)
        if attestation.verified_at:
            return
        missing = missing_for_4811(checklist.facts)
        blockers = [s for s in checklist.steps if s.key != "broker-review" and not s.status.is_settled]
        if missing or blockers:
            items = [*missing, *(s.step.title for s in blockers)]
            raise RuleViolation("missing", _("Still missing: %(items)s."), items=items)
        attestation.verified_at, attestation.verified_by = timezone.now(), by
        attestation.save(update_fields=["verified_at", "verified_by"])
        _tell_officer(row, MailKind.READY, by)
        tell_reminded_contact(row, MailKind.READY, told=row.officer.email, by=by)


def send_back(importer: ImporterOfRecord, *, by: User, digest: str, note: str) -> None:
    """Something the officer declared is not so; the note goes to the officer by mail and on the page. `digest` is of
    the answers that were on the page. The same note again sends nothing again."""
    refuse_bank_details(note)
    refuse_codes(note, CBP_CODE_FROM_US)
    note = note.strip()
    if not note:
        raise RuleViolation("note", _("Write what must be changed, so that the officer can act on it."))
    with change(importer, "send back", by=by) as row:
        attestation = row.newest_declaration
        if attestation is None:
            raise RuleViolation("not_declared", _("There is no declaration to send back."))
        _refuse_other_answers(digest, checklist_of(row).facts.digest)
        if attestation.returned_at:
            if attestation.return_note == note:
                return
            raise RuleViolation("returned", _("It was sent back already, with another note. Read that one first."))
        attestation.verified_at = attestation.verified_by = None
        attestation.returned_at, attestation.returned_by = timezone.now(), by
        attestation.return_note = note
        attestation.save()
        _tell_officer(row, MailKind.RETURNED, by)


def _refuse_other_answers(seen: str, now: str) -> None:
    if seen != now:
        raise RuleViolation("changed", _("An answer was changed meanwhile. Look at the answers again, then decide."))


def _tell_officer(importer: ImporterOfRecord, kind: MailKind, by: User) -> None:
    officer = importer.officer
    post(
        kind,
        to_email=officer.email,
        to_name=officer.name,
        language=importer.language,
        importer=importer,
        by=by,
    )


def tell_reminded_contact(importer: ImporterOfRecord, kind: MailKind, *, told: str, by: User) -> None:
    """Who was reminded, and is not the one `told` already, learns too that it is over: the date leaves their calendar
    with this mail."""
    contact = importer.contact_email
    if contact.lower() == told.lower():
        return
    live = importer.accesses.filter(revoked_at=None, user__is_active=True, user__email__iexact=contact)
    access = live.select_related("user").first()
    reminded = importer.notifications.filter(kind=MailKind.REMINDER, state=MailState.SENT, to_email__iexact=contact)
    if access and reminded.exists():
        post(
            kind,
            to_email=contact,
            to_name=importer.contact_name,
            language=access.user.language,
            importer=importer,
            by=by,
        )
