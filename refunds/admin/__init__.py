"""The staff's side of refunds."""

from importers.admin.extensions import PANELS, SECTIONS, Panel, Section
from refunds.admin import entries, payments, rules
from refunds.admin.dashboard import money_that_waits
from refunds.admin.importer_panel import panel

__all__ = ["entries", "payments", "rules"]

PANELS.append(Panel("admin/refunds/panel.html", panel))
SECTIONS.append(Section("admin/refunds/money_that_waits.html", money_that_waits))
