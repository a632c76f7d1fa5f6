"""The staff's side of refunds."""

from refunds.admin import cape, claims, rules

__all__ = ["cape", "claims", "rules"]
