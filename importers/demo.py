"""Invented importers over every stage, route, kind of number and language, for trying the portal out.

The same companies, people and states on every run; only the days are counted from today."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

import pghistory
from anyascii import anyascii
from django.db import transaction
from django.utils import timezone

from importers import letters
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Route
from importers.domain.identifiers import NumberKind, parse_importer_number
from importers.models import (
    Campaign,
    Errand,
    ErrandKind,
    ImporterAccess,
    ImporterOfRecord,
    Mailbox,
    MailState,
    Notification,
    Readiness,
    User,
)
from importers.models.importer import fingerprint, number_columns
from importers.services import filings, questions, steps
from importers.services.delegations import delegate
from importers.services.invitations import invite
from importers.services.portal import edit_firm
from importers.services.readiness import checklist_of, refresh

PASSWORD = "try-the-portal-2027"  # noqa: S105 - of invented people, in a database that only ever holds demo data
NAMESPACE = UUID("0b4f6c00-ace0-4811-8106-2026042100ac")  # so that the importers' pages have the same addresses too
RETURNED = {
    "en": "ACE shows another phone number for the officer. Which one is right?",
    "da": "I ACE står der et andet telefonnummer på den tegningsberettigede. Hvilket er det rigtige?",
}
ASKED = {
    "en": "We have waited for an hour and looked in the spam folder. The accountant who kept the mailbox has left.",
    "da": "Vi har ventet i en time og kigget i spammappen. Bogholderen, der passede postkassen, er holdt op.",
}
ANSWERED = {
    "en": "Name the director: it must be somebody who may sign for the company and stays with it.",
    "da": "Angiv direktøren: Det skal være en, der må tegne virksomheden og bliver i den.",
}
STAFF = (
    ("Jens Anton Rahbek", "jens@alpi.example", "en", True),
    ("Kirsten Holm", "kirsten@alpi.example", "da", False),
    ("Maria Lund", "maria@alpi.example", "en", False),
)
SIGN_INS = [(email, PASSWORD) for _name, email, _language, _boss in STAFF]

# Company, city, postal code, country, language, officer, title. The domain is made from the company's first word.
COMPANIES = (
    ("Nordlys Cykler ApS", "Odense", "5000", "DK", "da", "Mette Sørensen", "Direktør"),
    ("Ågård Møbler A/S", "Viborg", "8800", "DK", "da", "Søren Ågård", "Adm. direktør"),
    ("Havblik Keramik ApS", "Skagen", "9990", "DK", "da", "Lærke Østergaard", "Indehaver"),
    ("Jysk Uldspinderi ApS", "Herning", "7400", "DK", "da", "Karen Margrethe Bach", "Direktør"),
    ("Fjordglas A/S", "Holbæk", "4300", "DK", "da", "Anders Kjær", "Økonomidirektør"),
    ("Kystens Kaffe ApS", "Esbjerg", "6700", "DK", "da", "Camilla Nørgaard", "Direktør"),
    ("Bornholm Røgeri A/S", "Gudhjem", "3760", "DK", "da", "Peter Koefoed", "Direktør"),
    ("Sølund Smykker ApS", "Silkeborg", "8600", "DK", "da", "Ida Sølund", "Indehaver"),
    ("Thy Træ A/S", "Thisted", "7700", "DK", "da", "Jens Christian Yde", "Direktør"),
    ("Vesterhav Tekstil ApS", "Lemvig", "7620", "DK", "da", "Birgitte Toft", "Direktør"),
    ("Limfjord Skaldyr A/S", "Nykøbing Mors", "7900", "DK", "da", "Ole Vestergaard", "Direktør"),
    ("Aalborg Værktøj A/S", "Aalborg", "9000", "DK", "da", "Hanne Aagaard", "Adm. direktør"),
    ("Svaneke Lakrids ApS", "Svaneke", "3740", "DK", "da", "Johan Bech", "Direktør"),
    ("Møn Maling ApS", "Stege", "4780", "DK", "da", "Rikke Møller", "Direktør"),
    ("Lindström Design AB", "Göteborg", "411 04", "SE", "en", "Åsa Lindström", "Managing Director"),
    ("Fjällvind Outdoor AB", "Östersund", "831 30", "SE", "en", "Björn Häggkvist", "CEO"),
    ("Müller Feinmechanik GmbH", "Flensburg", "24937", "DE", "en", "Dr. Jürgen Müller", "Geschäftsführer"),
    ("Küstenholz GmbH", "Kiel", "24103", "DE", "en", "Sabine Großmann", "Geschäftsführerin"),
    ("Łódź Linen Sp. z o.o.", "Łódź", "90-001", "PL", "en", "Łukasz Wiśniewski", "Prezes"),
    ("Van der Meer Bloemen B.V.", "Aalsmeer", "1431", "NL", "en", "Pieter van der Meer", "Director"),
    ("Bergen Boats AS", "Bergen", "5003", "NO", "da", "Øyvind Hansen", "Daglig leder"),
    ("Prairie Pet Supply LLC", "Omaha, NE", "68102", "US", "en", "Susan Miller", "President"),
    ("Harbor Lighting Inc.", "Baltimore, MD", "21201", "US", "en", "James T. Carter", "Vice President"),
    ("Blue Ridge Cycles Inc.", "Asheville, NC", "28801", "US", "en", "Daniel Reyes", "Treasurer"),
    ("Lakeside Toys LLC", "Duluth, MN", "55802", "US", "en", "Karen Johnson", "Member"),
    ("Tom Baker Imports", "Portland, OR", "97201", "US", "en", "Thomas Baker", "Owner"),
)
STRUCTURES = {"US": "llc", "NL": "llc"}
COLLEAGUE = ("Jens Holm", "holm@nordlys.example")  # to whom the first importer's officer has sent a step

NO_SUCH_USER = "550 5.1.1 No such user here"
ERRANDS = {  # of the importer with this number: what for, since how many days, why, and what came of it
    2: (ErrandKind.DEAD_MAILBOX, 8, NO_SUCH_USER, ""),
    5: (ErrandKind.OPTED_OUT, 2, "", ""),
    11: (ErrandKind.DEAD_MAILBOX, 9, NO_SUCH_USER, "A letter was missing in the address: corrected, and it works."),
    18: (ErrandKind.MAIL_REFUSED, 4, "552 5.3.4 Message too big for system", ""),
    34: (ErrandKind.NO_VISIT, 1, "", ""),
}


@dataclass(frozen=True, slots=True)
class Builder:
    """Brings one invented importer to a state, through the services that real people use."""

    importer: ImporterOfRecord
    who: User
    staff: User
    officer: str
    email: str
    title: str
    route: Route
    today: date

    def company(self) -> None:
        row = self.importer
        details = {name: str(getattr(row, name)) for name in ("name", "country", "street", "postal_code", "city")}
        structure = STRUCTURES.get(str(row.country), "corporation")
        steps.confirm_company(row, by=self.who, structure=structure, phone=row.contact_phone, **details)

    def named(self) -> None:
        self.company()
        phone = self.importer.contact_phone
        steps.name_officer(
            self.importer,
            by=self.who,
            name=self.officer,
            title=self.title,
            email=self.email,
            phone=phone,
            authorised=True,
        )

    def before(self, answer: ExistingAccount = ExistingAccount.NO) -> None:
        self.named()
        steps.answer_existing_account(self.importer, by=self.who, answer=answer)
        steps.choose_route(self.importer, by=self.who, route=self.route)

    def filed(self, name: str = "", email: str = "") -> None:
        filings.record_contact(
            self.importer,
            Document.FORM_5106,
            by=self.staff,
            name=name or self.officer,
            email=email or self.email,
            company_name=self.importer.name,
            source="ACE importer query",
        )

    def account(self) -> None:
        self.before()
        self.filed()
        steps.confirm_ace_account(self.importer, by=self.who, name=self.officer, email=self.email)

    def sent_to_a_colleague(self) -> None:
        self.account()
        name, email = COLLEAGUE
        if self.importer.name == COMPANIES[0][0]:
            delegate(self.importer, "ach-refund", by=self.who, name=name, email=email, language=self.importer.language)

    def refunds(self, signer: str = "") -> None:
        self.account()
        if checklist_of(self.importer).facts.effective_route is Route.OWN_ACCOUNT:
            steps.record_ach(self.importer, by=self.who, status=ACHStatus.NONE if signer else ACHStatus.SHOWN)
            return
        steps.complete_form_4811(
            self.importer,
            by=self.who,
            signer=signer or self.officer,
            email=self.email,
            signed_on=self.today - timedelta(days=6),
        )

    def declared(self) -> None:
        self.refunds()
        self.declare()

    def declare(self) -> None:
        steps.declare(self.importer, by=self.who, digest=self.digest)

    @property
    def digest(self) -> str:
        return checklist_of(self.importer).facts.digest

    def ready(self) -> None:
        self.declared()
        filings.record_4811_checks(self.importer, by=self.staff, on_profile=True, box_28=True)
        filings.verify(self.importer, by=self.staff, digest=self.digest)

    def invited(self) -> None:
        """Opened nothing yet."""

    def wrong_5106(self) -> None:
        self.before()
        self.filed("Lars Holm", "lars.holm@bogholderne.example")

    def at_cbp(self) -> None:
        self.wrong_5106()
        filings.mark_correction_sent(self.importer, by=self.staff)

    def written_differently(self) -> None:
        self.before()
        first, _space, rest = self.officer.removeprefix("Dr. ").partition(" ")
        self.filed(f"{first[0]}. {rest}")

    def wrong_signer(self) -> None:
        self.refunds(signer="Lars Holm")

    def enrolled(self) -> None:
        self.before(ExistingAccount.ENROLLED)
        self.filed()
        self.declare()

    def asks(self) -> None:
        self.before()
        text = ASKED[self.importer.language]
        questions.ask(self.importer, by=self.who, step="ace-account", topic="no-code", text=text)

    def answered(self) -> None:
        self.company()
        asked = questions.ask(self.importer, by=self.who, step="officer", topic="who", text="")
        questions.answer(asked, by=self.staff, text=ANSWERED[self.importer.language])

    def sent_back(self) -> None:
        self.declared()
        note = RETURNED[self.importer.language]
        filings.send_back(self.importer, by=self.staff, digest=self.digest, note=note)


Profile = Callable[[Builder], None]
PROFILES: tuple[tuple[Profile | None, int], ...] = (  # what was done, and how many days ago the last of it was
    (Builder.sent_to_a_colleague, 2),
    (None, 0),
    (Builder.invited, 9),
    (Builder.answered, 5),
    (Builder.asks, 3),
    (Builder.wrong_5106, 6),
    (Builder.at_cbp, 8),
    (Builder.ready, 4),
    (Builder.wrong_signer, 7),
    (Builder.refunds, 1),
    (Builder.declared, 1),
    (Builder.written_differently, 12),
    (Builder.enrolled, 10),
    (Builder.sent_back, 3),
    (Builder.ready, 15),
    (Builder.named, 2),
)


def build(count: int) -> int:
    """Makes what is not there yet of the first `count` importers; returns how many were made. All or nothing."""
    with transaction.atomic():
        with _as_demo():
            staff = [_staff(*person) for person in STAFF]
            _campaign(timezone.localdate())
        edit_firm(by=staff[0], ach_enrolled=True, importer_number="36-7654321")
        return sum(_one(index, staff) for index in range(count))


def sign_ins() -> list[tuple[str, str]]:
    """Of the demo's staff, those who are in this database."""
    there = set(User.objects.filter(email__in=dict(SIGN_INS), is_active=True).values_list("email", flat=True))
    return [(email, password) for email, password in SIGN_INS if email in there]


@contextmanager
def _as_demo() -> Iterator[None]:
    """For the rows that no deed makes."""
    system = User.objects.system()
    with pghistory.context(by=system.pk, who=str(system), action="demo data"):
        yield


def _staff(name: str, email: str, language: str, boss: bool) -> User:
    user = User.objects.for_email(email, name=name, language=language)
    user.is_staff, user.is_superuser = True, boss
    user.set_password(PASSWORD)
    user.save()
    return user


def _campaign(today: date) -> None:
    """The guide's own date is past; the next 21 April takes its place, so that reminders have something to do."""
    deadline = date(today.year + (today > date(today.year, 4, 21)), 4, 21)
    campaign, _made = Campaign.objects.get_or_create(
        name=f"Refunds by ACH, {deadline.year}",
        defaults={"deadline": deadline, "source": "demo data: the guide's date in the coming year"},
    )
    Campaign.objects.exclude(pk=campaign.pk).filter(superseded_by=None).update(superseded_by=campaign)


def _number(index: int, country: str) -> tuple[str, NumberKind]:
    """EIN with and without suffix and a few SSNs for Americans, mostly numbers assigned by CBP for the others."""
    if country == "US":
        shapes = (
            f"47-{2310000 + index:07d}00",
            f"36-{4410000 + index:07d}",
            f"5{index % 90 + 10:02d}-41-{7000 + index}",
        )
        return shapes[index % 3], (NumberKind.EIN, NumberKind.EIN, NumberKind.SSN)[index % 3]
    if index % 7 == 3:
        return f"98-{1200000 + index:07d}0A", NumberKind.EIN
    return f"26{1300 + index % 90:04d}-{index + 123:05d}", NumberKind.CBP_ASSIGNED


def _one(index: int, staff: list[User]) -> bool:
    company, city, postal_code, country, language, officer, title = COMPANIES[index % len(COMPANIES)]
    again = index // len(COMPANIES)
    number = parse_importer_number(*_number(index, country))
    if ImporterOfRecord.objects.filter(fingerprint=fingerprint(number)).exists():
        return False
    domain = anyascii(company.split()[0]).lower().strip(".") + (str(again) if again else "")
    email = f"{anyascii(officer.split()[-1]).lower()}@{domain}.example"
    with _as_demo():
        importer = ImporterOfRecord.objects.create(
            uuid=uuid5(NAMESPACE, number.canonical),
            name=f"{company} {again + 1}" if again else company,
            **number_columns(number),
            country=country,
            street=f"Havnegade {index + 1}" if country == "DK" else f"Harbour Street {index + 1}",
            postal_code=postal_code,
            city=city,
            is_ddp=country != "US" and index % 3 == 0,
            language=language,
            contact_name=officer,
            contact_title=title,
            contact_email="" if index == 17 else email,
            contact_phone=f"+45 70 10 {index % 90 + 10} {index % 80 + 11}" if country == "DK" else "+1 402 555 0132",
            assigned_to=staff[index % 3] if index % 5 else None,
        )
        refresh([importer.pk])
    profile, days = PROFILES[index % len(PROFILES)]
    if not importer.contact_email:
        profile = None
    _bring(importer, profile, staff[index % 3], Route.FORM_4811 if index % 2 else Route.OWN_ACCOUNT)
    with _as_demo():
        _age(importer, days)
        if index in ERRANDS:
            _task(importer, staff[index % 3], *ERRANDS[index])
    return True


def _task(importer: ImporterOfRecord, staff: User, kind: ErrandKind, days: int, why: str, outcome: str) -> None:
    """With what is behind it, as long as nobody has put it right."""
    since = timezone.now() - timedelta(days=days)
    done = {"done_at": since + timedelta(hours=5), "done_by": staff, "outcome": outcome} if outcome else {}
    why = why or importer.contact_email
    Errand.objects.create(importer=importer, kind=kind, why=why, opened_at=since, **done)
    if kind is ErrandKind.OPTED_OUT:
        Mailbox.objects.get_or_create(email=importer.contact_email, defaults={"opted_out_at": since})
    if kind is ErrandKind.DEAD_MAILBOX and not outcome:
        Mailbox.objects.get_or_create(
            email=importer.contact_email, defaults={"dead_at": since, "dead_because": NO_SUCH_USER}
        )


def _bring(importer: ImporterOfRecord, profile: Profile | None, staff: User, route: Route) -> None:
    if profile is None:
        return
    invite([importer], by=staff)
    who = User.objects.get(email=importer.contact_email)
    if profile is not Builder.invited:
        steps.note_visit(importer, by=who)
    profile(
        Builder(
            importer=importer,
            who=who,
            staff=staff,
            officer=importer.contact_name,
            email=importer.contact_email,
            title=importer.contact_title,
            route=route,
            today=timezone.localdate(),
        )
    )


def _age(importer: ImporterOfRecord, days: int) -> None:
    """Puts the deeds back in time, and the mails they caused down as sent: demo mail goes to nobody."""
    then = timezone.now() - timedelta(days=days)
    for row in Notification.objects.filter(importer=importer):
        letter = letters.write(row)
        row.subject, row.text, row.html = letter.subject, letter.text, letter.html
        row.state, row.sent_at, row.answer = MailState.SENT, then, "demo data, not sent"
        row.save()
    Notification.objects.filter(importer=importer).update(created_at=then, not_before=then)
    importer.questions.update(asked_at=then)
    ImporterAccess.objects.filter(importer=importer).update(granted_at=then)
    ImporterAccess.objects.filter(importer=importer, first_visit_at__isnull=False).update(first_visit_at=then)
    Readiness.objects.filter(importer=importer).update(changed_at=then)
    ImporterOfRecord.objects.filter(pk=importer.pk).update(created_at=then - timedelta(days=3))
    ImporterOfRecord.objects.filter(pk=importer.pk, invited_at__isnull=False).update(invited_at=then)
