"""A deadline and where it comes from."""

from datetime import datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.models.history import tracked


def known_time_zone(value: str) -> None:
    if value not in available_timezones():
        message = _("“%(value)s” is no time zone. Write it like Europe/Copenhagen or America/New_York.")
        raise ValidationError(message, params={"value": value})


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def active(self) -> Self:
        return self.filter(superseded_by=None)

    def shown(self) -> "Campaign | None":
        """The one whose deadline importers are told: the earliest still ahead, else the latest past."""
        rows = list(self.active().order_by("deadline"))
        return next((c for c in rows if not c.is_past(datetime.now(ZoneInfo(c.time_zone)))), rows[-1] if rows else None)


@tracked()
class Campaign(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    deadline = models.DateField(_("deadline"))
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Copenhagen", validators=[known_time_zone]
    )
    source = models.CharField(_("where the date comes from"), max_length=200)
    superseded_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="supersedes", verbose_name=_("replaced by")
    )

    objects: ClassVar[models.Manager["Campaign"]] = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["deadline"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(superseded_by=models.F("pk")), name="campaign_not_replaced_by_itself"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def is_past(self, now: datetime) -> bool:
        return now.astimezone(ZoneInfo(self.time_zone)).date() > self.deadline
