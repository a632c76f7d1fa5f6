import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.errors import RuleViolation
from refunds.domain.cape_messages import (
    LONGEST,
    MESSAGES,
    STATUSES,
    Actor,
    ClaimStatus,
    Refile,
    claim_status,
    explain,
    message_text,
)

TEXTS = [(text, message) for message in MESSAGES for text in message.texts]


@pytest.mark.parametrize(("text", "message"), TEXTS)
def test_each_text_is_found_whatever_its_case_spacing_and_details(text: str, message: object) -> None:
    spaced = "  ".join(text.lower().split())
    for written in (text, spaced, f"{text}.", f"{text} - LINE 003 HTS 99030125", f"ERROR: {text}"):
        assert [one.message for one in explain(written)] == [message], written


def test_no_text_stands_for_two_messages() -> None:
    assert len({text for text, _message in TEXTS}) == len(TEXTS)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_each_message_says_what_to_do_and_where_it_was_seen(message: object) -> None:
    assert all(getattr(message, name) for name in ("texts", "meaning", "remedy", "source"))
    assert all(text == text.upper() for text in message.texts)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "refile", "actor"),
    [
        ("GOODS VALUE AMOUNT MUST BE REPORTED ON THE CH 1-97", Refile.NOW, Actor.BROKER),  # removed
        ("HTS RELATIONSHIP/SEQUENCE MISMATCH", Refile.NOW, Actor.BROKER),  # split
        ("HTS RELATIONSHIP MISMATCH", Refile.AFTER_FIX, Actor.BROKER),
        ("ENTRY SUMMARY FLAGGED FOR RECON", Refile.NOW, Actor.BROKER),
        ("ENTRY ON DRAWBACK", Refile.NEVER, Actor.COUNSEL),
        ("SUBMITTER NOT IOR/FILING BROKER", Refile.NEVER, Actor.FILER),
        ("JMS PROCESSING EXCEPTION", Refile.WAIT, Actor.CBP),
    ],
)
def test_who_must_act_and_whether_filing_again_helps(text: str, refile: Refile, actor: Actor) -> None:
    [found] = explain(text)
    assert found.message is not None
    assert (found.message.refile, found.message.actor) == (refile, actor)


def test_an_unknown_message_stays_as_it_is() -> None:
    [found] = explain("Phase  of the moon is wrong")
    assert (found.message, found.name) == (None, "PHASE OF THE MOON IS WRONG")


@pytest.mark.parametrize("text", ["INVALID HTSUS", "REENTRY ON DRAWBACKS", "DUPLICATES"])
def test_a_part_of_a_word_is_no_match(text: str) -> None:
    assert explain(text)[0].message is None


def test_several_messages_in_one_cell() -> None:
    found = explain("Entry on drawback; INVALID HTS 12\nwhatever | Entry on drawback")
    assert [one.name for one in found] == ["ENTRY ON DRAWBACK", "INVALID HTS", "WHATEVER"]


@pytest.mark.parametrize("text", ["", "  ", "None", "N/A", "-", "no errors"])
def test_what_says_that_there_is_no_error(text: str) -> None:
    assert message_text(text) == ""


def test_no_social_security_number_is_kept() -> None:
    kept = message_text("IOR must match 123-45-6789 or 123456789, HTS 9903012500, entry 316-2509314-6")
    assert kept == "IOR MUST MATCH ••• OR •••, HTS 9903012500, ENTRY 316-2509314-6"


@given(st.text(max_size=2000))
def test_any_text_is_kept_short_and_clean_and_told_the_same_again(text: str) -> None:
    kept = message_text(text)
    assert len(kept) <= LONGEST
    assert kept == "" or kept.isprintable()
    assert message_text(kept) == kept
    assert explain(kept) == explain(text)


def test_a_text_of_megabytes_is_cut() -> None:
    assert len(message_text("A" * 10_000_000)) == LONGEST


@pytest.mark.parametrize(
    ("text", "message", "status"),
    [
        ("Accepted", "", ClaimStatus.ACCEPTED),
        ("ACCEPTED", "ENTRY SUMMARY UNDER REVIEW", ClaimStatus.ACCEPTED),
        ("Accepted", "WILL BE PAID AT LIQUIDATION", ClaimStatus.ACCEPTED),
        ("Accepted with Error(s)", "", ClaimStatus.ACCEPTED),
        ("Accepted with errors", "INVALID HTS", ClaimStatus.REJECTED),
        ("accepted_with_error", "SOMETHING NEW", ClaimStatus.REJECTED),
        ("Rejected", "", ClaimStatus.REJECTED),
        ("Failed initial validation", "", ClaimStatus.REJECTED),
        ("Rejected by  batch validation", "", ClaimStatus.REJECTED),
        ("In Progress", "", ClaimStatus.PENDING),
    ],
)
def test_what_a_status_means_for_an_entry(text: str, message: str, status: ClaimStatus) -> None:
    assert claim_status(text, message) is status


@pytest.mark.parametrize("text", ["", " ", "Not accepted", "Accepted?no", "Unaccepted", "Rejected in part", "x" * 5000])
def test_no_status_is_guessed(text: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        claim_status(text, "")
    assert refused.value.code == "status"
    assert len(refused.value.message) < 400


def test_accepted_with_an_error_that_rules_it_out_is_a_contradiction() -> None:
    with pytest.raises(RuleViolation) as refused:
        claim_status("Accepted", "ENTRY ON DRAWBACK")
    assert refused.value.code == "contradiction"


def test_every_status_listed_is_understood() -> None:
    assert all(claim_status(text.title(), "") in ClaimStatus for text in STATUSES)


def test_a_message_with_bank_details_is_kept_without_them() -> None:
    assert "987654321012" not in message_text("REFUND FAILED ACCOUNT 987654321012")
    assert message_text("HTS 99030125 NOT VALID") == "HTS 99030125 NOT VALID"
