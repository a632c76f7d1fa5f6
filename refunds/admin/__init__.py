"""The staff's side of refunds."""

from refunds.admin import packs

__all__ = ["packs"]
