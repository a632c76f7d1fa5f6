"""A mail server as bad as mail servers can be. It keeps a log of whatever it has taken in, since it alone knows."""

import asyncio
import json
import random
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from email.parser import BytesHeaderParser
from enum import Enum
from itertools import cycle
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers import free_port

OK = "250 OK"
FOR_EVER = 60.0  # much longer than anybody waits
IN_TROUBLE = 0.15  # of the recipients, at their first try
AGAIN, MOST_TROUBLES = 0.3, 3  # of those, at the next try too; then all is well
REFUSED = 0.03


class Trouble(Enum):
    """What goes wrong with one try; another one may succeed."""

    BUSY = "4xx to the recipient"
    LEAVING = "421 and hung up"
    SILENT = "no answer to the recipient"
    FULL = "4xx to the text"
    SILENT_TEXT = "no answer to the text, not taken"
    DROPPED = "hung up after the text, not taken"
    TAKEN_SILENT = "taken, then no answer"
    TAKEN_DROPPED = "taken, then hung up"


AT_RECIPIENT = {Trouble.BUSY, Trouble.LEAVING, Trouble.SILENT}
ANSWERS = {
    Trouble.BUSY: "451 4.7.1 Greylisted, come again",
    Trouble.LEAVING: "421 4.3.2 Going down",
    Trouble.FULL: "452 4.3.1 Disk full",
}


class Refusal(Enum):
    """What no other try will change."""

    NO_SUCH_MAILBOX = "550 5.1.1 No such user here"
    UNWANTED = "554 5.7.1 We do not like this text"


@dataclass(slots=True)
class Taken:
    """A mail that the server has taken in. `port`: the worker's end of the connection; `lost`: why the server never
    said so, where that was its own doing; `answered` and `left` are moments, as `at` is: of the monotonic clock."""

    mail: str
    to: str
    port: int
    at: float
    lost: str = ""
    answered: float | None = None
    left: float | None = None


@dataclass(slots=True)
class Plan:
    """What happens to whom: the troubles of each recipient, try by try, and who is refused for good."""

    troubles: dict[str, deque[Trouble]]
    refused: dict[str, Refusal]

    @classmethod
    def of(cls, recipients: Collection[str], chance: random.Random) -> "Plan":
        """Each trouble and each refusal is dealt out in turn, so that none is missing."""
        shuffled = chance.sample(sorted(recipients), len(recipients))
        bad = max(len(Refusal), round(len(shuffled) * REFUSED))
        refused = dict(zip(shuffled[:bad], cycle(Refusal)))
        kinds = cycle(chance.sample(list(Trouble), len(Trouble)))
        troubles: defaultdict[str, deque[Trouble]] = defaultdict(deque)
        for to in shuffled[bad : bad + max(len(Trouble), round(len(shuffled) * IN_TROUBLE))]:
            troubles[to].append(next(kinds))
            while len(troubles[to]) < MOST_TROUBLES and chance.random() < AGAIN:
                troubles[to].append(next(kinds))
        return cls(troubles, refused)


@dataclass(slots=True)
class BadServer:
    """`slowest`: seconds until a text that is taken in already is answered for, at most."""

    slowest: float
    chance: random.Random
    plan: Plan = field(default_factory=lambda: Plan({}, {}))
    port: int = field(default_factory=free_port)
    taken: list[Taken] = field(default_factory=list)
    met: Counter[Trouble | Refusal] = field(default_factory=Counter)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: Any) -> str:
        if self.plan.refused.get(to) is Refusal.NO_SUCH_MAILBOX:
            return self._refuse(Refusal.NO_SUCH_MAILBOX)
        trouble = self._trouble(to, AT_RECIPIENT)
        if trouble is Trouble.SILENT:
            await asyncio.sleep(FOR_EVER)
        if trouble is Trouble.LEAVING:
            asyncio.get_running_loop().call_later(0.05, server.transport.close)
        if trouble is None:
            envelope.rcpt_tos.append(to)
        return ANSWERS.get(trouble, OK) if trouble else OK

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (to,) = envelope.rcpt_tos
        if to in self.plan.refused:
            return self._refuse(self.plan.refused[to])
        trouble = self._trouble(to, Trouble)
        if trouble in {Trouble.TAKEN_DROPPED, Trouble.TAKEN_SILENT}:
            self._take(to, session, envelope).lost = trouble.value
        if trouble in {Trouble.TAKEN_SILENT, Trouble.SILENT_TEXT}:
            await asyncio.sleep(FOR_EVER)
        if trouble in {Trouble.TAKEN_DROPPED, Trouble.DROPPED}:
            server.transport.abort()
        if trouble:
            return ANSWERS.get(trouble, OK)
        return await self._answer(self._take(to, session, envelope))

    async def _answer(self, taken: Taken) -> str:
        try:
            await asyncio.sleep(self.chance.uniform(0, self.slowest))
        except asyncio.CancelledError:  # the worker has hung up, or is no more
            taken.left = time.monotonic()
            raise
        taken.answered = time.monotonic()
        return OK

    def _take(self, to: str, session: Session, envelope: Envelope) -> Taken:
        headers = BytesHeaderParser().parsebytes(cast(bytes, envelope.content))
        found = re.fullmatch(r"<([0-9a-f-]{36})@[^>]+>", str(headers["Message-ID"]))
        assert found is not None, headers["Message-ID"]
        taken = Taken(found[1], to, session.peer[1], time.monotonic())
        self.taken.append(taken)
        return taken

    def _trouble(self, to: str, of: Collection[Trouble] | type[Trouble]) -> Trouble | None:
        ahead = self.plan.troubles.get(to)
        if not ahead or ahead[0] not in of:
            return None
        self.met[ahead[0]] += 1
        return ahead.popleft()

    def _refuse(self, refusal: Refusal) -> str:
        self.met[refusal] += 1
        return refusal.value

    def write_log(self, path: Path) -> None:
        path.write_text("".join(f"{json.dumps(asdict(taken))}\n" for taken in self.taken))


@contextmanager
def serving(server: BadServer) -> Iterator[None]:
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def people(taken: Sequence[Taken]) -> int:
    return len({one.to for one in taken})
