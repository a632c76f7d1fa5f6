"""Who got what, and whether each mail that came twice had to: reckoned from what the server and the test know."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.mail_server import Taken


@dataclass(frozen=True, slots=True)
class Killed:
    """A worker process that was stopped, looked at and killed with SIGKILL; `ports` are its ends of connections."""

    pid: int
    at: float
    ports: frozenset[int]


@dataclass(slots=True)
class Account:
    """What the server took in beyond the first time, by why no worker could know of it. `unexplained` must be empty.

    `by_kill`: the worker died after the server had taken the mail and before its commit; one for each process killed at
    most, since it has but one mail in hand. `by_server`: the server hung up or fell silent after taking the mail, or
    answered later than the worker waits; a sender who is told nothing has to send again (RFC 5321, 4.5.4.1)."""

    by_kill: list[Taken] = field(default_factory=list)
    by_server: list[Taken] = field(default_factory=list)
    unexplained: list[Taken] = field(default_factory=list)

    @property
    def repeated(self) -> int:
        return len(self.by_kill) + len(self.by_server) + len(self.unexplained)


def reckon(taken: Sequence[Taken], killed: Collection[Killed], patience: float) -> Account:
    """Whatever was taken in and yet came again must have been lost on the way back. `patience`: seconds that a worker
    waits for an answer."""
    in_hand = {id(last) for one in killed if (last := _last_of(one, taken)) is not None}
    by_mail: defaultdict[str, list[Taken]] = defaultdict(list)
    for one in taken:
        by_mail[one.mail].append(one)
    account = Account()
    for times in by_mail.values():
        for one in times[:-1]:
            if id(one) in in_hand:
                account.by_kill.append(one)
            elif one.lost or _is_late(one, patience):
                account.by_server.append(one)
            else:
                account.unexplained.append(one)
    return account


def _last_of(killed: Killed, taken: Sequence[Taken]) -> Taken | None:
    """What this process handed over last."""
    its_own = [one for one in taken if one.port in killed.ports and one.at <= killed.at]
    return max(its_own, key=lambda one: one.at, default=None)


def _is_late(one: Taken, patience: float) -> bool:
    """The worker had given up before the server said anything."""
    return one.answered is None and one.left is not None and one.left - one.at >= patience * 0.9


def message_ids(taken: Sequence[Taken]) -> Mapping[str, int]:
    """How many different ones each recipient got."""
    return Counter(to for to, _mail in {(one.to, one.mail) for one in taken})
