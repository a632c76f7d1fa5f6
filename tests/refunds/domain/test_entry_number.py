import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.errors import RuleViolation
from refunds.domain.entry_number import EntryNumber, check_digit, hyphened, parse_entry_number

CASES = json.loads((Path(__file__).parents[2] / "cases" / "entry_numbers.json").read_text(encoding="utf-8"))
FILER_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def code_of(text: str) -> str:
    with pytest.raises(RuleViolation) as refused:
        parse_entry_number(text)
    return refused.value.code


@pytest.mark.parametrize(
    ("compact", "shown"), [("B7603245278", "B76-0324527-8"), ("", ""), ("B760324527", "B760324527")]
)
def test_hyphens_are_put_where_they_belong(compact: str, shown: str) -> None:
    assert hyphened(compact) == shown


def by_the_table(first_ten: str) -> str:
    """AE Table 1 step by step, as DOMAIN 2 tells it: letters to digits, double the even places, add the digits."""
    total = 0
    for place, sign in enumerate(first_ten, start=1):
        value = int(sign) if sign.isdigit() else (ord(sign) - 65) % 9 + 1 if sign < "S" else ord(sign) - 81
        doubled = value * 2 if place % 2 == 0 else value
        total += doubled if doubled < 10 else (doubled + 1) % 10
    return str((10 - total % 10) % 10)


def test_shared_valid_cases(subtests: pytest.Subtests) -> None:
    for case in [case for case in CASES if case["valid"]]:
        with subtests.test(case=case):
            assert parse_entry_number(case["input"]) == EntryNumber(case["canonical"], case["cape"])


@pytest.mark.parametrize("case", [case for case in CASES if not case["valid"]], ids=lambda case: repr(case["input"]))
def test_shared_refused_cases(case: dict[str, str]) -> None:
    assert code_of(case["input"]) == case["error"]


@pytest.mark.parametrize(
    "text",
    [
        "b76-0324527-8",
        "b7603245278",
        "Ｂ７６－０３２４５２７－８",
        "B76 0324527 8",
        "B76–0324527–8",
        "B76—0324527—8",
        "B76−0324527−8",
        "\ufeffB76-0324527-8\u200b",
        "\tB76-0324527-8\r\n",
    ],
)
def test_ways_of_writing_one_number(text: str) -> None:
    assert parse_entry_number(text).canonical == "B76-0324527-8"


@pytest.mark.parametrize("number", ["595-5663812-6", "999-9999999-0", "316-0000504-0"])
def test_examples_with_public_sources(number: str) -> None:
    assert parse_entry_number(number).canonical == number


def test_other_shapes(subtests: pytest.Subtests) -> None:
    for text in [
        "B76-03245278",
        "B760324527-8",
        "B7-60324527-8",
        "-B7603245278",
        "B76--0324527-8",
        "B76-032452-78",
        "B76/0324527/8",
        "B76.0324527.8",
        "B76_0324527_8",
        "B76-O324527-8",
        "B76-032452A-8",
        "\u041276-0324527-8",
        "ß76-0324527-8",
        "B76-0324527-٨",
        "B7603245278.0",
        "3.16251E+10",
        "3,16251E+10",
        "31625093146 (old)",
        "Entry Number",
        "B76-0324527-8,316-2509314-6",
        "B76-0324527-8 316-2509314-6",
        "'B7603245278",
        "#REF!",
        " ",
        "\x00",
        "B" * 10_000,
        "B76-0324527-8" + " " * 100,
    ]:
        with subtests.test(text=text):
            assert code_of(text) == "format"


@pytest.mark.parametrize("text", ["000-0000000-0", "00000000000", "000-0000001-8"])
def test_filer_code_000(text: str) -> None:
    assert code_of(text) == "filer_code"


@pytest.mark.parametrize("text", ["ABC-1234567-9", "316-7975871-4", "B76-0324527-0", "876-0324527-8", "3I6-2509314-6"])
def test_wrong_check_digit(text: str) -> None:
    assert code_of(text) == "check_digit"


@pytest.mark.parametrize(("right", "look_alike"), ["B8", "O0", "I1", "S5", "Z2"])
def test_a_letter_read_as_a_digit_is_caught(right: str, look_alike: str) -> None:
    digit = check_digit(f"{right}760324527")
    assert code_of(f"{look_alike}76-0324527-{digit}") == "check_digit"


@pytest.mark.parametrize("group", ["AJ1", "BKS2", "CLT3", "DMU4", "ENV5", "FOW6", "GPX7", "HQY8", "IRZ9"])
def test_limit_letters_of_one_value_cannot_be_told_apart(group: str) -> None:
    assert len({check_digit(f"{letter}760324527") for letter in group}) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "missing"),
        ("162509314", "has 9"),
        ("3.16251E+10", "Format the column as text"),
        ("31-62509314-6", "both hyphens or without"),
        ("000-0000001-8", "Form 7501"),
        ("B76-0324572-8", "Form 7501"),
    ],
)
def test_the_message_says_what_to_do_and_repeats_nothing(text: str, told: str) -> None:
    with pytest.raises(RuleViolation, match=re.escape(told)) as refused:
        parse_entry_number(text)
    assert not re.search(r"\d{5}", refused.value.message)


@given(st.text(FILER_SIGNS, min_size=3, max_size=3).filter(lambda code: code != "000"), st.integers(0, 9_999_999))
def test_every_number_with_its_check_digit_is_read_and_none_with_another(filer: str, serial: int) -> None:
    first_ten = f"{filer}{serial:07}"
    digit = by_the_table(first_ten)
    expected = EntryNumber(f"{filer}-{serial:07}-{digit}", first_ten + digit)
    assert parse_entry_number(first_ten + digit) == expected
    assert parse_entry_number(expected.canonical.lower()) == expected
    assert code_of(f"{first_ten}{(int(digit) + 1) % 10}") == "check_digit"


@given(st.integers(0, 9_999_999), st.integers(0, 6), st.integers(1, 9))
def test_one_mistyped_digit_is_always_caught(serial: int, at: int, more: int) -> None:
    digits = f"{serial:07}"
    wrong = digits[:at] + str((int(digits[at]) + more) % 10) + digits[at + 1 :]
    assert code_of(f"316-{wrong}-{check_digit(f'316{digits}')}") == "check_digit"
