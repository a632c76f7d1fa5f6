"""Each try to hand a mail over, and what the server answered."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MailAttempt(models.Model):
    """Written with the claim, so that a try whose worker died is on record too; `ended_at` is empty until it is known
    what became of it."""

    mail = models.UUIDField(_("mail"), db_index=True)
    claim = models.UUIDField(unique=True)
    begun_at = models.DateTimeField(_("begun"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    answer = models.CharField(_("answer of the mail server"), max_length=500, blank=True)

    objects: ClassVar[models.Manager["MailAttempt"]] = models.Manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["begun_at", "pk"]
        indexes = [models.Index(fields=["begun_at"], condition=Q(ended_at=None), name="mailattempt_under_way")]

    def __str__(self) -> str:
        return f"{self.begun_at:%Y-%m-%d %H:%M:%S}: {self.answer}"
