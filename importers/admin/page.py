"""One importer, as staff see it: where it stands, what is wrong and who puts it right, what can be done about it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from importers.admin import words
from importers.admin.compare import side_by_side
from importers.admin.deeds import DEEDS, Deed
from importers.admin.reminders import ledger, outlook_lines
from importers.admin.theme import firm_of
from importers.domain.checklist import Checklist, Status, StepState, evaluate, missing_for_4811
from importers.domain.consistency import DOCUMENT_STEP, Finding, Who, findings
from importers.domain.facts import Document
from importers.models import Attestation, Campaign, ImporterOfRecord, MailState, Notification, Question
from importers.models.labels import label
from importers.wording import finding_remedy, finding_text, long_date, readable_phone

MAILS_SHOWN = 8
STEP_DOCUMENT = {step: document for document, step in DOCUMENT_STEP.items()}
RECORD = {
    Document.FORM_5106: "record-form-5106",
    Document.ACE: "record-ace",
    Document.FORM_4811: "record-form-4811",
}


@dataclass(frozen=True, slots=True)
class DeedForm:
    """A deed with its form, ready to be drawn; `open` when it is the thing to do now or was filled in wrongly.
    `place` is where on the page it stands, also when it comes back refused, and `refusal` why it does."""

    key: str
    deed: Deed
    form: forms.Form
    place: str
    open: bool = False
    button: str = "primary"
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class ShownFinding:
    text: str
    remedy: str
    source: str
    fixer: str
    is_blocker: bool
    accept: DeedForm | None
    names_officer: bool


@dataclass(frozen=True, slots=True)
class ShownAcceptance:
    """A warning that stands no more because a colleague accepted it."""

    text: str
    who: str
    day: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShownStep:
    key: str
    title: str
    status: str
    tone: str
    who: str
    facts: list[str]
    findings: list[ShownFinding]
    deeds: list[DeedForm]
    accepted: list[ShownAcceptance]


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """`unsent` is what was typed in vain, because a colleague had answered."""

    question: Question
    step: str
    answer: DeedForm | None
    unsent: str = ""
    refusal: str = ""


class Deeds:
    """Builds the forms of a page; the one that was refused (`bound`) is shown again as it was typed."""

    def __init__(
        self, importer: ImporterOfRecord, refused: str = "", bound: forms.Form | None = None, why: str = ""
    ) -> None:
        self.importer, self.refused, self.bound, self.why = importer, refused, bound, why
        self.is_told = False  # whether the refused form is on the page, with the reason

    def form(self, key: str, *, now: bool = False, button: str = "secondary", **initial: Any) -> DeedForm:
        deed = DEEDS[key]
        prefix = "-".join(["d", key, *(str(value) for name, value in initial.items() if name != "digest")])
        if self.bound is not None and self.refused == key and self._is_same(initial):
            self.is_told = True
            return DeedForm(key, deed, self.bound, prefix, open=True, button=button, refusal=self.why)
        form = deed.form(initial=deed.initial(self.importer) | initial, auto_id=f"{prefix}-%s")
        return DeedForm(key, deed, form, prefix, open=now, button=button)

    def review(self, key: str, digest: str, *, now: bool = False, button: str = "secondary") -> DeedForm:
        """A decision on the answers that are on this page, also when it comes back for having been on others."""
        if self.bound is not None and self.refused == key:
            self.bound.data = {name: self.bound.data[name] for name in self.bound.data} | {"digest": digest}
        return self.form(key, now=now, button=button, digest=digest)

    def typed(self, key: str, field: str, **initial: Any) -> tuple[str, str]:
        """What was typed into a form that stands on the page no more, and why it was refused."""
        if self.bound is None or self.refused != key or not self._is_same(initial):
            return "", ""
        self.is_told = True
        return self.bound.data.get(field, ""), self.why

    def _is_same(self, initial: dict[str, Any]) -> bool:
        return self.bound is not None and all(self.bound.data.get(k) == str(v) for k, v in initial.items())


def page_context(request: HttpRequest, importer: ImporterOfRecord, deeds: Deeds) -> dict[str, Any]:
    """`importer` comes from `listing.rows()`."""
    checklist = evaluate(importer.facts(firm_of(request), timezone.localdate()))
    accesses = list(importer.accesses.select_related("user").order_by("granted_at"))
    asked = importer.questions.with_people().order_by("answered_at", "-asked_at")
    written = Notification.objects.filter(importer=importer).exclude(state=MailState.SKIPPED)
    mails = list(written.order_by("-created_at", "-pk")[: MAILS_SHOWN + 1])
    return {
        "title": importer.name,
        "original": importer,
        "importer": importer,
        "done": checklist.done,
        "total": checklist.total,
        "stage": {"words": label(checklist.stage), "tone": words.STAGE_TONE.get(checklist.stage, "")},
        "holdup": words.holdup(checklist),
        "steps": [_step(state, checklist, importer, deeds) for state in checklist.steps],
        "compare": side_by_side(checklist),
        "accesses": [
            (a, None if a.revoked_at else deeds.form("revoke", button="quiet", access=a.pk)) for a in accesses
        ],
        "mails": mails[:MAILS_SHOWN],
        "more_mails": len(mails) > MAILS_SHOWN,
        "mail_tone": words.MAIL_TONE,
        "questions": [_question(question, deeds) for question in asked],
        "campaign": Campaign.objects.shown(),
        "outlook": outlook_lines(importer),
        "is_paused": importer.paused_until is not None and importer.paused_until >= timezone.localdate(),
        "ledger": ledger(importer),
        "invite": deeds.form("invite", button="secondary" if importer.invited_at else "primary"),
        "pause": deeds.form("pause"),
        "resume": deeds.form("resume"),
        "details": deeds.form("details"),
        "officer_step": words.step_title("officer"),
        "officer_mail": _officer_mail(request, importer),
        "may_send_back": open_declaration(importer) is not None,
    }


def _officer_mail(request: HttpRequest, importer: ImporterOfRecord) -> str:
    """A mail to write to the importer, in their language: only they correct the officer. "" without an address."""
    officer = getattr(importer, "officer", None)
    to = importer.contact_email or (officer.email if officer else "")
    if not to:
        return ""
    link = request.build_absolute_uri(reverse("step", args=[importer.uuid, "officer"]))
    with override(importer.language):
        step = words.step_title("officer")
        text = gettext("Please look at the step “%(step)s” and correct the name or the e-mail of the officer there.")
        subject = gettext("Please check the officer: %(name)s") % {"name": importer.name}
        body = "\r\n\r\n".join((text % {"step": step}, link))
    return f"mailto:{quote(to, safe='@')}?subject={quote(subject)}&body={quote(body)}"


def _question(question: Question, deeds: Deeds) -> ShownQuestion:
    step = words.step_title(question.step)
    if not question.answered_at:
        return ShownQuestion(question, step, deeds.form("answer", now=True, question=question.pk))
    return ShownQuestion(question, step, None, *deeds.typed("answer", "text", question=question.pk))


def _step(state: StepState, checklist: Checklist, importer: ImporterOfRecord, deeds: Deeds) -> ShownStep:
    return ShownStep(
        key=state.key,
        title=gettext(state.step.title),
        status=str(label(state.status)),
        tone=words.STATUS_TONE.get(state.status, ""),
        who=str(label(state.who)) if state.who else "",
        facts=[text for text in _facts(state, checklist, importer) if text],
        findings=[_finding(f, deeds) for f in state.findings],
        deeds=list(_deeds(state, checklist, importer, deeds)),
        accepted=list(_accepted(state, checklist, importer)),
    )


def _accepted(state: StepState, checklist: Checklist, importer: ImporterOfRecord) -> Iterable[ShownAcceptance]:
    """Of the warnings at this step those that were accepted, for the values that stand there now."""
    acceptances = {a.fingerprint: a for a in importer.acceptances.all()}
    if not acceptances:
        return
    for finding in findings(replace(checklist.facts, accepted=frozenset())):
        acceptance = acceptances.get(finding.fingerprint)
        if acceptance is not None and finding.rule.acceptable and finding.step == state.key:
            day = long_date(timezone.localtime(acceptance.accepted_at).date())
            yield ShownAcceptance(finding_text(finding), str(acceptance.accepted_by), day, acceptance.reason)


def _finding(finding: Finding, deeds: Deeds) -> ShownFinding:
    return ShownFinding(
        text=finding_text(finding),
        remedy=finding_remedy(finding),
        source=finding.rule.source,
        fixer=str(label(finding.who)),
        is_blocker=not finding.rule.acceptable,
        accept=deeds.form("accept", fingerprint=finding.fingerprint) if finding.rule.acceptable else None,
        names_officer="officer" in finding.params and finding.who is Who.BROKER,
    )


def _deeds(state: StepState, checklist: Checklist, importer: ImporterOfRecord, deeds: Deeds) -> Iterable[DeedForm]:
    """What staff can do at this step; open at once when it is our turn."""
    document = STEP_DOCUMENT.get(state.key)
    if (document is not None and state.who is not None) or document in checklist.facts.filed:
        filed = checklist.facts.filed.get(document) if document else None
        yield deeds.form(RECORD[Document(str(document))], now=state.who is Who.BROKER and filed is None)
        if document is Document.FORM_5106 and state.blockers and filed and not filed.correction_sent:
            yield deeds.form("correct-form-5106", now=True, button="primary")
    if state.key == "broker-review" and (declared := open_declaration(importer)):
        if checklist.facts.form_4811.completed or missing_for_4811(checklist.facts):
            yield deeds.form("checks-4811", now=state.who is Who.BROKER)
        if not declared.verified_at:
            yield deeds.review("verify", checklist.facts.digest, now=state.who is Who.BROKER, button="primary")
        yield deeds.review("send-back", checklist.facts.digest)


def open_declaration(importer: ImporterOfRecord) -> Attestation | None:
    newest = importer.newest_declaration
    return newest if newest and not newest.returned_at else None


def _facts(state: StepState, checklist: Checklist, importer: ImporterOfRecord) -> Iterable[str]:
    """What was answered, in a line or two."""
    facts = checklist.facts
    match state.key:
        case "company":
            yield " · ".join(
                part for part in (facts.address, readable_phone(facts.phone), importer.get_structure_display()) if part
            )
        case "officer" if officer := facts.officer:
            yield " · ".join(
                part for part in (officer.name, officer.title, officer.email, readable_phone(officer.phone)) if part
            )
            yield (
                gettext("declared authorised to sign")
                if officer.declared
                else gettext("not declared authorised to sign")
            )
        case "existing-account" if facts.existing_account:
            yield str(label(facts.existing_account))
        case "refund-route" if facts.effective_route:
            yield str(label(facts.effective_route))
        case "ach-refund" if state.status is not Status.NOT_NEEDED:
            yield str(label(facts.ach))
        case "broker-review":
            yield from (gettext(text) for text in _still_missing(checklist))
        case _other:
            if state.key == "form-4811" and facts.form_4811.signed_on:
                yield gettext("signed on %(day)s") % {"day": long_date(facts.form_4811.signed_on)}
            yield from _filed(state, importer)


def _still_missing(checklist: Checklist) -> list[str]:
    missing = missing_for_4811(checklist.facts)
    return [gettext("Still missing: %(what)s") % {"what": gettext(text)} for text in missing]


def _filed(state: StepState, importer: ImporterOfRecord) -> Iterable[str]:
    document = STEP_DOCUMENT.get(state.key)
    current = importer.filed_in(document) if document else None
    if current is not None:
        day = long_date(timezone.localtime(current.recorded_at).date())
        yield gettext("recorded on %(day)s") % {"day": day} + (
            f" ({gettext(current.source)})" if current.source else ""
        )
        if current.correction_sent_at:
            sent = timezone.localtime(current.correction_sent_at).date()
            yield gettext("correction sent on %(day)s") % {"day": long_date(sent)}
