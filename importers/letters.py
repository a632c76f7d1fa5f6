"""Writes one mail: which template, in which language, with what in it."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.signing import BadSignature, TimestampSigner, b62_decode
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from importers.brand import colour_or_default, ink_on
from importers.contact import Contact, contact_for
from importers.deadline_files import CalendarFile, cancelled, published
from importers.domain.checklist import STEP_BY_KEY, Checklist, StepState, evaluate
from importers.models import BrokerFirm, Campaign, ImporterOfRecord, MailKind, MailState, Notification, Occasion
from importers.models.delegation import last_day
from importers.reminder_words import Words, place_values, steps_left_text, words_for
from importers.stop_link import stop_headers, stop_url
from importers.wording import left_title, step_minutes, step_title

START_SALT = "importers.start"
LONGEST_SUBJECT = 250  # what the row holds
WRITTEN = (MailKind.ACCOUNT, MailKind.DIGEST)  # about signing in, by allauth; about all of a colleague's importers
LAST_STEP = "inform-broker"  # of the importer's own
SEVERAL = "reminder_several"  # the reminder to a person with several importers
TO_STAFF = (MailKind.DECLARED, MailKind.QUESTION, MailKind.DIGEST)


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str
    files: tuple[CalendarFile, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftStep:
    """`in_one_go`: CBP's code comes by mail meanwhile."""

    key: str
    title: str
    minutes: int
    in_one_go: bool

    @classmethod
    def of(cls, state: StepState, checklist: Checklist) -> Self:
        facts = checklist.facts
        applies = state.key == "ace-account" and not facts.has_account
        return cls(state.key, left_title(state.step, facts), step_minutes(state.step, facts), applies)


def start_url(notification: Notification) -> str:
    """The mailed link. Signed and dated; opening it shows a page and does nothing else."""
    token = TimestampSigner(salt=START_SALT).sign(notification.uuid.hex)
    return settings.PUBLIC_URL + reverse("start", args=[token])


def read_link(token: str) -> tuple[UUID, datetime] | None:
    """The mail that a link came in, and when it was written. None when it is not one of ours, or cut off."""
    signer = TimestampSigner(salt=START_SALT)
    try:
        uuid = UUID(signer.unsign(token))
    except (BadSignature, ValueError):
        return None
    signed = b62_decode(token.split(signer.sep)[1])  # checked by the signature
    return uuid, datetime.fromtimestamp(signed, UTC)


def write(
    rows: Notification | Sequence[Notification], *, now: datetime | None = None, words: Words | None = None
) -> Letter:
    """Rendered at the moment of sending, so that it says what is open now. Some come written.
    `rows` are those of one mail: several only of reminders. Another moment is for looking ahead; `words` are for a
    preview and take the place of a reminder's own."""
    rows = [rows] if isinstance(rows, Notification) else rows
    row, now = rows[0], now or timezone.now()
    if row.kind in WRITTEN:
        return Letter(row.subject, row.text, row.html)
    firm = BrokerFirm.current()
    with translation.override(row.language):
        if row.kind == MailKind.REMINDER:
            context = _reminder_context(rows, firm, now, words)
            return render(SEVERAL if len(rows) > 1 else row.kind, row.language, context, context["files"])
        context = _context(row, firm, now)
        return render(row.kind, row.language, context, cancelled(row, context.get("importer"), firm, now))


def render(name: str, language: str, context: dict[str, Any], files: Sequence[CalendarFile] = ()) -> Letter:
    """The three templates of a mail, in the language that is active."""
    subject = " ".join(render_to_string(f"emails/{language}/{name}-subject.txt", context).split())
    text = without_gaps(render_to_string(f"emails/{language}/{name}.txt", context))
    html = css_inline.inline(render_to_string(f"emails/{language}/{name}.html", context))
    return Letter(subject[:LONGEST_SUBJECT], text, html, tuple(files))


def without_gaps(text: str) -> str:
    """One blank line at most: what a template leaves out leaves no hole."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def _context(row: Notification, firm: BrokerFirm, now: datetime) -> dict[str, Any]:
    campaign = row.campaign or Campaign.objects.shown()
    context = _frame_of([row], row.importer, firm) | {
        "campaign": campaign,
        "is_late": campaign is not None and campaign.is_past(now),
        "question": row.question,
    }
    if row.importer_id is not None:
        context |= _importer_context(row.importer_id, row.step, firm, timezone.localdate(now))
        context["sender"] = context["importer"].calls(row.requested_by) if row.requested_by else ""
        _name_for(row, context["importer"])
    if row.kind == MailKind.NEW_LINK and context["officer"]:
        context["to_officer"] = context["officer"].facts.may_declare(row.to_email)
    if row.kind == MailKind.RECEIPT and context["attestation"]:
        context["by_reader"] = context["attestation"].declared_by.email.lower() == row.to_email.lower()
    if row.kind == MailKind.DELEGATION and row.expires_at is not None:
        checklist = context["checklist"]
        context |= {"step": LeftStep.of(checklist[row.step], checklist), "last_day": last_day(row.expires_at)}
    return context


def _name_for(row: Notification, importer: ImporterOfRecord) -> None:
    """To an address that the importer chose the company's name goes as the broker has it."""
    if row.kind not in TO_STAFF and row.to_email.lower() != importer.contact_email.lower():
        importer.name = importer.name_on_the_list


def _frame_of(rows: Sequence[Notification], about: ImporterOfRecord | None, firm: BrokerFirm) -> dict[str, Any]:
    row = rows[0]
    return frame(firm) | {
        "mail": row,
        "contact": contact_for(about, firm),
        "start_url": start_url(row),
        "is_first": _is_first(rows),
    }


@dataclass(frozen=True, slots=True)
class Part:
    """What a reminder says of one importer. `shared_refund` is what was shown to them already; nothing else may be."""

    importer: ImporterOfRecord
    left: list[LeftStep]
    next: LeftStep
    campaign: Campaign
    is_late: bool
    start_url: str
    shared_refund: Decimal | None

    @property
    def steps_left(self) -> str:
        return steps_left_text(len(self.left))


def _reminder_context(
    rows: Sequence[Notification], firm: BrokerFirm, now: datetime, words: Words | None
) -> dict[str, Any]:
    """Of one importer with its words; of several each in short."""
    today = timezone.localdate(now)
    importers = ImporterOfRecord.objects.with_facts().select_related("assigned_to", "readiness")
    found = importers.in_bulk([row.importer_id for row in rows])
    about = [(row, found[row.importer_id]) for row in rows if row.importer_id is not None]
    parts = [_part(row, importer, evaluate(importer.facts(firm, today)), now) for row, importer in about]
    parts.sort(key=lambda part: (part.importer.name, part.importer.pk))
    names: defaultdict[Campaign, list[str]] = defaultdict(list)
    for part in parts:
        names[part.campaign].append(part.importer.name)
    context = _frame_of(rows, about[0][1], firm) | {
        "parts": parts,
        "importer": parts[0].importer,
        "is_late": all(part.is_late for part in parts),
        "next_day": min((part.campaign.deadline for part in parts if not part.is_late), default=None),
        "files": published(rows[0], names, firm, now),
        "stop_url": stop_url(rows[0]),
    }
    if len(parts) == 1:
        context |= _one(rows[0], parts[0], context["contact"], words, now)
    return context


def _part(row: Notification, importer: ImporterOfRecord, checklist: Checklist, now: datetime) -> Part:
    assert row.campaign is not None  # noqa: S101 - a reminder has one, by a constraint
    _name_for(row, importer)
    left = [LeftStep.of(state, checklist) for state in checklist.left]
    following = LeftStep.of(checklist.importer_step or checklist[row.step or LAST_STEP], checklist)
    is_late, shared = row.campaign.is_past(now), importer.readiness.shared_refund
    return Part(importer, left, following, row.campaign, is_late, start_url(row), shared)


def _one(row: Notification, part: Part, contact: Contact, words: Words | None, now: datetime) -> dict[str, Any]:
    occasion = Occasion.LATE if part.is_late else Occasion.BEFORE
    values = place_values(
        importer=part.importer.name,
        step=part.next.title,
        minutes=part.next.minutes,
        left=len(part.left),
        campaign=part.campaign,
        firm=contact.firm,
        contact=contact,
        now=now,
    )
    return {
        "campaign": part.campaign,
        "all_left": part.left,
        "shared_refund": part.shared_refund,
        "words": (words or words_for(occasion, part.next.key, row.language)).filled(values),
    }


def _is_first(rows: Sequence[Notification]) -> bool:
    """Nothing of ours has reached this person about these importers, so the mail says who writes and why."""
    importers = [row.importer_id for row in rows if row.importer_id is not None]
    sent = Notification.objects.filter(
        importer__in=importers, to_email__iexact=rows[0].to_email, state=MailState.SENT
    ).exclude(pk__in=[row.pk for row in rows])
    return bool(importers) and not sent.exists()


def frame(firm: BrokerFirm) -> dict[str, Any]:
    """What every mail has around its text."""
    colour = colour_or_default(firm.colour)
    return {
        "firm": firm,
        "brand": colour,
        "brand_ink": ink_on(colour),
        "verify_url": settings.PUBLIC_URL + reverse("verify"),
    }


def _importer_context(importer_id: int, step: str, firm: BrokerFirm, today: date) -> dict[str, Any]:
    importer = ImporterOfRecord.objects.with_facts().select_related("assigned_to").get(pk=importer_id)
    checklist = evaluate(importer.facts(firm, today))
    left = [LeftStep.of(state, checklist) for state in checklist.left]
    attestation = importer.newest_declaration
    return {
        "importer": importer,
        "officer": getattr(importer, "officer", None),
        "checklist": checklist,
        "all_left": left,
        "step_title": step_title(STEP_BY_KEY[step], checklist.facts) if step in STEP_BY_KEY else "",
        "attestation": attestation,
        "admin_url": settings.PUBLIC_URL + reverse("admin:importers_importerofrecord_change", args=[importer.pk]),
    }


def message(row: Notification, letter: Letter) -> EmailMultiAlternatives:
    firm = BrokerFirm.current()
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        to=[row.to_email],
        reply_to=[firm.email],
        headers={"Message-ID": row.message_id, "Auto-Submitted": "auto-generated"}
        | (stop_headers(row) if row.kind == MailKind.REMINDER else {}),
    )
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    for file in letter.files:
        mail.attach(file.part)
    return mail
