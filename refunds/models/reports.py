"""The files that come in from ACE, kept as they came, and what became of each."""

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from django.db import models
from django.db.models import Min, Q
from django.utils.translation import gettext_lazy as _

from importers.models import User
from importers.models.constraints import known, pair


class ReportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    READING = "reading", _("Being read")
    DONE = "done", _("Read")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")


class Report(models.Model):
    """One file. `as_of` is the day whose state it shows: an older one overwrites nothing that a newer one said.
    `result` is what the command answers (CONTRACT: import_entries), without the errors, which are in `errors`: the
    first ones, and `error_count` says of how many. `lines_read` of `lines` is the progress; `lines` is 0 while nobody
    knows. A row that is READING and whose `begun_at` is old belongs to nobody any more and is begun again."""

    format = models.CharField(_("format"), max_length=20)
    file_name = models.CharField(_("file"), max_length=200)  # `masked`: it may hold a number that nobody may read
    sha256 = models.CharField(_("fingerprint (SHA-256)"), max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("bytes"))
    as_of = models.DateField(_("as of"))
    skip_bad_rows = models.BooleanField(_("leave bad entries out"), default=False)
    uploaded_at = models.DateTimeField(_("loaded"))
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    state = models.CharField(_("state"), max_length=8, choices=ReportState.choices, default=ReportState.WAITING)
    begun_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    lines = models.PositiveIntegerField(_("lines"), default=0)
    lines_read = models.PositiveIntegerField(_("lines read"), default=0)
    result = models.JSONField(default=dict, blank=True)
    errors = models.JSONField(default=list, blank=True)
    error_count = models.PositiveIntegerField(_("errors"), default=0)
    rules_version = models.PositiveIntegerField(_("rules"), default=0)
    replay_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replays")

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-uploaded_at", "-pk"]
        constraints = [known("state", ReportState), pair("uploaded")]
        indexes = [
            models.Index(fields=["begun_at"], condition=Q(state__in=["waiting", "reading"]), name="report_unfinished")
        ]

    def __str__(self) -> str:
        return self.file_name

    def later_of_that_day(self) -> list[int]:
        """The reports that show the same day, and were read for the first time after this file was."""
        read = Report.objects.filter(as_of=self.as_of, format=self.format, state=ReportState.DONE)
        first = dict(read.values_list("sha256").annotate(Min("pk")))
        mine = first.get(self.sha256, self.pk)
        return [pk for pk, sha256 in read.values_list("pk", "sha256") if first[sha256] > mine]

    def pieces(self) -> Iterator[bytes]:
        """The file as it was kept, piece by piece; the next one is unpacked while the caller works on one."""
        source = self.replay_of or self
        chunks = ReportChunk.objects.filter(report=source).order_by("number").values_list("data", flat=True)
        with ThreadPoolExecutor(1) as pool:
            ahead = None
            for data in chunks.iterator(chunk_size=4):
                this, ahead = ahead, pool.submit(zlib.decompress, data)
                if this:
                    yield this.result()
            if ahead:
                yield ahead.result()


class ReportChunk(models.Model):
    """A piece of the kept file, packed with zlib. What may not be kept is blanked out in it (see services/reports)."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    objects: ClassVar[models.Manager["ReportChunk"]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="reportchunk_once")]

    def __str__(self) -> str:
        return f"{self.report_id}/{self.number}"
