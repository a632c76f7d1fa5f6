"""The outbox: one row for each mail, before, while and after it is sent."""

import uuid
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Self, cast

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Lower
from django.db.models.sql import UpdateQuery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from importers.domain.hours import CLOSES
from importers.models.accounts import User
from importers.models.attempts import MailAttempt
from importers.models.campaign import Campaign
from importers.models.constraints import known, pair
from importers.models.delegation import Delegation
from importers.models.filings import ImporterAccess
from importers.models.importer import ImporterOfRecord
from importers.models.mailboxes import Mailbox
from importers.models.questions import Question
from importers.models.readiness import Readiness


class MailKind(models.TextChoices):
    INVITATION = "invitation", _("Invitation")
    OFFICER_INVITATION = "officer_invitation", _("Invitation to the officer")
    DELEGATION = "delegation", _("Step sent to a colleague")
    NEW_LINK = "new_link", _("New link")
    REMINDER = "reminder", _("Reminder")
    DIGEST = "digest", _("Daily digest (to staff)")
    DECLARED = "declared", _("Importer has registered (to staff)")
    RECEIPT = "receipt", _("Receipt for the declaration")
    RETURNED = "returned", _("Sent back with a question")
    READY = "ready", _("All is in place")
    QUESTION = "question", _("Question (to staff)")
    ANSWER = "answer", _("Answer to a question")
    SHARED = "shared", _("Entries are shared")
    ACCOUNT = "account", _("Sign-in")


# What the portal sends by itself goes to no mailbox from which mail comes back. What a person asks for still does.
BY_ITSELF = (MailKind.REMINDER, MailKind.RECEIPT, MailKind.READY)
# After any of these nobody is reminded on the same day.
TO_THE_IMPORTER = (
    MailKind.INVITATION,
    MailKind.OFFICER_INVITATION,
    MailKind.NEW_LINK,
    MailKind.REMINDER,
    MailKind.RECEIPT,
    MailKind.RETURNED,
    MailKind.READY,
    MailKind.ANSWER,
    MailKind.SHARED,
)
# Sent for the sake of their link, which takes the place of every older one. A reminder only brings one along.
WITH_A_NEW_LINK = (MailKind.INVITATION, MailKind.OFFICER_INVITATION, MailKind.NEW_LINK)


class MailState(models.TextChoices):
    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    DROPPED = "dropped", _("No longer needed")
    SKIPPED = "skipped", _("Not written: the reason stands with it")


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


def _mailbox(**known: object) -> Exists:
    """What is known of the address that the mail goes to."""
    rows = Mailbox.objects.annotate(mailbox=Lower("email")).filter(mailbox=Lower(OuterRef("to_email")))
    return Exists(rows.filter(**known))


def _heard_today() -> "NotificationQuerySet":
    """Mails that have gone to the same person since the day began for which this one was put in."""
    others = Notification.objects.annotate(mailbox=Lower("to_email")).filter(mailbox=Lower(OuterRef("to_email")))
    begun = OuterRef("expires_at") - timedelta(hours=CLOSES.hour)
    return others.filter(kind__in=TO_THE_IMPORTER, sent_at__gte=begun).exclude(mail=OuterRef("mail"))


def _still_wanted(now: datetime) -> Q:
    """The importer has something to do, waits for no answer of ours and is not paused; the campaign is not replaced;
    the person has not asked us to stop, nor heard from us today."""
    day = Coalesce(OuterRef("day"), Value(timezone.localdate(now)))
    open_step = Readiness.objects.filter(importer=OuterRef("importer")).exclude(importer_step="")
    asked = Question.objects.holding_reminders(now).filter(importer=OuterRef("importer"))
    paused = ImporterOfRecord.objects.filter(pk=OuterRef("importer"), paused_until__gte=day)
    replaced = Campaign.objects.filter(pk=OuterRef("campaign")).exclude(superseded_by=None)
    opted_out = _mailbox(opted_out_at__isnull=False)
    held_back = Exists(asked) | Exists(paused) | Exists(replaced) | Exists(_heard_today()) | opted_out
    return Q(Exists(open_step)) & _may_come_in() & ~held_back


def _is_shared() -> Exists:
    """The importer can see entries: they were not taken back meanwhile."""
    return Exists(Readiness.objects.filter(importer=OuterRef("importer"), shared_refund__isnull=False))


def _worth_sending(kind: str, now: datetime) -> Q:
    """What is asked once more right before a mail goes out: whether a reminder is still wanted, whom an answer or
    entries are for may still come in, and what goes out by itself would arrive. What a person asked for goes in any
    case."""
    worth = Q()
    if kind in BY_ITSELF:
        worth &= Q(~_mailbox(dead_at__isnull=False))
    if kind == MailKind.REMINDER:
        worth &= _still_wanted(now)
    if kind == MailKind.ANSWER:
        worth &= _may_come_in() | _has_the_step(now)
    if kind == MailKind.SHARED:
        worth &= Q(_may_come_in()) & Q(_is_shared())
    return worth


class NotificationQuerySet(models.QuerySet["Notification"]):
    def waiting(self, now: datetime) -> Self:
        """Their time has come. Whether they are still wanted shows when they are claimed."""
        return self.filter(state=MailState.PENDING, not_before__lte=now)

    def deliverable(self, kind: str, now: datetime) -> Self:
        """Mails of this kind that may go out now."""
        fresh = Q(expires_at=None) | Q(expires_at__gt=now)
        return self.waiting(now).filter(fresh & _worth_sending(kind, now), kind=kind)

    def claim(self, mail: uuid.UUID, now: datetime, *, wait: bool = True) -> uuid.UUID | None:
        """Takes every row of this mail that may go out; those that are no longer wanted are dropped.

        One statement decides which go. The rows are locked before it, so that of two workers one gets all of them;
        without `wait` the other one hears of it by an OperationalError. Leaves a MailAttempt."""
        token, mine = uuid.uuid4(), self.filter(mail=mail)
        with transaction.atomic(savepoint=False):
            unfinished = mine.filter(state__in=(MailState.PENDING, MailState.SENDING))
            locked = unfinished.select_for_update(nowait=not wait).order_by("pk").values_list("kind", "state")
            rows = list(locked)
            if not rows or any(state == MailState.SENDING for _kind, state in rows):
                return None
            taken = _take(rows[0][0], mail, token, now)
            if taken < len(rows):
                mine.waiting(now).drop(now)
            if taken:
                MailAttempt.objects.create(mail=mail, claim=token, begun_at=now)
        return token if taken else None

    def drop(self, now: datetime) -> int:
        """Of what is thrown away because it ran out nothing stays: it was a code."""
        waiting = self.filter(state=MailState.PENDING)
        late = waiting.filter(expires_at__lte=now).update(
            state=MailState.DROPPED, answer="ran out before it could be sent", text="", html=""
        )
        return late + waiting.update(state=MailState.DROPPED, answer="no longer wanted when its turn came")


# What stands in the statement where a mail, a claim and the moment belong.
A_MAIL, A_CLAIM, A_MOMENT = uuid.UUID(int=1), uuid.UUID(int=2), datetime(2001, 1, 1, 12, tzinfo=UTC)


@cache
def _taking(using: str, kind: str) -> tuple[str, tuple[Any, ...]]:
    """The statement that takes what may go of one mail, and its values. Made once: for each mail anew it would cost
    several times what all the rest of a claim does."""
    chosen = Notification.objects.filter(mail=A_MAIL).deliverable(kind, A_MOMENT)
    query = cast(UpdateQuery, chosen.query.chain(UpdateQuery))
    query.add_update_values(
        {"state": MailState.SENDING, "claim": A_CLAIM, "claimed_at": A_MOMENT, "attempts": models.F("attempts") + 1}
    )
    return query.get_compiler(using).as_sql()


def taking(kind: str, mail: uuid.UUID, claim: uuid.UUID, now: datetime) -> tuple[str, list[Any]]:
    """Each moment in the statement is as far from now as it was from the stand-in, each day from today."""
    text, values = _taking(connection.alias, kind)
    today, its_day = timezone.localdate(now), timezone.localdate(A_MOMENT)

    def put(value: Any) -> Any:
        match value:
            case datetime():
                return now + (value - A_MOMENT)
            case date():
                return today + (value - its_day)
            case uuid.UUID():
                return {A_MAIL: mail, A_CLAIM: claim}[value]
        return value

    return text, [put(value) for value in values]


def _take(kind: str, mail: uuid.UUID, claim: uuid.UUID, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(*taking(kind, mail, claim, now))
        return int(cursor.rowcount)


class Notification(models.Model):
    """Of a mail with a sign-in code the text is taken out once it was handed over (unless mails are kept here).

    Of reminders there is one row for each slot of each importer, for good: sent, or skipped with the reason, and then
    perhaps wanted after all. Rows with the same `mail` go to one person in one message."""

    mail = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=MailKind.choices)
    state = models.CharField(_("state"), max_length=8, choices=MailState.choices, default=MailState.PENDING)
    reason = models.CharField(_("reason"), max_length=20, blank=True)  # of SKIP_REASONS, while it is skipped
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
    day = models.DateField(null=True, blank=True, editable=False)  # of a reminder: today, where its reader is
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
            models.Index(fields=["not_before", "id"], condition=Q(state="pending"), name="notification_waiting"),
            models.Index(
                fields=["not_before"], condition=Q(state="pending", kind="account"), name="notification_codes_waiting"
            ),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="notification_claimed"),
            models.Index(Lower("to_email"), F("sent_at"), name="notification_to_whom_when"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["importer", "campaign", "slot"], name="notification_one_reminder_a_slot"),
            models.UniqueConstraint(
                fields=["to_email", "slot"], condition=Q(kind="digest"), name="notification_one_digest_a_day"
            ),
            models.CheckConstraint(
                condition=Q(state="skipped", kind="reminder") & ~Q(reason="") | ~Q(state="skipped") & Q(reason=""),
                name="notification_skipped_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind="reminder", importer__isnull=False, campaign__isnull=False) & ~Q(slot="")
                | ~Q(kind="reminder") & Q(campaign=None),
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
        return f"<{self.mail}@{settings.PUBLIC_HOST}>"
