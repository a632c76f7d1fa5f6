"""The outbox: one row for each mail, before, while and after it is sent."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from importers.models.accounts import User
from importers.models.campaign import Campaign
from importers.models.constraints import known, pair
from importers.models.delegation import Delegation
from importers.models.filings import ImporterAccess
from importers.models.importer import ImporterOfRecord
from importers.models.questions import Question
from importers.models.readiness import Readiness

LEASE = timedelta(minutes=5)


class MailKind(models.TextChoices):
    INVITATION = "invitation", _("Invitation")
    OFFICER_INVITATION = "officer_invitation", _("Invitation to the officer")
    DELEGATION = "delegation", _("Step sent to a colleague")
    NEW_LINK = "new_link", _("New link")
    REMINDER = "reminder", _("Reminder")
    DECLARED = "declared", _("Importer has registered (to staff)")
    RECEIPT = "receipt", _("Receipt for the declaration")
    RETURNED = "returned", _("Sent back with a question")
    READY = "ready", _("All is in place")
    QUESTION = "question", _("Question (to staff)")
    ANSWER = "answer", _("Answer to a question")
    ACCOUNT = "account", _("Sign-in")


# Before these go out, the database is asked once more whether they should.
LOOKED_AT_AGAIN = (MailKind.REMINDER, MailKind.ANSWER)
# Sent for the sake of their link, which takes the place of every older one. A reminder only brings one along.
WITH_A_NEW_LINK = (MailKind.INVITATION, MailKind.OFFICER_INVITATION, MailKind.NEW_LINK)


class MailState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    DROPPED = "dropped", _("No longer needed")


# Sub-queries only: with a join, Django's UPDATE would look its rows up in a select of its own, whose answer the loser
# of a race does not ask for again, and two workers would both win.


def _may_come_in() -> Exists:
    """The link in the mail opens the checklist for whoever it goes to."""
    return Exists(
        ImporterAccess.objects.filter(
            importer=OuterRef("importer"),
            user__email__iexact=OuterRef("to_email"),
            user__is_active=True,
            revoked_at=None,
        )
    )


def _has_the_step(now: datetime) -> Exists:
    """The step that the mail is about is open to whoever it goes to."""
    sent = Delegation.objects.open_at(now)
    return Exists(
        sent.filter(
            importer=OuterRef("importer"),
            step=OuterRef("step"),
            colleague__email__iexact=OuterRef("to_email"),
        )
    )


def _still_wanted(now: datetime) -> Q:
    """The importer has something to do, waits for no answer of ours and is not paused; the campaign is not replaced."""
    open_step = Readiness.objects.filter(importer=OuterRef("importer")).exclude(importer_step="")
    asked = Question.objects.holding_reminders(now).filter(importer=OuterRef("importer"))
    paused = ImporterOfRecord.objects.filter(pk=OuterRef("importer"), paused_until__gte=timezone.localdate(now))
    replaced = Campaign.objects.filter(pk=OuterRef("campaign")).exclude(superseded_by=None)
    return Q(Exists(open_step)) & _may_come_in() & ~Exists(asked) & ~Exists(paused) & ~Exists(replaced)


class NotificationQuerySet(models.QuerySet["Notification"]):
    def deliverable(self, now: datetime) -> Self:
        """Waiting, its time has come, a reminder is still wanted, and whom an answer is for may still come in."""
        fresh = Q(expires_at=None) | Q(expires_at__gt=now)
        return self.filter(fresh, state=MailState.PENDING, not_before__lte=now).filter(
            ~Q(kind__in=LOOKED_AT_AGAIN)
            | Q(kind=MailKind.REMINDER) & _still_wanted(now)
            | Q(kind=MailKind.ANSWER) & (_may_come_in() | _has_the_step(now))
        )

    def claim(self, pk: int, now: datetime) -> uuid.UUID | None:
        """Take one row for sending. One statement decides, so that of two workers only one gets it."""
        token = uuid.uuid4()
        taken = (
            self.filter(pk=pk)
            .deliverable(now)
            .update(
                state=MailState.SENDING,
                claim=token,
                claimed_at=now,
                attempts=models.F("attempts") + 1,
            )
        )
        return token if taken else None


class Notification(models.Model):
    """Of a mail with a sign-in code the text is taken out once it was handed over (unless mails are kept here)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=MailKind.choices)
    state = models.CharField(_("state"), max_length=8, choices=MailState.choices, default=MailState.PENDING)
    importer = models.ForeignKey(ImporterOfRecord, models.CASCADE, null=True, blank=True, related_name="notifications")
    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, blank=True)
    slot = models.CharField(_("slot"), max_length=12, blank=True)
    step = models.CharField(_("step"), max_length=20, blank=True)
    to_name = models.CharField(_("to"), max_length=200, blank=True)
    to_email = models.EmailField(_("to address"))
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="en")
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("HTML"), blank=True)
    question = models.ForeignKey(Question, models.SET_NULL, null=True, blank=True, related_name="+", editable=False)
    why = models.CharField(_("why now"), max_length=200, blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    answer = models.CharField(_("answer of the mail server"), max_length=500, blank=True)
    link_used_at = models.DateTimeField(_("signed in through its link"), null=True, blank=True, editable=False)
    link_used_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    link_used_in = models.UUIDField(null=True, blank=True, editable=False)  # the sign-in in one browser

    objects: ClassVar[models.Manager["Notification"]] = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state="pending"), name="notification_waiting"),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="notification_claimed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["importer", "campaign", "slot"],
                condition=Q(kind="reminder") & ~Q(state="dropped"),
                name="notification_one_reminder_a_slot",
            ),
            models.CheckConstraint(
                condition=~Q(kind="reminder") | Q(importer__isnull=False, campaign__isnull=False) & ~Q(slot=""),
                name="notification_reminder_has_slot",
            ),
            models.CheckConstraint(
                condition=Q(state="sending", claim__isnull=False, claimed_at__isnull=False)
                | ~Q(state="sending") & Q(claim=None, claimed_at=None),
                name="notification_claim_while_sending",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at=None),
                name="notification_sent_has_time",
            ),
            known("kind", MailKind),
            known("state", MailState),
            pair("link_used"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.to_email}"

    def newer_link(self, *, to_step: str = "") -> "Notification | None":
        """The newest mail that went to the same person about the same importer (`to_step`: about this one step of it)
        for the sake of its link, if it went after this one. One that never arrived replaces nothing."""
        alike = Q(kind=MailKind.DELEGATION, step=to_step) if to_step else Q(kind__in=WITH_A_NEW_LINK)
        later = Notification.objects.filter(
            alike,
            importer=self.importer_id,
            to_email__iexact=self.to_email,
            sent_at__gt=self.sent_at or self.created_at,
        )
        return later.exclude(pk=self.pk).order_by("-sent_at").first()

    @property
    def message_id(self) -> str:
        """The same at every attempt, so that a mail program shows a repeated one once."""
        return f"<{self.uuid}@{settings.PUBLIC_HOST}>"
