"""The staff's side of refunds."""

from refunds.admin import reports, rules

__all__ = ["reports", "rules"]
