"""What is known of one importer on one day: the only thing the rules look at."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from importers.domain.hours import Place
from importers.domain.people import Match, compare_emails


class Document(StrEnum):
    """Where CBP holds a contact for the importer."""

    ACE = "ace"
    FORM_5106 = "form-5106"
    FORM_4811 = "form-4811"


class Route(StrEnum):
    OWN_ACCOUNT = "own_account"
    FORM_4811 = "form_4811"


class ExistingAccount(StrEnum):
    """The importer's answer to "do you already use ACE?"."""

    NO = "no"
    ACCOUNT = "account"
    ENROLLED = "enrolled"
    UNSURE = "unsure"


class ACHStatus(StrEnum):
    """What was seen in ACE after Get Info/Refresh. CBP publishes no list of status words (DOMAIN 5): the tab ACH
    Refund Authorization shows bank details or none, or it is not there, or ACE answers with an error."""

    UNKNOWN = "unknown"
    NONE = "none"
    NO_TAB = "no_tab"
    ERROR = "error"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Officer:
    """The one responsible person; `declared` once somebody has declared them authorised to sign."""

    name: str
    title: str
    email: str
    phone: str
    declared: bool

    @property
    def complete(self) -> bool:
        return bool(self.name and self.title and self.email and self.phone)

    def may_declare(self, email: str) -> bool:
        """Whether who is signed in with this address is the officer."""
        return self.declared and compare_emails(self.email, email).value is Match.SAME


@dataclass(frozen=True, slots=True)
class Filed:
    """The contact as it stands in one document."""

    name: str
    email: str
    company_name: str = ""
    correction_sent: bool = False


@dataclass(frozen=True, slots=True)
class Form4811Facts:
    """`on_profile` and `box_28` are CBP's two conditions for a refund to reach the notify party (DOMAIN 6)."""

    completed: bool = False
    signed_on: date | None = None
    on_profile: bool = False
    box_28: bool = False


@dataclass(frozen=True, slots=True)
class ImporterFacts:
    """`as_of` is the day on which all of this is true; rules have no other clock.

    `attested` and `reviewed` hold the digest of the answers that the officer declared and staff checked;
    `accepted` the findings that staff accepted with a reason (see `Finding.fingerprint`);
    `officer_email_elsewhere` counts other importers whose officer has the same e-mail.
    """

    as_of: date
    name: str
    number: str
    country: str
    structure: str = ""
    address: str = ""
    phone: str = ""
    is_ddp: bool = False
    invited: bool = False
    started: bool = False
    company_confirmed: bool = False
    officer: Officer | None = None
    existing_account: ExistingAccount | None = None
    route: Route | None = None
    filed: Mapping[Document, Filed] = field(default_factory=dict)
    ace_confirmed: bool = False
    ach: ACHStatus = ACHStatus.UNKNOWN
    form_4811: Form4811Facts = field(default_factory=Form4811Facts)
    attested: str = ""
    reviewed: str = ""
    returned: str = ""
    accepted: frozenset[str] = frozenset()
    officer_email_elsewhere: int = 0
    broker_email: str = ""
    broker_ach_enrolled: bool = False
    broker_has_number: bool = False

    @property
    def asks_route(self) -> bool:
        """Foreign and DDP importers choose; a US importer has a US bank account."""
        return self.country != "US" or self.is_ddp

    @property
    def enrolled_already(self) -> bool:
        return self.existing_account is ExistingAccount.ENROLLED

    @property
    def has_account(self) -> bool:
        """There is an ACE account to which refunds by ACH are still to be added: none is created."""
        return self.existing_account is ExistingAccount.ACCOUNT

    @property
    def is_declared(self) -> bool:
        """The answers as they stand now, so that changing one takes the declaration away."""
        return self.attested == self.digest

    @property
    def is_sent_back(self) -> bool:
        """Staff returned the declaration with a note, and it was not declared again."""
        return bool(self.returned) and not self.is_declared

    @property
    def effective_route(self) -> Route | None:
        if self.enrolled_already or not self.asks_route:
            return Route.OWN_ACCOUNT
        return self.route

    @property
    def answers(self) -> dict[str, str]:
        """What the officer declares to be true. Who stands in CBP's documents is not part of it: the
        consistency rules compare that for as long as the file is open."""
        officer, signed_on = self.officer, self.form_4811.signed_on
        return {
            "name": self.name,
            "number": self.number,
            "country": self.country,
            "structure": self.structure,
            "address": self.address,
            "phone": self.phone,
            "officer_name": officer.name if officer else "",
            "officer_title": officer.title if officer else "",
            "officer_email": officer.email if officer else "",
            "officer_phone": officer.phone if officer else "",
            "existing_account": self.existing_account or "",
            "route": self.effective_route or "",
            "ach": self.ach if self.effective_route is Route.OWN_ACCOUNT else "",
            "signed_on": signed_on.isoformat() if signed_on and self.effective_route is Route.FORM_4811 else "",
        }

    @property
    def digest(self) -> str:
        """Changes when an answer changes, so that an old declaration or check no longer counts."""
        text = json.dumps(self.answers, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


USUAL_DAYS = (28, 14, 7, 3, 1, 0)


@dataclass(frozen=True, slots=True)
class Timetable:
    """A campaign's: so many `days` before the deadline, and weekly after it for so many weeks (None: for as long as
    something is left)."""

    deadline: date
    days: tuple[int, ...] = USUAL_DAYS
    weeks_after: int | None = None


@dataclass(frozen=True, slots=True)
class ReminderFacts:
    """One importer in one campaign. `open_step` is the next step that waits for the importer, "" when it is
    somebody else's turn; `done` when nothing is left at all; `may_come_in` when the link in the mail would open the
    checklist for whoever the mail goes to; `opted_out` by that person; `is_dead` when mail to that address came back
    for good; `asked_at` is when the newest open question of theirs was asked; `place` is where the person is."""

    done: bool
    open_step: str
    email: str
    timetable: Timetable
    place: Place
    joined_at: datetime
    paused_until: date | None = None
    may_come_in: bool = True
    opted_out: bool = False
    is_dead: bool = False
    asked_at: datetime | None = None
