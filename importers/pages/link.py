"""A mailed link as it stands at this moment: what has become of it, whom it is for, where it leads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from importers.domain.checklist import STEP_BY_KEY
from importers.domain.links import LinkFacts, LinkState, link_state, runs_out_at
from importers.letters import read_link
from importers.models import ImporterAccess, ImporterOfRecord, MailKind, Notification, User
from importers.pages.answers import ANSWERS
from importers.pages.sent_to_me import SentToMe, behind_link


@dataclass(frozen=True, slots=True)
class MailedLink:
    """`user` is there as long as that person may come in. Everything that a stranger who holds the link may see is
    masked by the template."""

    state: LinkState
    mail: Notification | None = None
    mailed_at: datetime | None = None
    user: User | None = None
    newer_at: datetime | None = None
    revoked_at: datetime | None = None
    step: SentToMe | None = None  # the one step that it opens, or opened; without it the checklist

    @classmethod
    def of(cls, token: str) -> Self:
        """The link as it stands in the mail."""
        found = read_link(token)
        return cls.in_mail(*found) if found else cls(LinkState.UNKNOWN)

    @classmethod
    def in_mail(cls, uuid: UUID, mailed_at: datetime) -> Self:
        """The same, for whoever has shown the signed link before."""
        mail = Notification.objects.filter(uuid=uuid).select_related("importer").first()
        if mail is None or mail.importer is None:
            return cls(LinkState.UNKNOWN)
        access = _access(mail)
        user = access.user if access and _may_come_in(access) else None
        step = _one_step(mail, mail.importer, is_in=user is not None)
        if step:
            return cls._at(mailed_at, mail, step.page.user if step.sent.is_open else None, step=step)
        if mail.kind == MailKind.DELEGATION and user is None:
            return cls(LinkState.UNKNOWN)
        return cls._at(mailed_at, mail, user, revoked_at=access.revoked_at if access else None)

    @classmethod
    def _at(
        cls,
        mailed_at: datetime,
        mail: Notification,
        user: User | None,
        *,
        step: SentToMe | None = None,
        revoked_at: datetime | None = None,
    ) -> Self:
        newer = mail.newer_link(to_step=mail.step if step else "")
        newer_at = newer.sent_at if newer else None
        state = link_state(LinkFacts(mailed_at, user is not None, mail.link_used_at, newer_at), timezone.now())
        return cls(state, mail, mailed_at, user, newer_at, revoked_at, step)

    @property
    def closed_step(self) -> SentToMe | None:
        return self.step if self.step and not self.step.sent.is_open else None

    @property
    def importer(self) -> ImporterOfRecord | None:
        return self.mail.importer if self.mail else None

    @property
    def is_officer(self) -> bool:
        """Named by somebody, and so told what that means."""
        if self.mail is None or self.mail.kind != MailKind.NEW_LINK:
            return self.mail is not None and self.mail.kind == MailKind.OFFICER_INVITATION
        officer = getattr(self.importer, "officer", None)
        return officer is not None and bool(officer.facts.may_declare(self.mail.to_email))

    @property
    def is_about_entries(self) -> bool:
        return self.mail is not None and self.mail.kind == MailKind.SHARED

    @property
    def goal(self) -> str:
        """Where the person lands after the code."""
        is_answer = self.mail is not None and self.mail.kind == MailKind.ANSWER
        if self.step:
            return self.step.url + (ANSWERS if is_answer else "")
        if self.importer and self.mail and is_answer and self.mail.step in STEP_BY_KEY:
            return reverse("step", args=[self.importer.uuid, self.mail.step]) + ANSWERS
        if self.importer and self.is_about_entries:
            return reverse("refunds", args=[self.importer.uuid])
        return reverse("checklist", args=[self.importer.uuid]) if self.importer else reverse("importers")

    @property
    def used_at(self) -> datetime | None:
        return self.mail.link_used_at if self.mail else None

    @property
    def ran_out_at(self) -> datetime | None:
        return runs_out_at(self.mailed_at) if self.mailed_at else None


def _one_step(mail: Notification, importer: ImporterOfRecord, *, is_in: bool) -> SentToMe | None:
    """Open or not. Whoever is in as a whole meanwhile has the checklist for a step that was closed."""
    if mail.kind == MailKind.DELEGATION:
        step = behind_link(mail, importer)
        return step if step and (step.sent.is_open or not is_in) else None
    return behind_link(mail, importer) if mail.kind == MailKind.ANSWER and not is_in else None


def _access(mail: Notification) -> ImporterAccess | None:
    """Of the person it was mailed to."""
    accesses = ImporterAccess.objects.filter(importer=mail.importer, user__email__iexact=mail.to_email)
    return accesses.select_related("user").first()


def _may_come_in(access: ImporterAccess) -> bool:
    return access.revoked_at is None and access.user.is_active and not access.user.is_staff
