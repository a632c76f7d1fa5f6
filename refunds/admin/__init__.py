"""The staff's side of refunds."""
