"""What a client list would do to one importer.

The list leads until the importer has spoken. From then on it does not overwrite
- the company's name and country once the importer confirmed the company,
- the refund route once the importer has chosen one (until then the list only proposes),
- a declared officer, and an answer to "do you already use ACE?".
Each of these is said as a warning, and the rest of the row is saved. A cell that is empty, or a column that is not
there, changes nothing. Whom to write to, the language, DDP and whose case it is are the office's: the list leads.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from importers.domain.errors import LineError, RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.facts import ExistingAccount
from importers.domain.mail_address import is_shared_mailbox
from importers.domain.people import compare_emails, compare_names
from importers.domain.roster import Entry, Field
from importers.domain.roster.contacts import read_phone
from importers.models import ACEAccount, ImporterAccess, ImporterOfRecord, PointOfContact, User
from importers.models.importer import number_columns
from importers.services.invitations import handover

CONFIRMED = _("The importer has confirmed another %(field)s on the checklist; what they confirmed stays.")
ROUTE_KEPT = _("The importer has chosen another refund route on the checklist; it stays.")
OFFICER_KEPT = _("Somebody else is named as the responsible officer already; they stay.")
OFFICER_STAYS = _("This person is named as the responsible officer on the checklist; the list does not take them out.")
ANSWER_KEPT = _("“Do you already use ACE?” was answered differently before; that answer stays.")
ACCESS_REVOKED = _(
    "The e-mail of the contact has changed. The former contact can no longer see this importer; invite the new one."
)
ACCESS_KEPT = _(
    "The e-mail of the contact has changed. The former contact keeps access, being the responsible officer."
)
SHARED_MAILBOX = _(
    "This looks like a mailbox that several people read. Ask for the officer's own address before you invite: CBP's "
    "code is for one person and valid for ten minutes."
)
STAFF_EMAIL = _("This e-mail belongs to one of the broker's own people, who cannot be invited as an importer.")

DANISH_SPOKEN = frozenset({"DK", "FO", "GL"})
COLUMNS = (
    "name", "country", "contact_name", "contact_email", "contact_title", "contact_phone", "language", "is_ddp", "route",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row of the list as far as it may be kept: of a Social Security number no more than its fingerprint."""

    row: int
    number: dict[str, str]
    columns: dict[str, object]
    officer: bool | None
    enrolled: bool | None

    @classmethod
    def of(cls, entry: Entry) -> "Wanted":
        columns = {name: value for name in COLUMNS if (value := getattr(entry, name)) is not None}
        if entry.assigned_to is not None:
            columns["assigned_to_id"] = entry.assigned_to
        return cls(entry.row, number_columns(entry.number), columns, entry.officer, entry.enrolled)


@dataclass(slots=True)
class Planned:
    """`changes` are (model field, before, after); `officer` and `account` are to be written, `leaving` revoked."""

    wanted: Wanted
    importer: ImporterOfRecord
    is_new: bool
    changes: list[tuple[str, object, object]] = field(default_factory=list)
    officer: PointOfContact | None = None
    account: ACEAccount | None = None
    leaving: list[ImporterAccess] = field(default_factory=list)
    warnings: list[LineError] = field(default_factory=list)

    @property
    def touches(self) -> bool:
        return bool(self.is_new or self.changes or self.officer or self.account or self.leaving)


@dataclass(frozen=True, slots=True)
class Planner:
    """`headings` is how the file writes its columns, for the warnings."""

    by: User
    now: datetime
    headings: dict[Field, str]
    staff_emails: frozenset[str]

    def plan(self, wanted: Wanted, importer: ImporterOfRecord | None) -> Planned:
        row = importer or ImporterOfRecord(**_language(wanted), **wanted.number)
        planned = Planned(wanted, row, is_new=importer is None)
        if str(wanted.columns["contact_email"]) in self.staff_emails:
            self._warn(planned, Field.CONTACT_EMAIL, "staff_email", STAFF_EMAIL)
        self._mailbox(planned)
        before = _contact(planned.importer)
        if importer:
            self._change_columns(planned, importer)
        self._officer(planned, before)
        self._existing_account(planned)
        if importer and before["email"].lower() != importer.contact_email.lower():
            self._former_contact(planned, importer, before["email"].lower())
        return planned

    def _warn(self, planned: Planned, column: Field, code: str, text: str, **params: object) -> None:
        violation = RuleViolation(code, text, **params)
        planned.warnings.append(LineError.of(planned.wanted.row, self.headings.get(column, ""), violation))

    def _mailbox(self, planned: Planned) -> None:
        """Said of an address that the list brings, unless its person is expressly no officer."""
        email = str(planned.wanted.columns["contact_email"])
        is_new = planned.is_new or email != planned.importer.contact_email.lower()
        if is_new and planned.wanted.officer is not False and is_shared_mailbox(email):
            self._warn(planned, Field.CONTACT_EMAIL, "shared_mailbox", SHARED_MAILBOX)

    def _change_columns(self, planned: Planned, importer: ImporterOfRecord) -> None:
        country = str(importer.country)
        for name, value in planned.wanted.columns.items():
            old = country if name == "country" else getattr(importer, name)
            if old == value or _same(name, old, value, country):
                continue
            if name in ("name", "country") and importer.company_confirmed_at:
                self._warn(planned, Field(name), "kept", CONFIRMED, field=self.headings.get(Field(name), name))
            elif name == "route" and importer.route_chosen_at:
                self._warn(planned, Field.ROUTE, "kept", ROUTE_KEPT)
            else:
                setattr(importer, name, value)
                planned.changes.append((name, old, value))

    def _officer(self, planned: Planned, before: dict[str, str]) -> None:
        """Filled in ahead, never declared: that is for the importer to do."""
        importer, officer = planned.importer, getattr(planned.importer, "officer", None)
        contact = _contact(importer)
        if planned.wanted.officer is False and officer and _is_person(officer, contact):
            self._warn(planned, Field.OFFICER, "kept", OFFICER_STAYS)
        if not planned.wanted.officer:
            return
        if officer is None:
            planned.officer = PointOfContact(importer=importer, **contact)
        elif not officer.declared_at and _is_person(officer, before):
            self._follow(planned, officer, before, contact)
        elif not _is_person(officer, contact):
            self._warn(planned, Field.OFFICER, "kept", OFFICER_KEPT)

    @staticmethod
    def _follow(planned: Planned, officer: PointOfContact, before: dict[str, str], contact: dict[str, str]) -> None:
        """An officer whom only a list has named so far is corrected by the next list."""
        changed = {name: text for name, text in contact.items() if text != before[name]}
        for name, text in changed.items():
            setattr(officer, name, text)
        planned.officer = officer if changed else None

    def _existing_account(self, planned: Planned) -> None:
        account = getattr(planned.importer, "ace_account", None)
        answer = account.existing if account else ""
        enrolled = planned.wanted.enrolled
        if enrolled and not answer:
            planned.account = account or ACEAccount(importer=planned.importer)
            planned.account.existing = ExistingAccount.ENROLLED
            planned.account.answered_at, planned.account.answered_by = self.now, self.by
        elif answer and enrolled is not None and enrolled != (answer == ExistingAccount.ENROLLED):
            self._warn(planned, Field.ENROLLED, "kept", ANSWER_KEPT)

    def _former_contact(self, planned: Planned, importer: ImporterOfRecord, former: str) -> None:
        officer = planned.officer or getattr(importer, "officer", None)
        change = handover(
            importer.accesses.all(),
            former=former,
            contact=importer.contact_email,
            officer=officer.email if officer else "",
        )
        if change.officer_stays:
            self._warn(planned, Field.CONTACT_EMAIL, "access_kept", ACCESS_KEPT)
        elif change.leaving:
            self._warn(planned, Field.CONTACT_EMAIL, "access_revoked", ACCESS_REVOKED)
            planned.leaving = list(change.leaving)
        if not change.newcomer_is_in:
            importer.invited_at = importer.invited_by = None


def _contact(importer: ImporterOfRecord) -> dict[str, str]:
    return {
        "name": importer.contact_name,
        "title": importer.contact_title,
        "email": importer.contact_email,
        "phone": importer.contact_phone,
    }


def _is_person(officer: PointOfContact, contact: dict[str, str]) -> bool:
    if (officer.name, officer.email) == (contact["name"], contact["email"]):
        return True
    return (
        compare_emails(officer.email, contact["email"]).value == "same"
        and compare_names(officer.name, contact["name"]).value != "different"
    )


def _language(wanted: Wanted) -> dict[str, Any]:
    """Somebody new in a Danish-speaking country is written to in Danish, unless the list says otherwise."""
    danish = wanted.columns.get("country") in DANISH_SPOKEN
    return {"language": "da" if danish else "en"} | wanted.columns


def _same(name: str, old: object, new: object, country: str) -> bool:
    """Whether another spelling means the same, and so is no change."""
    if name == "contact_email":
        return str(old).lower() == new
    if name == "contact_phone" and old:
        try:
            return read_phone(str(old), country) == new
        except RuleViolation:
            return False
    return False
