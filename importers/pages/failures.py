"""What to do when something goes wrong in ACE, with the mail that gets help ready to send."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.utils.translation import get_language, gettext

from importers.domain.failures import CBP_DESKS, CbpDesk, Desk, Failure, Mail, Place, failures_at
from importers.domain.identifiers import NumberKind
from importers.pages.importer import ImporterPage

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


def failures_on(page: ImporterPage, place: Place) -> list[ShownFailure]:
    if page.mine:
        return [_shown(failure) for failure in failures_at(place) if _applies(failure, page)]
    values = _values(page)
    return [_shown(f, _ready(page, f.mail, values)) for f in failures_at(place) if _applies(f, page)]


def _applies(failure: Failure, page: ImporterPage) -> bool:
    return failure.key != "broker-number-missing" or not page.checklist.facts.broker_has_number


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
    phone = officer.phone if officer else str(importer.contact_phone)
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
