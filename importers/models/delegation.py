"""One step of the checklist in a colleague's hands, for some days."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from importers.domain.checklist import DELEGABLE, STEP_BY_KEY
from importers.domain.delegation import Sending, SentStep
from importers.models.accounts import User
from importers.models.constraints import pair
from importers.models.filings import ImporterAccess
from importers.models.history import tracked
from importers.models.importer import ImporterOfRecord, ImporterQuerySet

# A sent step as `sent_steps` reads it: the key and where it comes from.
AS_READ = {
    "uuid": "uuid",
    "step": "step",
    "colleague": "colleague_id",
    "name": "name",
    "email": "colleague__email",
    "sender_name": "granted_by__name",
    "sender_email": "granted_by__email",
    "granted_at": "granted_at",
    "expires_at": "expires_at",
    "opened_at": "first_opened_at",
    "revoked_at": "revoked_at",
    "revoked_by_broker": "revoked_by__is_staff",
    "lifted_at": "lifted_at",
    "is_sender_in": "is_sender_in",
    "is_shut_out": "is_shut_out",
}


def step_choices() -> list[tuple[str, str]]:
    return [(key, _(STEP_BY_KEY[key].title)) for key in DELEGABLE]  # type: ignore[misc]


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def may_be_open(self, now: datetime) -> Self:
        """Neither ended nor run out. Whether it really is open, `Sending.standing` says."""
        return self.filter(revoked_at=None, expires_at__gt=now)

    def open_at(self, now: datetime) -> Self:
        """`Sending.standing` for the database, which must decide alone where two workers race; a test holds the two
        together."""
        return self._judged().filter(
            is_sender_in=True,
            is_shut_out=False,
            revoked_at=None,
            expires_at__gt=now,
            step__in=DELEGABLE,
            importer__officer__declared_at__isnull=False,
            importer__officer__email__iexact=F("granted_by__email"),
        )

    def as_read(self) -> "models.QuerySet[Delegation, Any]":
        """Each as one JSON object with the keys of `AS_READ`."""
        return self._judged().order_by("pk").values(read=JSONObject(**AS_READ))

    def _judged(self) -> Self:
        accesses = ImporterAccess.objects.filter(importer=OuterRef("importer"))
        senders = accesses.filter(user=OuterRef("granted_by"), revoked_at=None, user__is_active=True)
        shut_out = Exists(accesses.filter(user=OuterRef("colleague")).shut_out())
        shut_out_or_staff = Q(shut_out) | Q(colleague__is_active=False) | Q(colleague__is_staff=True)
        return self.annotate(
            is_sender_in=Exists(senders),
            is_shut_out=ExpressionWrapper(shut_out_or_staff, output_field=models.BooleanField()),
        )


@tracked()
class Delegation(models.Model):
    """The officer sent one step to a colleague, who may open and fill in that step's page and nothing else. One that
    staff ended cannot be sent to that person again until staff allow it (`lifted`)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    importer = models.ForeignKey(ImporterOfRecord, models.CASCADE, related_name="delegations")
    step = models.CharField(_("step"), max_length=20, choices=step_choices)
    colleague = models.ForeignKey(User, models.CASCADE, related_name="delegations", verbose_name=_("colleague"))
    name = models.CharField(_("name"), max_length=200)  # as the officer typed it; `User.name` is the person's own
    language = models.CharField(_("language of the mails"), max_length=5, choices=settings.LANGUAGES, default="en")
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("open until"))
    first_opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[models.Manager["Delegation"]] = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("step sent to a colleague")
        verbose_name_plural = _("steps sent to colleagues")
        constraints = [
            models.UniqueConstraint(
                fields=["importer", "step", "colleague"], condition=Q(revoked_at=None), name="delegation_one_live"
            ),
            models.CheckConstraint(condition=Q(step__in=DELEGABLE), name="delegation_step_known"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("granted_at")), name="delegation_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(lifted_at=None) | Q(revoked_at__isnull=False), name="delegation_lifted_after_revoked"
            ),
            pair("granted"),
            pair("revoked"),
            pair("lifted"),
        ]

    def __str__(self) -> str:
        return f"{self.step} → {self.colleague}"


def with_sent(rows: ImporterQuerySet) -> ImporterQuerySet:
    """What `sent_steps` reads, in the importers' own query."""
    return rows.annotate(sent=ArraySubquery(Delegation.objects.filter(importer=OuterRef("pk")).as_read()))


def sent_steps(importer: ImporterOfRecord, now: datetime) -> tuple[SentStep, ...]:
    """All that was ever sent of this importer, oldest first. Costs no query when it was read through `with_sent`."""
    read: list[dict[str, Any]] | None = getattr(importer, "sent", None)
    if read is None:
        read = [row["read"] for row in Delegation.objects.filter(importer=importer).as_read()]
    return tuple(_sent_step(importer, row, now) for row in read)


def open_to(importer: ImporterOfRecord, user: User, step: str, now: datetime) -> SentStep | None:
    """What was sent to this person, if it is this step and open."""
    theirs = (s for s in sent_steps(importer, now) if (s.step, s.colleague) == (step, user.pk) and s.is_open)
    return next(theirs, None)


def _sent_step(importer: ImporterOfRecord, row: dict[str, Any], now: datetime) -> SentStep:
    officer = getattr(importer, "officer", None)
    sender = row["sender_name"] or row["sender_email"]
    if officer is not None and officer.email.lower() == row["sender_email"].lower():
        sender = officer.name
    expires_at = datetime.fromisoformat(row["expires_at"])
    sending = Sending(
        row["step"],
        sender_email=row["sender_email"],
        is_sender_in=row["is_sender_in"],
        is_shut_out=row["is_shut_out"],
        expires_at=expires_at,
        revoked_by_broker=row["revoked_by_broker"],
    )
    return SentStep(
        uuid=uuid.UUID(row["uuid"]),
        step=row["step"],
        colleague=row["colleague"],
        name=row["name"],
        email=row["email"],
        sender=sender,
        sent_at=datetime.fromisoformat(row["granted_at"]),
        last_day=last_day(expires_at),
        opened_at=_moment(row["opened_at"]),
        revoked_at=_moment(row["revoked_at"]),
        is_lifted=row["lifted_at"] is not None,
        standing=sending.standing(officer.facts if officer else None, now),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def last_day(expires_at: datetime) -> date:
    """A step runs out at midnight; what people read is the day before."""
    return timezone.localdate(expires_at - timedelta(seconds=1))
