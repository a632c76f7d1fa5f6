"""The staff's side of refunds, and what of it stands on the pages of `importers`."""

from importers.admin.actions import ACTIONS
from importers.admin.extensions import PANELS, SECTIONS, Panel, Section
from refunds.admin import cape, claims, dashboard, entries, importer_panel, packs, payments, reports, rules, share

__all__ = ["cape", "claims", "dashboard", "entries", "importer_panel", "packs", "payments", "reports", "rules", "share"]

PANELS += [
    Panel("admin/refunds/panel.html", importer_panel.panel),
    Panel("admin/refunds/cape_panel.html", cape.panel),
    Panel("admin/refunds/shared_panel.html", packs.panel),
]
SECTIONS += [Section("admin/refunds/money_that_waits.html", dashboard.money_that_waits)]
ACTIONS += [share.share_selected, cape.make_cape_files]
