"""Writes one mail: which template, in which language, with what in it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
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
from importers.contact import contact_for
from importers.domain.checklist import STEP_BY_KEY, Checklist, StepState, evaluate
from importers.models import BrokerFirm, Campaign, ImporterOfRecord, MailKind, MailState, Notification
from importers.models.delegation import last_day
from importers.wording import left_title, step_minutes, step_title

START_SALT = "importers.start"
LONGEST_SUBJECT = 250  # what the row holds
TO_WHOM_IMPORTERS_CHOOSE = (MailKind.OFFICER_INVITATION, MailKind.DELEGATION)
LATE = "reminder_late"  # the reminder's text once the deadline has passed


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str


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


def write(row: Notification) -> Letter:
    """Rendered at the moment of sending, so that it says what is open now. Mails about signing in come written."""
    if row.kind == MailKind.ACCOUNT:
        return Letter(row.subject, row.text, row.html)
    with translation.override(row.language):
        context = _context(row)
        name = _template(row, context)
        subject = " ".join(render_to_string(f"emails/{row.language}/{name}-subject.txt", context).split())
        text = without_gaps(render_to_string(f"emails/{row.language}/{name}.txt", context))
        html = css_inline.inline(render_to_string(f"emails/{row.language}/{name}.html", context))
    return Letter(subject[:LONGEST_SUBJECT], text, html)


def without_gaps(text: str) -> str:
    """One blank line at most: what a template leaves out leaves no hole."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def _template(row: Notification, context: dict[str, Any]) -> str:
    if row.kind == MailKind.REMINDER and context["is_late"]:
        return LATE
    return row.kind


def _context(row: Notification) -> dict[str, Any]:
    firm = BrokerFirm.current()
    campaign = row.campaign or Campaign.objects.shown()
    now = timezone.now()
    context: dict[str, Any] = frame(firm) | {
        "mail": row,
        "contact": contact_for(row.importer, firm),
        "campaign": campaign,
        "is_late": campaign is not None and campaign.is_past(now),
        "start_url": start_url(row),
        "is_first": _is_first(row),
        "question": row.question,
    }
    if row.importer_id is not None:
        context |= _importer_context(row.importer_id, row.step, firm)
        context["sender"] = context["importer"].calls(row.requested_by) if row.requested_by else ""
        if row.kind in TO_WHOM_IMPORTERS_CHOOSE:
            context["importer"].name = context["importer"].name_on_the_list
    if row.kind == MailKind.NEW_LINK and context["officer"]:
        context["to_officer"] = context["officer"].facts.may_declare(row.to_email)
    if row.kind == MailKind.DELEGATION and row.expires_at is not None:
        checklist = context["checklist"]
        context |= {"step": LeftStep.of(checklist[row.step], checklist), "last_day": last_day(row.expires_at)}
    return context


def _is_first(row: Notification) -> bool:
    """Nothing of ours has reached this person about this importer, so the mail says who writes and why."""
    sent = Notification.objects.filter(importer=row.importer_id, to_email__iexact=row.to_email, state=MailState.SENT)
    return row.importer_id is not None and not sent.exclude(pk=row.pk).exists()


def frame(firm: BrokerFirm) -> dict[str, Any]:
    """What every mail has around its text."""
    colour = colour_or_default(firm.colour)
    return {
        "firm": firm,
        "brand": colour,
        "brand_ink": ink_on(colour),
        "verify_url": settings.PUBLIC_URL + reverse("verify"),
    }


def _importer_context(importer_id: int, step: str, firm: BrokerFirm) -> dict[str, Any]:
    importer = ImporterOfRecord.objects.with_facts().select_related("assigned_to").get(pk=importer_id)
    checklist = evaluate(importer.facts(firm, timezone.localdate()))
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
        headers={"Message-ID": row.message_id, "Auto-Submitted": "auto-generated"},
    )
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    return mail
