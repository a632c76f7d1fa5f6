from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from importers.domain.checklist import STEP_BY_KEY
from importers.domain.consistency import DOCUMENT_STEP, RULES, Finding, Severity, Who, findings, years_before
from importers.domain.facts import Document, ExistingAccount, Form4811Facts, ImporterFacts
from tests.samples_of_facts import OFFICER, complete, filed, fresh


def found(facts: ImporterFacts) -> list[tuple[str, str]]:
    return [(f.rule.key, f.step) for f in findings(facts)]


def only(facts: ImporterFacts) -> Finding:
    (finding,) = findings(facts)
    return finding


def test_nothing_to_say_when_all_agree() -> None:
    assert found(complete()) == []
    assert found(fresh()) == []


def test_each_document_is_compared_with_the_officer(subtests: pytest.Subtests) -> None:
    for document in list(Document):
        for change, rule in [
            ({"email": "lars@nordlys.example"}, "email-differs"),
            ({"email": "mette+ace@nordlys.example"}, "email-differs"),
            ({"name": "Lars Holm"}, "person-differs"),
            ({"name": "Mette Sørensen Jr."}, "person-differs"),
            ({"name": "M. Sørensen"}, "name-written-differently"),
            ({"name": "Mette K. Sørensen"}, "name-written-differently"),
            ({"name": ""}, "contact-incomplete"),
            ({"email": ""}, "contact-incomplete"),
        ]:
            with subtests.test(document=document, change=change, rule=rule):
                finding = only(filed(complete(), document, **change))
                assert (finding.rule.key, finding.step) == (rule, DOCUMENT_STEP[document])
                assert finding.who is (Who.BROKER if document is Document.FORM_5106 else Who.IMPORTER)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "METTE SOERENSEN"},
        {"name": "Sørensen, Mette"},
        {"name": "Mette  Sorensen"},
        {"email": "Mette@Nordlys.Example"},
        {"email": "mailto:mette@nordlys.example"},
    ],
)
def test_spelling_that_means_the_same_is_no_difference(change: dict[str, str]) -> None:
    assert found(filed(complete(), Document.FORM_5106, **change)) == []


def test_an_officer_who_may_not_sign_is_a_blocker_once_something_is_filed() -> None:
    undeclared = complete(officer=replace(OFFICER, declared=False))
    assert ("not-an-officer", "officer") in found(undeclared)
    assert found(fresh(officer=replace(OFFICER, declared=False))) == []


def test_the_company_name_is_compared_letter_by_letter_but_not_by_case() -> None:
    facts = complete()
    assert found(filed(facts, Document.FORM_5106, company_name="NORDLYS  CYKLER APS")) == []
    assert found(filed(facts, Document.FORM_5106, company_name="")) == []
    finding = only(filed(facts, Document.FORM_5106, company_name="Nordlys Cykler A/S"))
    assert (finding.rule.key, finding.step) == ("company-name-differs", "company")
    assert found(filed(facts, Document.FORM_5106, company_name="Nordlys Cykler A/S", correction_sent=True)) == []


def test_the_brokers_own_address_on_the_5106_is_called_that() -> None:
    rules = found(filed(complete(), Document.FORM_5106, email="import@alpi.dk"))
    assert ("broker-address-on-5106", "form-5106") in rules


@pytest.mark.parametrize(
    ("email", "rule"),
    [
        ("info@nordlys.example", "shared-mailbox"),
        ("Kontakt@nordlys.example", "shared-mailbox"),
        ("mette.sorensen@gmail.com", "free-mail"),
        ("mette@hotmail.dk", "free-mail"),
    ],
)
def test_mailboxes_that_are_risky_are_warned_of(email: str, rule: str) -> None:
    facts = fresh(officer=replace(OFFICER, email=email))
    assert only(facts).rule.key == rule
    assert only(facts).severity is Severity.WARNING


def test_the_same_email_for_several_importers_is_told_with_their_number() -> None:
    finding = only(fresh(officer=OFFICER, officer_email_elsewhere=3))
    assert finding.rule.key == "email-on-several-importers"
    assert "3" in finding.message


def test_not_knowing_of_an_account_is_a_warning_until_there_is_one() -> None:
    unsure = fresh(existing_account=ExistingAccount.UNSURE)
    assert only(unsure).rule.key == "account-unknown"
    assert found(replace(unsure, ace_confirmed=True)) == []


@pytest.mark.parametrize(
    ("as_of", "warned"),
    [
        (date(2026, 11, 2), False),
        (date(2029, 11, 2), False),
        (date(2029, 11, 3), True),
    ],
)
def test_form_4811_is_old_after_three_years(as_of: date, warned: bool) -> None:
    facts = complete(as_of=as_of, form_4811=Form4811Facts(True, date(2026, 11, 2), on_profile=True, box_28=True))
    assert found(facts) == ([("form-4811-old", "form-4811")] if warned else [])


def test_three_years_before_a_leap_day() -> None:
    assert years_before(date(2028, 2, 29), 3) == date(2025, 2, 28)


def test_an_accepted_warning_comes_back_when_a_compared_value_changes() -> None:
    facts = filed(complete(), Document.ACE, name="M. Sørensen")
    warning = only(facts)
    accepted = replace(facts, accepted=frozenset({warning.fingerprint}))
    assert found(accepted) == []
    assert found(filed(accepted, Document.ACE, name="M. K. Sørensen")) == [("name-written-differently", "ace-account")]


def test_a_blocker_cannot_be_accepted() -> None:
    facts = filed(complete(), Document.ACE, name="Lars Holm")
    assert found(replace(facts, accepted=frozenset({only(facts).fingerprint}))) == [("person-differs", "ace-account")]


def test_every_rule_says_what_to_do_and_where_it_comes_from() -> None:
    assert not [key for key, n in Counter(rule.key for rule in RULES).items() if n > 1]
    for rule in RULES:
        assert rule.text.strip()
        assert rule.remedy.strip()
        assert rule.source.strip()


def test_documents_show_at_steps_that_exist() -> None:
    assert set(DOCUMENT_STEP) == set(Document)
    assert set(DOCUMENT_STEP.values()) <= set(STEP_BY_KEY)
