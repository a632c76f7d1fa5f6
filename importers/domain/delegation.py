"""Steps that the officer sent to a colleague: whether such a step is open to that colleague, and if not, why."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from importers.domain.checklist import DELEGABLE, Checklist, Status
from importers.domain.facts import Officer

OPEN_DAYS = 14


def can_be_sent(checklist: Checklist, step: str) -> bool:
    """It takes answers now, and the officer has not declared them: what is signed no colleague changes."""
    if step not in DELEGABLE or checklist.facts.is_declared:
        return False
    return checklist[step].status not in (Status.CANNOT_START, Status.NOT_NEEDED)


class Standing(StrEnum):
    OPEN = "open"
    TAKEN_BACK = "taken_back"  # by the officer
    ENDED = "ended"  # by the broker
    RAN_OUT = "ran_out"
    SENDER_LEFT = "sender_left"  # who sent it is no longer the officer


@dataclass(frozen=True, slots=True)
class Sending:
    """What is known of one step that was sent. `is_sender_in`: the sender may open the checklist; `is_shut_out`: the
    broker has shut the colleague out; `revoked_by_broker` is None while nobody has ended it."""

    step: str
    sender_email: str
    is_sender_in: bool
    is_shut_out: bool
    expires_at: datetime
    revoked_by_broker: bool | None = None

    def standing(self, officer: Officer | None, now: datetime) -> Standing:
        """Computed at every look: nothing needs to be done to it when the officer or somebody's access changes."""
        if self.revoked_by_broker or self.is_shut_out:
            return Standing.ENDED
        if self.revoked_by_broker is not None:
            return Standing.TAKEN_BACK
        if now >= self.expires_at or self.step not in DELEGABLE:
            return Standing.RAN_OUT
        is_officer = officer is not None and officer.may_declare(self.sender_email)
        return Standing.OPEN if is_officer and self.is_sender_in else Standing.SENDER_LEFT


@dataclass(frozen=True, slots=True)
class SentStep:
    """One step that was sent, as people see it. `last_day` is the last on which it is (or was) open; `is_lifted`: staff
    closed it, and allow the officer to send this person steps again."""

    uuid: UUID
    step: str
    colleague: int
    name: str
    email: str
    sender: str
    sent_at: datetime
    last_day: date
    opened_at: datetime | None
    revoked_at: datetime | None
    is_lifted: bool
    standing: Standing

    @property
    def is_open(self) -> bool:
        return self.standing is Standing.OPEN
