import copy
import pickle

import pytest

from importers.domain.errors import LineError, RuleViolation, gettext_noop


def violation() -> RuleViolation:
    return RuleViolation("duplicate", "Row %(first)d holds it too; 100%% sure.", first=7)


def in_danish(template: str) -> str:
    return {"Row %(first)d holds it too; 100%% sure.": "Række %(first)d har det også; 100%% sikkert."}[template]


def test_message_is_the_template_filled_in() -> None:
    error = violation()
    assert error.message == str(error) == error.template % error.params == "Row 7 holds it too; 100% sure."


def test_without_parameters_the_template_is_filled_in_too() -> None:
    assert RuleViolation("x", "100%% sure").message == "100% sure"


def test_parameters_may_have_any_name() -> None:
    error = RuleViolation("x", "%(code)s %(template)s", code="a", template="b")
    assert (error.code, error.message) == ("x", "a b")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_it_travels_between_processes(again) -> None:
    error = again(violation())
    assert (error.code, error.message, error.params) == ("duplicate", violation().message, {"first": 7})


def test_it_is_translated_where_it_is_shown() -> None:
    assert violation().translated(in_danish) == "Række 7 har det også; 100% sikkert."


def test_line_error_keeps_what_translation_needs() -> None:
    error = LineError.of(9, "Entry Number", violation())
    assert error == LineError(9, "Entry Number", "duplicate", violation().message)
    assert error.translated(in_danish) == "Række 7 har det også; 100% sikkert."


def test_line_error_without_a_template_keeps_its_message() -> None:
    assert (
        LineError(0, "", "unreadable", "Not found.").translated(lambda _: "the header of the catalogue") == "Not found."
    )


def test_line_error_as_dict_has_exactly_the_four_keys() -> None:
    expected = {"row": 2, "column": "Land", "code": "country", "message": "Unknown."}
    assert LineError(2, "Land", "country", "Unknown.").as_dict() == expected


def test_line_errors_can_be_kept_in_a_set() -> None:
    assert len({LineError.of(9, "A", violation()), LineError.of(9, "A", violation())}) == 1


def test_gettext_noop_changes_nothing() -> None:
    assert gettext_noop("Søg") == "Søg"
