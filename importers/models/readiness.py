"""How far an importer is: a projection of the facts, written in the transaction that changes them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.domain.checklist import Checklist, Stage
from importers.domain.consistency import Who
from importers.models.constraints import known
from importers.models.importer import ImporterOfRecord
from importers.models.labels import choices

COLUMNS = ("stage", "done", "total", "blocker", "blocker_rule", "who", "importer_step")


class Readiness(models.Model):
    """`blocker` is the first step that holds things up, `blocker_rule` the consistency rule behind it, `who` must
    act on it; `importer_step` is the next step that waits for the importer, "" when none does.

    What the app `refunds` writes here, and nobody else: `at_stake`, the possible refund in USD behind the importer's
    entries; `shared_refund`, what of it was shown to the importer last; `act_until`, the first day on which one of its
    entries is lost to the simplest way. All None where there is none."""

    importer = models.OneToOneField(ImporterOfRecord, models.CASCADE, primary_key=True, related_name="readiness")
    stage = models.CharField(_("stage"), max_length=14, choices=choices(Stage), db_index=True)
    done = models.PositiveSmallIntegerField(_("done"))
    total = models.PositiveSmallIntegerField(_("of"))
    blocker = models.CharField(_("held up by"), max_length=20, blank=True)
    blocker_rule = models.CharField(max_length=40, blank=True)
    who = models.CharField(_("who must act"), max_length=8, choices=choices(Who), blank=True, db_index=True)
    importer_step = models.CharField(max_length=20, blank=True)
    changed_at = models.DateTimeField(_("since"))
    at_stake = models.DecimalField(_("possible refund"), max_digits=16, decimal_places=2, null=True, db_index=True)
    shared_refund = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    act_until = models.DateField(_("first date that counts"), null=True)

    class Meta:
        verbose_name = _("readiness")
        verbose_name_plural = _("readiness")
        constraints = [
            known("stage", Stage),
            known("who", Who, blank=True),
            models.CheckConstraint(condition=models.Q(done__lte=models.F("total")), name="readiness_done_of_total"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.done}/{self.total}"

    @staticmethod
    def columns(checklist: Checklist) -> dict[str, str | int]:
        """The projection itself: what `COLUMNS` must hold for this checklist."""
        blocker = checklist.first_blocker
        mine = checklist.importer_step
        rule = blocker.blockers[0].rule.key if blocker and blocker.blockers else ""
        return {
            "stage": str(checklist.stage),
            "done": checklist.done,
            "total": checklist.total,
            "blocker": blocker.key if blocker else "",
            "blocker_rule": rule,
            "who": str(blocker.who or "") if blocker else "",
            "importer_step": mine.key if mine else "",
        }
