"""What has become of a mailed link. It is good for one sign-in; opening it changes nothing."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

VALID = timedelta(days=90)
SECRET_PATHS = re.compile(r"(/start/|/reminders/stop/|/password/reset/key/|/confirm-email/)[^/\s\"'?<>]+")


class LinkState(StrEnum):
    OPEN = "open"
    USED = "used"
    REPLACED = "replaced"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN = "unknown"

    @property
    def is_renewable(self) -> bool:
        """Whoever holds it may have a new one mailed to the address that it went to."""
        return self in (LinkState.USED, LinkState.REPLACED, LinkState.EXPIRED)


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """`mailed_at` stands in the link itself; somebody signed in through it at `used_at`; at `newer_at` the person was
    mailed a newer one on purpose; `may_come_in` while the person it was made for has access."""

    mailed_at: datetime
    may_come_in: bool
    used_at: datetime | None = None
    newer_at: datetime | None = None


def runs_out_at(mailed_at: datetime) -> datetime:
    return mailed_at + VALID


def link_state(facts: LinkFacts, now: datetime) -> LinkState:
    """Of several reasons why it no longer works, the one that helps most: that there is a newer one which does."""
    if not facts.may_come_in:
        return LinkState.REVOKED
    if facts.newer_at and now <= runs_out_at(facts.newer_at):
        return LinkState.REPLACED
    if facts.used_at:
        return LinkState.USED
    if now > runs_out_at(facts.mailed_at):
        return LinkState.EXPIRED
    return LinkState.OPEN


def without_tokens(text: str) -> str:
    """Links and paths that lead nowhere any more: an ellipsis stands for their secret part."""
    return SECRET_PATHS.sub(r"\1…", text)
