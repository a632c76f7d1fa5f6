"""Addresses that get no reminders: their owner asked for it, or mail to them comes back."""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from importers.models.history import tracked

LONGEST_REASON = 500


class MailboxQuerySet(models.QuerySet["Mailbox"]):
    def of(self, email: str) -> Self:
        return self.filter(email__iexact=email)

    def in_lower_case(self, emails: Collection[str]) -> Self:
        return self.annotate(mailbox=Lower("email")).filter(mailbox__in=emails)

    def opted_out(self) -> Self:
        return self.exclude(opted_out_at=None)

    def dead(self) -> Self:
        return self.exclude(dead_at=None)

    def note_dead(self, email: str, because: str, now: datetime) -> bool:
        """False when it was known."""
        because = because[:LONGEST_REASON] or "-"
        return bool(self._entry(email).filter(dead_at=None).update(dead_at=now, dead_because=because))

    def note_opted_out(self, email: str, now: datetime) -> bool:
        """False when it was known."""
        return bool(self._entry(email).filter(opted_out_at=None).update(opted_out_at=now))

    def _entry(self, email: str) -> Self:
        Mailbox.objects.bulk_create([Mailbox(email=email)], ignore_conflicts=True)
        return self.of(email)


@tracked()
class Mailbox(models.Model):
    """There is a row only for an address about which something is known. Staff lift what is over: the moments become
    empty again, and the history keeps them."""

    email = models.EmailField(_("e-mail"))
    opted_out_at = models.DateTimeField(_("wants no reminders since"), null=True, blank=True)
    dead_at = models.DateTimeField(_("mail comes back since"), null=True, blank=True)
    dead_because = models.CharField(_("what the mail server said"), max_length=LONGEST_REASON, blank=True)

    objects: ClassVar[models.Manager["Mailbox"]] = MailboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="mailbox_one_row_an_address"),
            models.CheckConstraint(
                condition=Q(dead_at=None, dead_because="") | Q(dead_at__isnull=False) & ~Q(dead_because=""),
                name="mailbox_dead_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.email
