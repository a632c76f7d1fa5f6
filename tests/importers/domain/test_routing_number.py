import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.errors import RuleViolation
from importers.domain.identifiers import check_routing_number

CASES = json.loads((Path(__file__).parents[2] / "cases" / "routing_numbers.json").read_text(encoding="utf-8"))


def code_of(text: str) -> str:
    with pytest.raises(RuleViolation) as refused:
        check_routing_number(text)
    return refused.value.code


def with_check_digit(eight: str) -> str:
    weighted = sum(weight * int(digit) for weight, digit in zip((3, 7, 1, 3, 7, 1, 3, 7), eight, strict=True))
    return eight + str(-weighted % 10)


def test_shared_cases(subtests: pytest.Subtests) -> None:
    for case in CASES:
        with subtests.test(case=case):
            text = str(case["input"])
            if case["valid"]:
                assert check_routing_number(text).canonical == text
            elif len(text) != 9 or not text.isdigit():
                assert code_of(text) == "format"
            else:
                assert code_of(text) == ("prefix" if case["checksum_ok"] else "checksum")


def test_prefixes() -> None:
    found: dict[str, list[int]] = {"": [], "warning": [], "prefix": []}
    for prefix in range(100):
        number = with_check_digit(f"{prefix:02}400001")
        try:
            found["warning" if check_routing_number(number).warning else ""].append(prefix)
        except RuleViolation as refused:
            found[refused.code].append(prefix)
    accepted, warned = [*range(1, 13), *range(21, 33)], [*range(61, 73)]
    refused = [prefix for prefix in range(100) if prefix not in accepted + warned]
    assert found == {"": accepted, "warning": warned, "prefix": refused}


@pytest.mark.parametrize("text", [" 021000021 ", "021 000 021", "\uff10\uff12\uff11000021", "021\u200b000021"])
def test_spaces_and_forms_of_digits_are_read(text: str) -> None:
    assert check_routing_number(text).canonical == "021000021"


@pytest.mark.parametrize("text", ["", "02100002", "0210000210", "021-000-021", "٠٢١٠٠٠٠٢١", "O21000021", "1" * 200])
def test_format(text: str) -> None:
    assert code_of(text) == "format"


def test_nine_zeros_pass_the_sum_but_belong_to_no_bank() -> None:
    assert code_of("000000000") == "prefix"


@given(st.sampled_from([*range(1, 13), *range(21, 33)]), st.integers(0, 999_999))
def test_every_digit_is_guarded(prefix: int, rest: int) -> None:
    number = with_check_digit(f"{prefix:02}{rest:06}")
    assert check_routing_number(number).canonical == number
    for at in range(9):
        wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        assert code_of(wrong) == "checksum"
