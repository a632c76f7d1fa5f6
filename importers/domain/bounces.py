"""What mail servers say of mail that did not arrive: delivery status notifications (RFC 3464, codes of RFC 3463)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import Enum
from uuid import UUID

from importers.domain.text import one_line

# There is no such mailbox or domain, it was moved away or switched off. All else that is permanent may be about the
# one mail: its size, its text, who sent it, a full mailbox.
GONE = re.compile(r"\b5\.(?:1\.(?:0|1|2|3|6|10)|2\.1|4\.4)\b")
PERMANENT = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
PASSING = re.compile(r"\b4\.\d{1,3}\.\d{1,3}\b")
OUR_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@([^>\s]{1,255})>", re.IGNORECASE)
LARGEST_MAIL = 1_000_000  # bytes; what follows is the end of a returned original
LARGEST_PART = 200_000  # characters of a returned original that are looked through
LONGEST_FIELD = 1000
MOST_RECIPIENTS = 50  # of one report


class Outcome(Enum):
    """`GONE`: no mail will ever arrive there. `REFUSED`: this one did not. `LATE`: the server still tries, or did.
    `COMPLAINT`: it did arrive, and was called unwanted."""

    GONE = "gone"
    REFUSED = "refused"
    LATE = "late"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Bounce:
    """`mail` is None when the report does not bring the original's Message-ID along, or it is not one of ours."""

    recipient: str
    outcome: Outcome
    said: str
    mail: UUID | None


def is_gone(answer: str) -> bool:
    """An answer of a mail server, like “550 5.1.1 no such user”."""
    return GONE.search(answer) is not None


def names_another_cause(answer: str) -> bool:
    """A permanent refusal whose code says that it is not about the mailbox."""
    return PERMANENT.search(answer) is not None and not is_gone(answer)


def outcome_of(action: str, status: str, said: str) -> Outcome | None:
    """None for a report of success. The status decides; where servers give only the general one, what was said does."""
    if action not in {"failed", "delayed"}:
        return None
    if action == "delayed" or PASSING.fullmatch(status):
        return Outcome.LATE
    return Outcome.GONE if is_gone(status) or is_gone(said) else Outcome.REFUSED


def our_id(text: str, host: str) -> UUID | None:
    for found in OUR_ID.finditer(text[:LARGEST_PART]):
        if found[2].lower() == host.lower():
            return UUID(found[1])
    return None


def read_report(data: bytes, host: str) -> list[Bounce]:
    """Of one mail; none when it is no delivery report. `host` is what our Message-IDs end in."""
    report = message_from_bytes(data[:LARGEST_MAIL])
    mail = _original(report, host)
    found: dict[str, Bounce] = {}
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status":
            for bounce in _bounces(_inner(part), mail):
                found.setdefault(bounce.recipient.lower(), bounce)
    return list(found.values())[:MOST_RECIPIENTS]


def in_words(field: object) -> str:
    """What a stranger wrote, as it may be kept and shown: one short line without control characters."""
    return one_line(str(field)[:LONGEST_FIELD])


def _inner(part: Message) -> list[Message]:
    inner = part.get_payload()
    return [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []


def _bounces(groups: list[Message], mail: UUID | None) -> Iterator[Bounce]:
    """The first group of lines is about the whole mail, each following one about a recipient."""
    for group in groups:
        recipient = _address(group, "Original-Recipient") or _address(group, "Final-Recipient")
        if not recipient:
            continue
        action = in_words(group.get("Action", "")).lower()
        status = in_words(group.get("Status", "")).split("(")[0].strip()
        said = in_words(group.get("Diagnostic-Code", ""))
        outcome = outcome_of(action, status, said)
        if outcome is not None:
            yield Bounce(recipient, outcome, f"{status} {said.partition(';')[2].strip() or said}".strip(), mail)


def _address(group: Message, name: str) -> str:
    """`rfc822; mette@nordlys.example`."""
    _kind, _, address = in_words(group.get(name, "")).partition(";")
    return address.strip().strip("<>").strip()


def _original(report: Message, host: str) -> UUID | None:
    for part in report.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            ids = [str(inner.get("Message-ID", "")) for inner in _inner(part)]
        elif kind == "text/rfc822-headers":
            ids = [str(part.get_payload())]
        else:
            continue
        if mail := next((mail for text in ids if (mail := our_id(text, host))), None):
            return mail
    return None
