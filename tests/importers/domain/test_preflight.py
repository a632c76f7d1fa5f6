"""CBP's four checks, with what the portal knows on each side of the line."""

from dataclasses import replace
from datetime import date

import pytest

from importers.domain.checklist import evaluate
from importers.domain.facts import Document, ExistingAccount, Filed, ImporterFacts, Officer
from importers.domain.preflight import Verdict, for_colleague, preflight

METTE = Officer("Mette Sørensen", "Director", "mette@nordlys.example", "+4570101011", declared=True)
FACTS = ImporterFacts(
    as_of=date(2026, 11, 22),
    name="Nordlys Cykler ApS",
    number="••••••-•0123",
    country="DK",
    officer=METTE,
    existing_account=ExistingAccount.NO,
    filed={Document.FORM_5106: Filed(METTE.name, METTE.email, "Nordlys Cykler ApS")},
    broker_email="jar@alpi.example",
)


def verdicts(facts: ImporterFacts) -> dict[str, Verdict]:
    return {check.key: check.verdict for check in preflight(evaluate(facts))}


def filed(**changes: str) -> ImporterFacts:
    entry = replace(FACTS.filed[Document.FORM_5106], **changes)
    return replace(FACTS, filed={Document.FORM_5106: entry})


def test_only_what_we_have_read_is_called_good() -> None:
    """What the importer says of the number is told as theirs; nobody was asked about the e-mail."""
    assert verdicts(FACTS) == {
        "company": Verdict.GOOD,
        "mailbox": Verdict.GOOD,
        "email-free": Verdict.UNKNOWN,
        "number-free": Verdict.TOLD,
    }


def test_what_cannot_be_known_says_how_to_find_out() -> None:
    unsure = replace(FACTS, existing_account=ExistingAccount.UNSURE)
    texts = {check.key: check.text for check in preflight(evaluate(unsure))}
    assert "Ask the officer" in texts["email-free"]
    assert "ACE Support" in texts["number-free"]


@pytest.mark.parametrize("answer", ExistingAccount)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_colleague_reads_how_it_stands_and_no_answer(answer: ExistingAccount, elsewhere: bool) -> None:
    facts = replace(FACTS, existing_account=answer, officer_email_elsewhere=elsewhere)
    checks = preflight(evaluate(facts))
    shown = for_colleague(checks)
    assert [check.verdict for check in shown] == [check.verdict for check in checks]
    text = " ".join(check.text for check in shown)
    assert "You told us" not in text
    assert "other importers" not in text


def test_what_nobody_has_read_is_not_checked_yet() -> None:
    unread = replace(FACTS, filed={})
    assert verdicts(unread)["company"] is Verdict.UNCHECKED
    assert verdicts(unread)["mailbox"] is Verdict.UNCHECKED


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        (filed(company_name="Nordlys Cykler A/S"), "company"),
        (filed(email="old@nordlys.example"), "mailbox"),
        (filed(email=""), "mailbox"),
        (filed(email="anybody@alpi.example"), "mailbox"),
        (replace(FACTS, officer_email_elsewhere=1), "email-free"),
        (replace(FACTS, existing_account=ExistingAccount.ACCOUNT), "number-free"),
        (replace(FACTS, existing_account=ExistingAccount.ENROLLED), "number-free"),
    ],
)
def test_what_cbp_would_refuse_is_wrong(facts: ImporterFacts, key: str) -> None:
    assert verdicts(facts)[key] is Verdict.WRONG


@pytest.mark.parametrize("answer", [None, ExistingAccount.UNSURE])
def test_without_an_answer_about_ace_nothing_is_claimed(answer: ExistingAccount | None) -> None:
    unsure = replace(FACTS, existing_account=answer)
    assert verdicts(unsure)["email-free"] is Verdict.UNKNOWN
    assert verdicts(unsure)["number-free"] is Verdict.UNKNOWN


def test_a_name_on_5106_that_was_not_noted_is_not_checked_yet() -> None:
    assert verdicts(filed(company_name=""))["company"] is Verdict.UNCHECKED
