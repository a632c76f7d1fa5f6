"""Sharing entries: what is shown stays as it was, and only what is shared is seen."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from importers import delivery
from importers.domain.errors import RuleViolation
from importers.letters import write
from importers.models import ImporterOfRecord, MailKind, MailState, Notification, Readiness, User
from importers.services.details import remove
from refunds.domain.eligibility import Verdict, assess
from refunds.domain.rules import SHIPPED
from refunds.models import Entry, Pack
from refunds.services import packs
from refunds.services.packs import draft, newest, publish, readers, withdraw
from tests.factories import AccessFactory, EntryFactory, ImporterFactory, OfficerFactory, ReportFactory, StaffFactory

pytestmark = pytest.mark.django_db
EXPIRED = date(2025, 9, 1)  # a liquidation so long ago that the last day for a protest is over


@pytest.fixture
def staff() -> User:
    return StaffFactory.create()


@pytest.fixture
def importer() -> ImporterOfRecord:
    return AccessFactory.create().importer


@pytest.fixture
def entry(importer: ImporterOfRecord) -> Entry:
    return EntryFactory.create(importer=importer, ieepa_duty=Decimal("100.10"))


def shared_refund(importer: ImporterOfRecord) -> Decimal | None:
    return Readiness.objects.get(importer=importer).shared_refund


def mails() -> list[Notification]:
    return list(Notification.objects.filter(kind=MailKind.SHARED).order_by("to_email"))


def test_a_pack_holds_what_the_importer_has_now(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    old = ReportFactory.create(as_of=date(2026, 1, 5))
    closed = EntryFactory.create(
        importer=importer, ieepa_duty=Decimal("50.00"), liquidation_date=EXPIRED, liquidation_status="Liquidated",
        entry_date=date(2025, 5, 1), report=old,
    )  # fmt: skip
    EntryFactory.create()  # somebody else's
    pack = publish(importer, by=staff)
    assert (pack.entries, pack.possible_refund, pack.as_of) == (2, Decimal("100.10"), timezone.localdate())
    assert (pack.published_by, pack.reports_as_of, pack.language) == (staff, date(2026, 1, 5), "en")
    first, second = pack.lines.all()
    assert (first.entry_number, first.verdict, first.ieepa_duty) == (entry.number, Verdict.ELIGIBLE, Decimal("100.10"))
    assert (first.cape_until, first.protest_until) == (None, None)
    assert (second.entry_number, second.verdict) == (closed.number, Verdict.CLOSED)
    assert second.cape_until == EXPIRED + timedelta(days=80)
    assert second.protest_until == EXPIRED + timedelta(days=180)
    assert entry.canonical in bytes(pack.csv).decode()
    assert bytes(pack.xlsx).startswith(b"PK")


def test_what_is_shown_is_what_the_reminders_may_name(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    assert shared_refund(importer) is None
    publish(importer, by=staff)
    assert shared_refund(importer) == Decimal("100.10")


def test_a_pack_stays_as_it_was(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    pack = publish(importer, by=staff)
    Entry.objects.filter(pk=entry.pk).update(ieepa_duty=Decimal("7.00"))
    assert pack.lines.get().ieepa_duty == Decimal("100.10")


STATEMENTS = {
    "a sum": "UPDATE refunds_pack SET possible_refund = 1",
    "a file": "UPDATE refunds_pack SET csv = ''",
    "a pack": "DELETE FROM refunds_pack",
    "all packs": "TRUNCATE refunds_pack CASCADE",
    "a line": "UPDATE refunds_packline SET ieepa_duty = 1",
    "a line less": "DELETE FROM refunds_packline",
    "all lines": "TRUNCATE refunds_packline",
    "a line more": "INSERT INTO refunds_packline (pack_id, entry_number, entry_date, liquidation_status, ieepa_duty, "
    "verdict, verdict_rule) SELECT id, 'B7600000019', '2025-05-01', '', 9, 'eligible', '' FROM refunds_pack",
}  # fmt: skip


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_no_statement_changes_a_pack(importer: ImporterOfRecord, entry: Entry, staff: User, statement: str) -> None:
    publish(importer, by=staff)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pgtrigger.ignore = '{}'")  # as in production (see tests/conftest.py)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after a commit
        with pytest.raises(DatabaseError, match=r"Cannot|cannot be emptied|as it says"), transaction.atomic():
            cursor.execute(statement)


def test_what_was_taken_back_stays_so(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    pack = publish(importer, by=staff)
    withdraw(pack, by=staff)
    packs = Pack.objects.filter(pk=pack.pk)
    for change in ({"withdrawn_at": None, "withdrawn_by": None}, {"withdrawn_by": StaffFactory.create()}):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            packs.update(**change)
    assert packs.get().withdrawn_by == staff


def test_verdicts_of_yesterday_are_judged_anew(importer: ImporterOfRecord, staff: User) -> None:
    """On the 81st day a claim is late; what was kept the day before says otherwise."""
    today = timezone.localdate()
    EntryFactory.create(
        importer=importer, liquidation_date=today - timedelta(days=81), assessed_on=today - timedelta(days=1)
    )
    assert Entry.objects.get().verdict == Verdict.ELIGIBLE
    assert publish(importer, by=staff).lines.get().verdict == Verdict.LATE


def test_verdicts_of_other_rules_are_judged_anew(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    Entry.objects.filter(pk=entry.pk).update(rules_version=7, verdict=Verdict.EXCLUDED)
    assert publish(importer, by=staff).lines.get().verdict == Verdict.ELIGIBLE


def test_each_entry_is_judged_by_its_own_facts(importer: ImporterOfRecord, staff: User) -> None:
    """The rules are asked once for each combination of facts."""
    today = timezone.localdate()
    kinds: list[dict[str, Any]] = [
        {},
        {"ieepa_duty": Decimal(0)},
        {"entry_date": date(2025, 1, 1)},
        {"entry_date": date(2026, 11, 1)},
        {"entry_type": "08"},
        {"liquidation_date": today - timedelta(days=100), "liquidation_status": "Liquidated"},
        {"liquidation_date": EXPIRED, "liquidation_status": "Liquidated"},
        {"liquidation_status": "Liquidated"},
        {"reconciliation": "Y"},
        {"control_status": "Rejected"},
        {"protest_status": "Open"},
        {"claim_status": "accepted"},
        {"claim_status": "rejected"},
        {"paid_on": today},
    ]
    entries = [EntryFactory.create(importer=importer, **kind) for kind in kinds for _twice in range(2)]
    decisions = {entry.number: assess(entry.facts, SHIPPED, today) for entry in entries}
    shown = {line.number: (line.verdict, line.rule) for line in draft(importer).lines}
    assert shown == {number: (decision.verdict, decision.rule) for number, decision in decisions.items()}
    assert len(set(shown.values())) >= 10


def test_without_entries_there_is_nothing_to_share(importer: ImporterOfRecord, staff: User) -> None:
    with pytest.raises(RuleViolation) as refused:
        publish(importer, by=staff)
    assert refused.value.code == "no_entries"
    assert not Pack.objects.exists()
    assert not mails()


def test_the_same_again_is_refused(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    publish(importer, by=staff)
    with pytest.raises(RuleViolation) as refused:
        publish(importer, by=staff)
    assert refused.value.code == "unchanged"
    assert Pack.objects.count() == 1
    assert len(mails()) == 1
    Entry.objects.filter(pk=entry.pk).update(liquidation_status="Liquidated")
    assert publish(importer, by=staff).entries == 1


def test_what_was_taken_back_can_be_shared_again(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    withdraw(publish(importer, by=staff), by=staff)
    assert publish(importer, by=staff).pk


def test_a_draft_tells_what_is_new(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    assert draft(importer).changes.added == 1
    publish(importer, by=staff)
    EntryFactory.create(importer=importer)
    Entry.objects.filter(pk=entry.pk).update(ieepa_duty=Decimal("1.00"))
    found = draft(importer).changes
    assert (found.added, found.changed, found.gone) == (1, 1, 0)


def test_taking_back_shows_the_pack_before_again(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    first = publish(importer, by=staff)
    Entry.objects.filter(pk=entry.pk).update(ieepa_duty=Decimal("7.00"))
    second = publish(importer, by=staff)
    assert newest(importer) == second
    assert shared_refund(importer) == Decimal("7.00")
    withdraw(second, by=staff)
    assert newest(importer) == first
    assert shared_refund(importer) == Decimal("100.10")
    withdraw(first, by=staff)
    assert newest(importer) is None
    assert shared_refund(importer) is None
    first.refresh_from_db()
    assert first.withdrawn_by == staff


def test_what_is_taken_back_is_taken_back_once(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    pack = publish(importer, by=staff)
    withdraw(pack, by=staff)
    with pytest.raises(RuleViolation):
        withdraw(pack, by=StaffFactory.create())
    pack.refresh_from_db()
    assert pack.withdrawn_by == staff


def test_the_history_keeps_who_did_it(importer: ImporterOfRecord, entry: Entry, staff: User) -> None:
    pack = publish(importer, by=staff)
    withdraw(pack, by=staff)
    done = [(e.pgh_label, e.pgh_context["by"], e.pgh_context["action"]) for e in pack.history.order_by("pgh_id")]
    assert done == [("insert", staff.pk, "share entries"), ("update", staff.pk, "take back shared entries")]


def test_if_the_files_cannot_be_made_nothing_is_shared(
    importer: ImporterOfRecord, entry: Entry, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*args: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(packs.client_pack, "write", breaks)
    with pytest.raises(MemoryError):
        publish(importer, by=staff)
    assert not Pack.objects.exists()
    assert shared_refund(importer) is None
    assert not mails()


def test_of_a_social_security_number_the_files_hold_the_mask(staff: User) -> None:
    importer = ImporterFactory.create(number_text="123-45-6789")
    EntryFactory.create(importer=importer)
    text = bytes(publish(importer, by=staff).csv).decode()
    assert "•••-••-6789" in text
    assert "123-45" not in text


def test_an_importer_with_whom_entries_were_shared_is_not_removed(
    importer: ImporterOfRecord, entry: Entry, staff: User
) -> None:
    publish(importer, by=staff)
    with pytest.raises(RuleViolation) as refused:
        remove(importer, by=staff)
    assert refused.value.code == "in_use"
    assert ImporterOfRecord.objects.filter(pk=importer.pk).exists()


@pytest.mark.parametrize("change", [{"ieepa_duty": Decimal("7.00")}, {"liquidation_status": "Extended"}])
def test_what_was_not_looked_at_is_not_shared(
    importer: ImporterOfRecord, entry: Entry, staff: User, change: dict[str, Any]
) -> None:
    seen = draft(importer).seen
    Entry.objects.filter(pk=entry.pk).update(**change)
    with pytest.raises(RuleViolation) as refused:
        publish(importer, by=staff, seen=seen)
    assert refused.value.code == "changed"
    assert publish(importer, by=staff, seen=draft(importer).seen).pk


# --- the mail ------------------------------------------------------------------------------------------------------


def test_the_officer_and_the_contact_are_told(entry: Entry, importer: ImporterOfRecord, staff: User) -> None:
    officer = AccessFactory.create(importer=importer, user=User.objects.for_email("officer@nordlys.example", name="O"))
    OfficerFactory.create(importer=importer, email="Officer@nordlys.example", name="Ane Officer")
    publish(importer, by=staff)
    told = [(mail.to_email, mail.to_name, mail.requested_by, mail.importer) for mail in mails()]
    assert told == [
        (importer.contact_email, "Mette Sørensen", staff, importer),
        (officer.user.email, "Ane Officer", staff, importer),
    ]


def test_one_person_gets_one_mail(entry: Entry, importer: ImporterOfRecord, staff: User) -> None:
    OfficerFactory.create(importer=importer, email=importer.contact_email.upper(), name="Mette S.")
    publish(importer, by=staff)
    assert [mail.to_name for mail in mails()] == ["Mette S."]


def test_who_may_not_come_in_is_not_told(entry: Entry, importer: ImporterOfRecord, staff: User) -> None:
    OfficerFactory.create(importer=importer, email="officer@nordlys.example")  # was never invited
    importer.accesses.update(revoked_at=timezone.now(), revoked_by=staff)
    assert readers(importer) == []
    publish(importer, by=staff)
    assert mails() == []


@pytest.mark.parametrize("taken", ["pack", "access"])
def test_a_mail_whose_page_is_closed_meanwhile_does_not_go(
    entry: Entry, importer: ImporterOfRecord, staff: User, taken: str
) -> None:
    pack = publish(importer, by=staff)
    if taken == "pack":
        withdraw(pack, by=staff)
    else:
        importer.accesses.update(revoked_at=timezone.now(), revoked_by=staff)
    (mail,) = mails()
    assert delivery.deliver(mail.pk) != MailState.SENT
    mail.refresh_from_db()
    assert mail.state == MailState.DROPPED


def test_the_mail_goes(entry: Entry, importer: ImporterOfRecord, staff: User) -> None:
    publish(importer, by=staff)
    assert delivery.deliver(mails()[0].pk) == MailState.SENT


@pytest.mark.parametrize("language", ["en", "da"])
def test_the_mail_names_the_day_and_no_sum(
    entry: Entry, importer: ImporterOfRecord, staff: User, language: str
) -> None:
    User.objects.filter(email=importer.contact_email).update(language=language)
    with time_machine.travel("2026-11-26T10:00:00Z", tick=False):
        publish(importer, by=staff)
    with time_machine.travel("2026-11-28T10:00:00Z", tick=False):
        letter = write(mails()[0])
    text = f"{letter.subject} {letter.text} {letter.html}"
    assert {"en": "26 November 2026", "da": "26. november 2026"}[language] in text
    assert "100" not in letter.text
    assert importer.number not in text
