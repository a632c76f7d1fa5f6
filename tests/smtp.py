"""A mail server for the tests that says what it is told to, and counts who comes."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers import free_port

OK = "250 OK"
HANG = "hang"
DROP = "drop"  # the connection, once the text is there


@dataclass
class Server:
    """`rcpt` and `data`: answers by recipient, in turn; then all is well. `HANG` never answers, `DROP` hangs up."""

    port: int = field(default_factory=free_port)
    rcpt: dict[str, list[str]] = field(default_factory=dict)
    data: dict[str, list[str]] = field(default_factory=dict)
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    sessions: list[SMTP] = field(default_factory=list)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: Any) -> str:
        self.asked[to] += 1
        answer = _next(self.rcpt, to)
        if answer == HANG:
            await asyncio.sleep(60)
        if answer == OK:
            envelope.rcpt_tos.append(to)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (to,) = envelope.rcpt_tos
        answer = _next(self.data, to)
        if answer == HANG:
            await asyncio.sleep(60)
        if answer == DROP:
            server.transport.abort()
        if answer == OK:
            content = cast(bytes, envelope.content)
            self.messages.append(cast(EmailMessage, BytesParser(policy=policy.default).parsebytes(content)))
            self.recipients.append(to)
        return answer

    def hang_up_on_everybody(self, controller: Controller) -> None:
        for session in self.sessions:
            controller.loop.call_soon_threadsafe(_abort, session)


def _abort(session: SMTP) -> None:
    if session.transport is not None:
        session.transport.abort()


def _next(answers: dict[str, list[str]], to: str) -> str:
    return answers[to].pop(0) if answers.get(to) else OK


class Counting(Controller):
    def factory(self) -> SMTP:
        server = super().factory()
        self.handler.connections += 1
        self.handler.sessions.append(server)
        return server


@contextmanager
def serving(server: Server) -> Iterator[Counting]:
    controller = Counting(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    before = server.connections  # the controller knocks once itself
    server.connections -= before
    server.sessions.clear()
    try:
        yield controller
    finally:
        controller.stop()
