"""How many mails went to whom in the minute that runs, so that no mail provider is sent more than it takes."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Case, F, Q, When

EVERYBODY = ""


class PaceQuerySet(models.QuerySet["Pace"]):
    def take(self, key: str, limit: int, now: datetime) -> bool:
        """Counts one more mail, unless that were more than `limit` in this minute of the clock. One statement decides,
        and whoever comes at the same time waits until its transaction has ended."""
        minute = now.replace(second=0, microsecond=0)
        room = self.filter(key=key).filter(~Q(minute=minute) | Q(mails__lt=limit))
        one_more = {"mails": Case(When(minute=minute, then=F("mails") + 1), default=1), "minute": minute}
        if room.update(**one_more):
            return True
        Pace.objects.bulk_create([Pace(key=key, minute=minute, mails=0)], ignore_conflicts=True)
        return bool(room.update(**one_more))


class Pace(models.Model):
    """`key`: the domain of the recipients; `EVERYBODY` for all mails together."""

    key = models.CharField(max_length=255, unique=True)
    minute = models.DateTimeField()
    mails = models.PositiveIntegerField()

    objects: ClassVar[models.Manager["Pace"]] = PaceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.key or '*'}: {self.mails}"
