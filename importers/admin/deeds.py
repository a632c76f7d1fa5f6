"""What staff can do to one importer: one row of `DEEDS` each, and every one calls one service."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from importers.admin.forms import (
    AcceptForm,
    AnswerForm,
    Checks4811Form,
    DetailsForm,
    ErrandForm,
    FiledContactForm,
    Form5106Form,
    Nothing,
    PauseForm,
    ReviewForm,
    RevokeForm,
    SendBackForm,
    SentStepForm,
)
from importers.admin.words import step_title
from importers.domain.consistency import DOCUMENT_STEP
from importers.domain.errors import RuleViolation, gettext_noop
from importers.domain.facts import Document
from importers.models import ImporterAccess, ImporterOfRecord, User
from importers.services import delegations, details, errands, filings, invitations, questions
from importers.services.bounces import dead_among
from importers.services.readiness import checklist_of
from importers.wording import finding_text

Data = dict[str, Any]
Act = Callable[[ImporterOfRecord, User, Data], str]


@dataclass(frozen=True, slots=True)
class Deed:
    """`act` returns the sentence that tells what happened. `anchor` is the place on the page to go back to."""

    title: Any
    form: type[forms.Form]
    act: Act
    anchor: str
    initial: Callable[[ImporterOfRecord], Data] = lambda importer: {}


def _record(document: Document) -> Act:
    def act(importer: ImporterOfRecord, by: User, data: Data) -> str:
        filings.record_contact(importer, document, by=by, **data)
        return rules_answer(importer, DOCUMENT_STEP[document])

    return act


def rules_answer(importer: ImporterOfRecord, step: str) -> str:
    """What the rules make of it, at once."""
    checklist = checklist_of(importer)
    found = [finding_text(f) for f in checklist.findings if f.step in (step, "company")]
    if checklist.facts.officer is None:
        return gettext("Recorded. It will be compared as soon as the officer is named.")
    if not found:
        return gettext("Recorded. It agrees with the officer.")
    return gettext("Recorded. This does not agree: %(findings)s") % {"findings": " ".join(found)}


def _current(document: Document) -> Callable[[ImporterOfRecord], Data]:
    def initial(importer: ImporterOfRecord) -> Data:
        filed = importer.filed_in(document)
        return {f: getattr(filed, f) for f in ("name", "email", "company_name", "source")} if filed else {}

    return initial


def _correction(importer: ImporterOfRecord, by: User, data: Data) -> str:
    filings.mark_correction_sent(importer, by=by)
    return gettext("Noted. It is CBP's turn until you record what stands there then.")


def _accept(importer: ImporterOfRecord, by: User, data: Data) -> str:
    filings.accept_finding(importer, data["fingerprint"], by=by, reason=data["reason"])
    return gettext("Accepted. The warning comes back if one of the two values changes.")


def _checks(importer: ImporterOfRecord, by: User, data: Data) -> str:
    filings.record_4811_checks(importer, by=by, **data)
    return gettext("Recorded.")


def _checks_initial(importer: ImporterOfRecord) -> Data:
    form = getattr(importer, "form_4811", None)
    return {"on_profile": form.on_profile_at is not None, "box_28": form.box_28_at is not None} if form else {}


def _verify(importer: ImporterOfRecord, by: User, data: Data) -> str:
    filings.verify(importer, by=by, **data)
    return gettext("Checked. The officer is told by mail that all is in place.")


def _send_back(importer: ImporterOfRecord, by: User, data: Data) -> str:
    filings.send_back(importer, by=by, **data)
    return gettext("Sent back. The officer gets your note by mail.")


def _invite(importer: ImporterOfRecord, by: User, data: Data) -> str:
    invited = invitations.invite([importer], by=by)
    if invited.without_email:
        raise RuleViolation(
            "no_email", gettext_noop("There is no e-mail to write to. Enter the contact's e-mail first.")
        )
    if invited.staff:
        raise RuleViolation(
            "staff", gettext_noop("The contact's e-mail belongs to one of our own people. Enter the importer's.")
        )
    told = gettext("Invited. The mail is on its way to %(email)s.") % {"email": importer.contact_email}
    if dead_among([importer.contact_email]):
        told += " " + gettext("Earlier mail to this address came back: ask whether it is right.")
    return told


def _revoke(importer: ImporterOfRecord, by: User, data: Data) -> str:
    access = ImporterAccess.objects.filter(importer=importer, pk=data["access"], revoked_at=None).first()
    if access is None:
        raise RuleViolation("gone", gettext_noop("That person has no access any more."))
    invitations.revoke(access, by=by)
    return gettext("%(who)s can no longer open this checklist.") % {"who": access.user}


def _answer(importer: ImporterOfRecord, by: User, data: Data) -> str:
    question = importer.questions.filter(pk=data["question"]).select_related("asked_by").first()
    if question is None:
        raise RuleViolation("gone", gettext_noop("That question is not there any more."))
    if questions.answer(question, by=by, text=data["text"]):
        return gettext("Answered. The mail is on its way to %(email)s.") % {"email": question.asked_by.email}
    told = gettext("Answered. %(who)s can no longer open the checklist, so no mail goes out.")
    return told % {"who": question.asker}


def _errand_done(importer: ImporterOfRecord, by: User, data: Data) -> str:
    errand = importer.errands.filter(pk=data["errand"]).first()
    if errand is None:
        raise RuleViolation("gone", gettext_noop("That task is not there any more."))
    errands.close(errand, by=by, outcome=data["outcome"])
    return gettext("Done: %(what)s") % {"what": errand.get_kind_display()}


def _close_step(importer: ImporterOfRecord, by: User, data: Data) -> str:
    delegation = delegations.revoke(importer, data["sent"], by=by)
    if delegation is None:
        raise RuleViolation("gone", gettext_noop("It was ended already."))
    told = gettext("%(who)s can no longer open that step, and the officer cannot send this person another.")
    return told % {"who": delegation.name}


def _allow_sending(importer: ImporterOfRecord, by: User, data: Data) -> str:
    delegation = delegations.lift(importer, data["sent"], by=by)
    if delegation is None:
        raise RuleViolation("gone", gettext_noop("There is nothing left to allow."))
    return gettext("The officer can send %(who)s a step again.") % {"who": delegation.name}


def _pause(importer: ImporterOfRecord, by: User, data: Data) -> str:
    details.pause([importer], by=by, **data)
    return gettext("No reminders go out up to and including that day.")


def _resume(importer: ImporterOfRecord, by: User, data: Data) -> str:
    details.resume([importer], by=by)
    return gettext("Reminders go out again.")


def _edit(importer: ImporterOfRecord, by: User, data: Data) -> str:
    changed = details.edit_details(importer, by=by, **data)
    if not changed:
        return gettext("Nothing was changed.")
    told = ngettext("%(n)s field changed.", "%(n)s fields changed.", len(changed)) % {"n": len(changed)}
    if "contact_email" in changed and data["contact_email"]:
        told += " " + gettext("The new contact cannot come in yet: invite them.")
    officer = getattr(importer, "officer", None)
    if "contact_email" in changed and officer is not None and officer.email.lower() != data["contact_email"].lower():
        told += " " + gettext(
            "The officer's e-mail is unchanged: %(email)s. The importer corrects it at the step “%(step)s”."
        ) % {"email": officer.email, "step": step_title("officer")}
    return told


def _details(importer: ImporterOfRecord) -> Data:
    return {name: getattr(importer, name) for name in DetailsForm.base_fields}


DEEDS: dict[str, Deed] = {
    "record-form-5106": Deed(
        _("Record what stands on Form 5106"), Form5106Form, _record(Document.FORM_5106), "form-5106",
        _current(Document.FORM_5106),
    ),
    "record-ace": Deed(
        _("Record who stands in the ACE account"), FiledContactForm, _record(Document.ACE), "ace-account",
        _current(Document.ACE),
    ),
    "record-form-4811": Deed(
        _("Record who stands on Form 4811"), FiledContactForm, _record(Document.FORM_4811), "form-4811",
        _current(Document.FORM_4811),
    ),
    "correct-form-5106": Deed(_("Correction sent to CBP"), Nothing, _correction, "form-5106"),
    "accept": Deed(_("Accept this warning"), AcceptForm, _accept, "checklist"),
    "checks-4811": Deed(_("Record the two checks"), Checks4811Form, _checks, "broker-review", _checks_initial),
    "verify": Deed(_("All is in place"), ReviewForm, _verify, "broker-review"),
    "send-back": Deed(_("Send back with a note"), SendBackForm, _send_back, "broker-review"),
    "answer": Deed(_("Send the answer"), AnswerForm, _answer, "questions"),
    "errand-done": Deed(_("This is done"), ErrandForm, _errand_done, "errands"),
    "invite": Deed(_("Send the invitation"), Nothing, _invite, "access"),
    "revoke": Deed(_("Take access away"), RevokeForm, _revoke, "access"),
    "close-step": Deed(_("Close it to this person"), SentStepForm, _close_step, "sent"),
    "allow-sending": Deed(_("Allow the officer to send this person a step"), SentStepForm, _allow_sending, "sent"),
    "pause": Deed(_("Pause reminders"), PauseForm, _pause, "reminders"),
    "resume": Deed(_("Send reminders again"), Nothing, _resume, "reminders"),
    "details": Deed(_("Save"), DetailsForm, _edit, "details", _details),
}  # fmt: skip
