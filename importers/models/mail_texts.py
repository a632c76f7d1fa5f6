"""The broker's own wording of a reminder, in the place of the shipped one."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.models.constraints import known
from importers.models.history import tracked


class Occasion(models.TextChoices):
    BEFORE = "before", _("Before the deadline")
    LATE = "late", _("Weekly after it")


@tracked()
class MailText(models.Model):
    """For reminders whose next open step is `step`; "" is for every step that has no text of its own."""

    occasion = models.CharField(_("when"), max_length=6, choices=Occasion.choices)
    step = models.CharField(_("next step"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=150)
    body = models.TextField(_("text"), max_length=4000)

    objects: ClassVar[models.Manager["MailText"]] = models.Manager()

    class Meta:
        verbose_name = _("text of a reminder")
        verbose_name_plural = _("texts of reminders")
        ordering = ["occasion", "step", "language"]
        constraints = [
            models.UniqueConstraint(fields=["occasion", "step", "language"], name="mailtext_one_for_each_case"),
            known("occasion", Occasion),
        ]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()}, {self.step or '*'}, {self.language}"
