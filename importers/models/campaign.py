"""A deadline and where it comes from."""

from datetime import datetime
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.domain.errors import RuleViolation
from importers.domain.facts import USUAL_DAYS, Timetable
from importers.domain.hours import Place, check_time_zone, known_zone
from importers.models.history import tracked

FURTHEST = 366


def known_time_zone(value: str) -> None:
    try:
        check_time_zone(value)
    except RuleViolation as error:
        raise ValidationError(error.translated(gettext)) from None


def usual_days() -> list[int]:
    return list(USUAL_DAYS)


def each_once(days: list[int]) -> None:
    if len(set(days)) != len(days):
        raise ValidationError(_("A number stands there twice. Write each once, like 28, 14, 7, 3, 1, 0."))


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def active(self) -> Self:
        return self.filter(superseded_by=None)

    def hold(self) -> None:
        """Until the transaction ends nobody changes a campaign. Rows that refer to one can still be written."""
        list(self.select_for_update(no_key=True).order_by("pk").values_list("pk"))

    def shown(self) -> "Campaign | None":
        """The one whose deadline importers are told: the earliest still ahead, else the latest past."""
        rows = list(self.active().order_by("deadline"))
        return next((c for c in rows if not c.is_past(datetime.now(ZoneInfo(c.zone)))), rows[-1] if rows else None)


@tracked()
class Campaign(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    deadline = models.DateField(_("deadline"))
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Copenhagen", validators=[known_time_zone]
    )
    days = ArrayField(
        models.PositiveSmallIntegerField(validators=[MaxValueValidator(FURTHEST)]),
        verbose_name=_("reminders so many days before"),
        default=usual_days,
        validators=[each_once],
        help_text=_("Numbers with commas, like 28, 14, 7, 3, 1, 0."),
    )
    weeks_after = models.PositiveSmallIntegerField(
        _("weekly reminders after it"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(FURTHEST)],
        help_text=_("For how many weeks. Empty: for as long as something is left to do."),
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

    @property
    def zone(self) -> str:
        """The time zone that counts."""
        return known_zone(self.time_zone, otherwise=settings.TIME_ZONE)

    @property
    def timetable(self) -> Timetable:
        return Timetable(self.deadline, tuple(self.days), self.weeks_after)

    @property
    def place(self) -> Place:
        """For looking ahead in general: weekends are off, holidays depend on the importer."""
        return Place("", self.zone)

    def is_past(self, now: datetime) -> bool:
        return now.astimezone(ZoneInfo(self.zone)).date() > self.deadline
