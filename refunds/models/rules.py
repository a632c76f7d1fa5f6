"""The rules about refunds, version by version: data, because courts and CBP change them."""

import zlib
from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from importers.models import User
from importers.models.constraints import pair
from importers.models.history import tracked
from refunds.domain.rules import SHIPPED, Rules, parse_rules


class RuleVersionManager(models.Manager["RuleVersion"]):
    def rules(self) -> Rules:
        """Those that hold now; the shipped ones until staff have set others."""
        newest = self.order_by("-version").first()
        return newest.rules if newest else SHIPPED


@tracked(exclude=("moves",))
class RuleVersion(models.Model):
    """Is never changed: other rules are a new version. Version 0 are the shipped rules, which have no row.

    What came of it stands here too: `shifts` counts how many entries went from which verdict to which, with their
    duty; `moves` names each of them (CSV, packed with zlib)."""

    version = models.PositiveIntegerField(_("version"), unique=True)
    content = models.JSONField(_("rules"))
    note = models.CharField(_("what changed and why"), max_length=500)
    shifts = models.JSONField(default=list, blank=True)
    moves = models.BinaryField(default=bytes, blank=True)
    created_at = models.DateTimeField(_("since"))
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))

    objects: ClassVar[RuleVersionManager] = RuleVersionManager()

    class Meta:
        verbose_name = _("version of the rules")
        verbose_name_plural = _("versions of the rules")
        ordering = ["-version"]
        constraints = [
            pair("created"),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="ruleversion_from_one"),
        ]
        triggers = [pgtrigger.ReadOnly(name="ruleversion_never_changes")]

    def __str__(self) -> str:
        return str(self.version)

    @property
    def rules(self) -> Rules:
        return parse_rules(self.content, version=self.version)

    def moves_file(self) -> bytes:
        """Whose verdict this version changed, as CSV."""
        return zlib.decompress(self.moves) if self.moves else b""
