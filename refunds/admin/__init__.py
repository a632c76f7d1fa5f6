"""The staff's side of refunds."""

from refunds.admin import rules

__all__ = ["rules"]
