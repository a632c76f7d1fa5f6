import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.errors import RuleViolation
from importers.domain.identifiers import ImporterNumber, NumberKind, parse_importer_number

CASES = json.loads((Path(__file__).parents[2] / "cases" / "importer_numbers.json").read_text(encoding="utf-8"))
SUFFIX_SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXY"
EIN, SSN, CBP = NumberKind.EIN, NumberKind.SSN, NumberKind.CBP_ASSIGNED


def code_of(text: str, kind: NumberKind | str | None = None) -> str:
    with pytest.raises(RuleViolation) as refused:
        parse_importer_number(text, kind)
    return refused.value.code


@pytest.mark.parametrize("case", [case for case in CASES if case["valid"]], ids=lambda case: repr(case["input"]))
def test_shared_valid_cases(case: dict[str, str]) -> None:
    number = parse_importer_number(case["input"])
    assert (number.kind, number.canonical) == (case["expect"], case["canonical"])


@pytest.mark.parametrize("case", [case for case in CASES if not case["valid"]], ids=lambda case: repr(case["input"]))
def test_shared_refused_cases(case: dict[str, str]) -> None:
    assert code_of(case["input"]) == case["expect"].lower()


def test_parts_of_a_number(subtests: pytest.Subtests) -> None:
    for text, kind, expected in [
        ("12-345678900", None, (EIN, "12-345678900", "12-3456789", "00", "••-•••••8900")),
        ("12-3456789", None, (EIN, "12-3456789", "12-3456789", "", "••-•••6789")),
        ("12-3456789ab", None, (EIN, "12-3456789AB", "12-3456789", "AB", "••-•••••89AB")),
        ("12-34567891y", None, (EIN, "12-34567891Y", "12-3456789", "1Y", "••-•••••891Y")),
        ("123456789A1", None, (EIN, "12-3456789A1", "12-3456789", "A1", "••-•••••89A1")),
        ("1234567890N", None, (EIN, "12-34567890N", "12-3456789", "0N", "••-•••••890N")),
        ("123-45-6789", None, (SSN, "123-45-6789", "123-45-6789", "", "•••-••-6789")),
        ("994601-12345", None, (CBP, "994601-12345", "994601-12345", "", "••••••-•2345")),
        ("000000-00000", None, (CBP, "000000-00000", "000000-00000", "", "••••••-•0000")),
        ("123456789", EIN, (EIN, "12-3456789", "12-3456789", "", "••-•••6789")),
        ("123456789", SSN, (SSN, "123-45-6789", "123-45-6789", "", "•••-••-6789")),
        ("12345678900", EIN, (EIN, "12-345678900", "12-3456789", "00", "••-•••••8900")),
        ("12345678900", CBP, (CBP, "123456-78900", "123456-78900", "", "••••••-•8900")),
        ("12345678900", "CBP_ASSIGNED", (CBP, "123456-78900", "123456-78900", "", "••••••-•8900")),
        ("12-345678900", "", (EIN, "12-345678900", "12-3456789", "00", "••-•••••8900")),
        ("12‑3456789", "EIN", (EIN, "12-3456789", "12-3456789", "", "••-•••6789")),
        ("１２－３４５６７８９", None, (EIN, "12-3456789", "12-3456789", "", "••-•••6789")),
        ("666-45-6789", None, (SSN, "666-45-6789", "666-45-6789", "", "•••-••-6789")),
        ("912-45-6789", None, (SSN, "912-45-6789", "912-45-6789", "", "•••-••-6789")),
        ("123-45-0000", None, (SSN, "123-45-0000", "123-45-0000", "", "•••-••-0000")),
        ("\u200b12-3456789\ufeff", None, (EIN, "12-3456789", "12-3456789", "", "••-•••6789")),
    ]:
        with subtests.test(text=text, kind=kind, expected=expected):
            number = parse_importer_number(text, kind)
            assert (number.kind, number.canonical, number.base, number.suffix, number.masked) == expected


@pytest.mark.parametrize("text", ["123456789", "12345678900", "1 2 3 4 5 6 7 8 9", "000000000", "994601 12345"])
def test_a_number_of_two_kinds_is_asked_about(text: str) -> None:
    assert code_of(text) == "ambiguous"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("12-3456789", SSN),
        ("12-3456789", CBP),
        ("12-345678900", CBP),
        ("123-45-6789", EIN),
        ("123-45-6789", CBP),
        ("994601-12345", EIN),
        ("994601-12345", SSN),
        ("123456789", CBP),
        ("12345678900", SSN),
        ("123456789AB", CBP),
    ],
)
def test_a_kind_that_contradicts_the_shape_is_invalid(text: str, kind: NumberKind) -> None:
    assert code_of(text, kind) == "invalid"


@pytest.mark.parametrize("kind", ["VAT", "ein", "CBP", "EIN "])
def test_an_unknown_kind_is_invalid(kind: str) -> None:
    assert code_of("12-3456789", kind) == "invalid"


def test_everything_else_is_invalid(subtests: pytest.Subtests) -> None:
    for text in [
        "000-12-3456",
        "123-00-4567",
        "12-3456789O0",
        "12-3456789Z1",
        "12-34567891I",
        "123456789OO",
        "12-3456789-00",
        "123-456789",
        "-12-3456789",
        "12-3456789-",
        "12--3456789",
        "123-456-789",
        "12345-6789",
        "1234567-8900",
        "12-3456789A",
        "12-345678A",
        "1A-3456789",
        "12-3456789!!",
        "1.23457E+08",
        "12345678.0",
        "123456789.0",
        "12345678",
        "1234567890",
        "123456789000",
        "12-3456789ß",
        "12-3456789ı1",
        "12-3456789\u0410A",
        "12/3456789",
        "EIN 12-3456789",
        "\x00",
        "9" * 101,
        "12-3456789" + " " * 100_000,
    ]:
        with subtests.test(text=text):
            assert code_of(text) == "invalid"


@pytest.mark.parametrize("text", ["000123456", "123004567"])
def test_digits_that_can_be_no_ssn_are_refused_when_said_to_be_one(text: str) -> None:
    assert code_of(text, SSN) == "invalid"
    assert parse_importer_number(text, EIN).kind is EIN


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        ("", None, "missing"),
        ("12-3456789O0", None, "O, I or Z"),
        ("123456789Z0", None, "O, I or Z"),
        ("000-12-3456", None, "begins with 000"),
        ("123-45-6789", "EIN", "kind it is said to be (EIN)"),
        ("123456789", None, "NNN-NN-NNNN"),
        ("12345678900", None, "YYDDPP-NNNNN"),
        ("x", None, "Form 5106"),
    ],
)
def test_the_message_says_what_to_do(text: str, kind: str | None, told: str) -> None:
    with pytest.raises(RuleViolation, match=re.escape(told)):
        parse_importer_number(text, kind)


def test_neither_repr_nor_str_shows_the_number() -> None:
    number = parse_importer_number("123-45-6789")
    assert f"{number} {number!r} {[number]}".count("•••-••-6789") == 3
    assert "123" not in repr(number)


def read(text: str, kind: NumberKind | None) -> ImporterNumber | RuleViolation:
    try:
        return parse_importer_number(text, kind)
    except RuleViolation as refused:
        return refused


@given(st.text("0123456789-ABOIZ ", max_size=16), st.sampled_from([None, *NumberKind]))
def test_a_number_is_read_the_same_way_again_or_refused_without_an_echo(text: str, kind: NumberKind | None) -> None:
    found = read(text, kind)
    if isinstance(found, RuleViolation):
        assert found.code in {"ambiguous", "invalid"}
        assert not re.search(r"\d{4}", found.message.replace("5106", "").replace("7501", ""))
    else:
        assert parse_importer_number(found.canonical) == found
        assert parse_importer_number(found.canonical.lower(), found.kind) == found
        assert found.base + found.suffix == found.canonical


@given(st.integers(0, 10**9 - 1), st.one_of(st.just(""), st.text(SUFFIX_SIGNS, min_size=2, max_size=2)))
def test_every_ein_is_read(nine: int, suffix: str) -> None:
    text = f"{nine // 10**7:02}-{nine % 10**7:07}{suffix}"
    assert parse_importer_number(text) == ImporterNumber(EIN, text, text[:10], text[10:])


@given(st.integers(1, 999), st.integers(1, 99), st.integers(0, 9999))
def test_the_mask_keeps_hyphens_and_the_last_four(area: int, group: int, serial: int) -> None:
    assert parse_importer_number(f"{area:03}-{group:02}-{serial:04}").masked == f"•••-••-{serial:04}"
    assert parse_importer_number(f"{area:03}{area:03}-1{serial:04}").masked == f"••••••-•{serial:04}"
