import string
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.errors import RuleViolation
from importers.domain.text import LONGEST_IDENTIFIER, LONGEST_TEXT, identifier_text, one_line, unify

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u202a\u2066"
ANY_KIND = "aÅ１ß \n\t\r\x00\x1f\x7f\x85\u00a0\u2028\u2029\u0301\ufffd😀" + INVISIBLE
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"


@pytest.mark.parametrize("dash", DASHES)
def test_every_dash_is_a_hyphen(dash: str) -> None:
    assert identifier_text(f"a{dash}1", code="x") == "A-1"


@pytest.mark.parametrize("sign", INVISIBLE)
def test_invisible_signs_are_dropped(sign: str) -> None:
    assert identifier_text(f"{sign}a{sign}1{sign}", code="x") == "A1"


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u202f", "\u3000", "\u1680"])
def test_white_space_is_removed_everywhere(space: str) -> None:
    assert identifier_text(f"{space}a{space}{space}1{space}", code="x") == "A1"


@pytest.mark.parametrize("typed", ["１２－ａ", "①②-a", "¹²-a", "12-𝒂", "12-ⓐ"])
def test_other_forms_of_ascii_are_read(typed: str) -> None:
    assert identifier_text(typed, code="x") == "12-A"


def test_what_is_not_ascii_is_refused_and_never_guessed(subtests: pytest.Subtests) -> None:
    for typed in [
        "А1",
        "Β1",
        "ø",
        "1½",
        "٣",
        "१",
        "ß",
        "ı",
        "1\u0301",
        "\ud800",
        "1\u2015",
        "1\u2022",
        "e\u0301",
        "中",
        "\u2800",
    ]:
        with subtests.test(typed=typed):
            with pytest.raises(RuleViolation) as refused:
                identifier_text(typed, code="invalid")
            assert refused.value.code == "invalid"


@pytest.mark.parametrize("text", ["1" * (LONGEST_IDENTIFIER + 1), "\ufdfa" * 1_000_000, " " * 1000])
def test_very_long_text_is_refused_at_once(text: str) -> None:
    with pytest.raises(RuleViolation, match="too long"):
        identifier_text(text, code="format")


@given(st.text(string.printable, max_size=LONGEST_IDENTIFIER))
def test_reading_twice_changes_nothing(text: str) -> None:
    once = identifier_text(text, code="x")
    assert identifier_text(once, code="x") == once


@given(st.text("aÅ１②ßﬁ½\u0301 \n" + DASHES + INVISIBLE, max_size=30))
def test_unify_leaves_no_invisible_sign_and_no_second_dash(text: str) -> None:
    unified = unify(text)
    assert not any(unicodedata.category(c) == "Cf" for c in unified)
    assert not set(unified) & set(DASHES[1:])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Nordlys\r\nBcc: all@evil.example", "Nordlys Bcc: all@evil.example"),
        (" Nordlys \t Cykler\x0b ApS\x00", "Nordlys Cykler ApS"),
        ("Nordlys\u2028Cykler\u202e\u200b", "Nordlys Cykler"),
        ("Sm\u00f8rrebr\u00f8d A\u030a/S", "Smørrebrød Å/S"),
    ],
)
def test_a_name_becomes_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize("read", [one_line, unify])
def test_text_of_any_length_is_refused_before_it_is_normalised(read: Callable[[str], str]) -> None:
    with pytest.raises(RuleViolation) as refused:
        read("a" + "\u0301\u0316" * LONGEST_TEXT)
    assert refused.value.code == "too_long"


@given(st.text(ANY_KIND, max_size=60))
def test_one_line_has_no_control_character_and_reading_twice_changes_nothing(text: str) -> None:
    line = one_line(text)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} for c in line)
    assert one_line(line) == line
