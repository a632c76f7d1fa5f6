from datetime import date

import pytest
from django.utils import translation

from importers import wording
from importers.domain.checklist import Group, Status
from importers.domain.consistency import RULES, Finding, Who
from importers.domain.failures import CBP_DESKS, FAILURES
from importers.models.labels import LABELS

RULE = {rule.key: rule for rule in RULES}


def test_every_label_group_and_fixer_has_words() -> None:
    assert all(set(words) == set(values) for values, words in LABELS.items())
    assert set(wording.GROUPS) == set(Group)
    assert set(wording.FIXERS) == set(Who)


def test_colour_marks_only_what_needs_somebody() -> None:
    quiet = {Status.DONE, Status.NOT_NEEDED, Status.CANNOT_START}
    assert set(wording.STATUS_TAGS) == set(Status) - quiet


@pytest.mark.parametrize(("number", "words"), [(0, "no"), (1, "one"), (10, "ten"), (11, "11")])
def test_numbers_up_to_ten_are_words(number: int, words: str) -> None:
    assert wording.number_word(number) == words


def test_danish_has_its_own_words_and_dates() -> None:
    with translation.override("da"):
        assert [wording.number_word(n) for n in (1, 2, 10)] == ["ét", "to", "ti"]
        assert wording.long_date(date(2027, 4, 21)) == "onsdag den 21. april 2027"
        assert wording.short_date(date(2027, 4, 21)) == "21. april"


def test_a_date_reads_like_a_date() -> None:
    assert wording.long_date(date(2027, 4, 21)) == "Wednesday 21 April 2027"


def test_a_document_at_the_beginning_gets_its_capital() -> None:
    params = {"document": "the ACE account", "filed": "lars holm", "officer": "Mette"}
    finding = Finding(RULE["person-differs"], "ace-account", Who.IMPORTER, params)
    assert wording.finding_text(finding).startswith("The ACE account names lars holm.")


def test_an_address_at_the_beginning_stays_as_it_is() -> None:
    params = {"document": "Form 5106", "filed": "lars@else.example", "officer": "mette@nordlys.example"}
    finding = Finding(RULE["email-differs"], "form-5106", Who.BROKER, params)
    assert wording.finding_text(finding).startswith("lars@else.example stands in Form 5106")


def test_a_day_in_a_rule_is_written_out() -> None:
    finding = Finding(RULE["form-4811-old"], "form-4811", Who.BROKER, {"signed_on": "2022-01-03"})
    assert "Monday 3 January 2022" in wording.finding_text(finding)


@pytest.mark.parametrize(
    ("email", "masked"), [("mette@nordlys.example", "m•••@nordlys.example"), ("a@b.dk", "a•••@b.dk")]
)
def test_an_address_is_masked_but_can_be_recognised(email: str, masked: str) -> None:
    assert wording.masked_email(email) == masked


def test_cbps_own_words_are_marked_as_english_for_other_readers_and_the_rest_is_escaped() -> None:
    assert wording.mark_cbp_labels("Press Submit <b>") == "Press Submit &lt;b&gt;"
    with translation.override("da"):
        assert wording.mark_cbp_labels("Tryk på Submit <b>") == 'Tryk på <span lang="en">Submit</span> &lt;b&gt;'


def test_every_cbp_label_stands_in_a_text_of_ours() -> None:
    told = " ".join([text for f in FAILURES for text in (f.title, f.remedy)] + [d.name for d in CBP_DESKS.values()])
    assert [label for label in wording.CBP_LABELS if label not in told] == []
