from refunds.models.claims import CapeFile, CapeFileEntry, ClaimResult, Payment, RejectedRefund
from refunds.models.entries import Entry
from refunds.models.packs import Pack, PackLine, Sharing
from refunds.models.reports import Report, ReportChunk, ReportState
from refunds.models.rules import RuleVersion

__all__ = [
    "CapeFile",
    "CapeFileEntry",
    "ClaimResult",
    "Entry",
    "Pack",
    "PackLine",
    "Payment",
    "RejectedRefund",
    "Report",
    "ReportChunk",
    "ReportState",
    "RuleVersion",
    "Sharing",
]
