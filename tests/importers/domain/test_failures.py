"""The table of what goes wrong: whole, and free of what must not stand in a mail."""

import re
from collections import Counter

import pytest

from importers.domain.errors import Msgid
from importers.domain.facts import ACHStatus
from importers.domain.failures import AFTER_THE_TAB, CBP_DESKS, FAILURES, Desk, Failure, Place, failures_at
from importers.domain.free_text import refuse_bank_details

KNOWN = {"company", "number", "last4", "officer", "email", "phone", "person"}
EACH = pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.key)


def texts(failure: Failure) -> tuple[str, ...]:
    return (failure.mail.subject, *failure.mail.paragraphs)


def test_each_has_its_own_key() -> None:
    assert [key for key, n in Counter(f.key for f in FAILURES).items() if n > 1] == []


def test_every_failure_that_is_known_of_an_application_is_there() -> None:
    assert [f.key for f in failures_at(Place.APPLYING)] == [
        "no-code", "code-ran-out", "name-not-accepted", "number-not-accepted", "email-used", "already-linked",
        "owner-left", "tab-missing",
    ]  # fmt: skip


def test_what_goes_wrong_in_an_account_stands_among_what_goes_wrong_with_applying() -> None:
    """The page of the account lists the one, and of it only the other where there is an account."""
    assert {f.key for f in failures_at(Place.IN_ACCOUNT)} < {f.key for f in failures_at(Place.APPLYING)}


@pytest.mark.parametrize("place", list(Place))
def test_every_place_has_help(place: Place) -> None:
    assert list(failures_at(place))


def test_whatever_the_tab_shows_has_a_next_thing_of_its_own() -> None:
    assert set(AFTER_THE_TAB) == set(ACHStatus) - {ACHStatus.UNKNOWN, ACHStatus.SHOWN}
    firsts = list(AFTER_THE_TAB.values())
    assert len({key for keys in firsts for key in keys}) == sum(map(len, firsts))
    assert {key for keys in firsts for key in keys} <= {f.key for f in failures_at(Place.ACH_TAB)}


@EACH
def test_only_what_the_page_can_fill_in_is_asked_for(failure: Failure) -> None:
    assert set(re.findall(r"%\((\w+)\)s", " ".join(texts(failure)))) <= KNOWN


@EACH
def test_the_broker_is_written_to_in_the_readers_language_and_cbp_in_english(failure: Failure) -> None:
    to_broker = failure.mail.to is Desk.BROKER
    assert all(isinstance(text, Msgid) is to_broker for text in texts(failure))
    assert isinstance(failure.title, Msgid)
    assert isinstance(failure.remedy, Msgid)


@EACH
def test_the_whole_number_goes_to_cbp_only(failure: Failure) -> None:
    assert ("%(number)s" in " ".join(texts(failure))) is (failure.mail.to is not Desk.BROKER)


@EACH
def test_no_mail_holds_or_asks_for_bank_details(failure: Failure) -> None:
    for text in (failure.remedy, *texts(failure)):
        refuse_bank_details(text)
        assert not re.search(r"\[[^]]*(account number|routing)[^]]*\]", text)


def test_every_desk_of_cbp_has_an_address_of_theirs() -> None:
    assert set(CBP_DESKS) == set(Desk) - {Desk.BROKER}
    assert all(desk.email.endswith("@cbp.dhs.gov") for desk in CBP_DESKS.values())
    assert all(not desk.phone or desk.phone.startswith("+1 ") for desk in CBP_DESKS.values())
