"""What to do when something goes wrong in ACE, with the mail that gets help ready to send."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.utils.translation import get_language, gettext

from importers.domain.failures import CBP_DESKS, PLACES, CbpDesk, Desk, Failure, Mail, Place, failures_at
from importers.domain.identifiers import NumberKind
from importers.domain.stuck import Topic, topics_of
from importers.pages.importer import ImporterPage
from importers.wording import readable_phone

# What the sender fills in: we do not hold it. It goes to CBP only.
OUR_SSN = "[our Social Security number; we can give it on the phone]"
LINE_END = "\r\n"  # RFC 6068: as %0D%0A


@dataclass(frozen=True, slots=True)
class ReadyMail:
    """`language` is the text's own, "" when it is the page's."""

    to: str
    email: str
    subject: str
    text: str
    language: str

    @property
    def has_gaps(self) -> bool:
        return "[" in self.text

    @property
    def href(self) -> str:
        body = quote(self.text.replace("\n", LINE_END))
        return f"mailto:{self.email}?subject={quote(self.subject)}&body={body}"


@dataclass(frozen=True, slots=True)
class ShownFailure:
    """`desks` are those of CBP that help; `mail` is None where nobody is signed in, and for a colleague who has this
    one step: it is full of what the importer's own people know."""

    key: str
    title: str
    remedy: str
    desks: tuple[CbpDesk, ...]
    mail: ReadyMail | None = None


def public_failures(place: Place) -> list[ShownFailure]:
    """For everybody to read: nothing about anybody."""
    return [_shown(failure) for failure in failures_at(place) if failure.key != "broker-number-missing"]


def failures_on(page: ImporterPage, step: str) -> list[ShownFailure]:
    values = {} if page.mine else _values(page)
    return [
        _shown(failure, None if page.mine else _ready(page, failure.mail, values))
        for failure in failures_at(PLACES[step])
        if _applies(failure, page, step)
    ]


def topics_on(page: ImporterPage, step: str) -> dict[Topic, ShownFailure | None]:
    """What can be asked here, each with what is known to help. A mail to us is left out: here stands the form."""
    values = {} if page.mine else _values(page)
    topics: dict[Topic, ShownFailure | None] = {}
    for topic in topics_of(step):
        if topic.known is None:
            topics[topic] = None
        elif _applies(topic.known, page, step):
            to_cbp = topic.known.mail.to is not Desk.BROKER and not page.mine
            topics[topic] = _shown(topic.known, _ready(page, topic.known.mail, values) if to_cbp else None)
    return topics


def _applies(failure: Failure, page: ImporterPage, step: str) -> bool:
    """Where there is an account nobody applies."""
    facts = page.checklist.facts
    if step == "ace-account" and facts.has_account and Place.IN_ACCOUNT not in failure.places:
        return False
    return failure.key != "broker-number-missing" or not facts.broker_has_number


def _shown(failure: Failure, mail: ReadyMail | None = None) -> ShownFailure:
    desks = tuple(CBP_DESKS[desk] for desk in (failure.mail.to, failure.also) if desk and desk is not Desk.BROKER)
    return ShownFailure(failure.key, gettext(failure.title), gettext(failure.remedy), desks, mail)


def _ready(page: ImporterPage, mail: Mail, values: dict[str, str]) -> ReadyMail:
    if mail.to is Desk.BROKER:
        contact = page.contact
        subject, paragraphs = gettext(mail.subject), [gettext(text) for text in mail.paragraphs]
        text = _letter(gettext("Hello %(contact)s,"), paragraphs, gettext("Best regards"), values)
        return ReadyMail(contact.name, contact.email, subject % values, text, "")
    desk = CBP_DESKS[mail.to]
    text = _letter(f"Dear {desk.name},", mail.paragraphs, "Best regards", values)
    return ReadyMail(desk.name, desk.email, mail.subject % values, text, "en" if get_language() != "en" else "")


def _letter(opening: str, paragraphs: Sequence[str], closing: str, values: dict[str, str]) -> str:
    return "\n\n".join((opening, *paragraphs, f"{closing}\n%(reader)s\n%(company)s")) % values


def _values(page: ImporterPage) -> dict[str, str]:
    importer, officer = page.importer, page.checklist.facts.officer
    name, email = (officer.name, officer.email) if officer else (importer.contact_name, importer.contact_email)
    phone = readable_phone(officer.phone if officer else importer.contact_phone)
    return {
        "company": importer.name,
        "number": _number(page),
        "last4": importer.number_last4,
        "officer": name,
        "email": email,
        "phone": phone,
        "person": ", ".join(_given(name, officer.title if officer else importer.contact_title, email, phone)),
        "reader": str(page.user),
        "contact": page.contact.name,
    }


def _given(*texts: str) -> Iterator[str]:
    return (text for text in texts if text)


def _number(page: ImporterPage) -> str:
    """Whole for the importer's own people only; a Social Security number for nobody."""
    if not page.may_write:
        return page.importer.masked_number
    return OUR_SSN if page.importer.number_kind == NumberKind.SSN else page.importer.number
