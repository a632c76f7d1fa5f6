import pytest

from importers.domain.errors import RuleViolation
from importers.domain.postal_code import parse_postal_code


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("DK", "5000", "5000"), ("DK", " DK-5000 ", "5000"), ("DK", "DK 5000", "5000"), ("DK", "５０００", "5000"),
        ("US", "10001", "10001"), ("US", "10001-1234", "10001-1234"), ("US", "100011234", "10001-1234"),
        ("SE", "411 04", "411 04"), ("PL", "90–001", "90-001"), ("GB", "sw1a  1aa", "SW1A 1AA"), ("NL", "1431", "1431"),
        ("HK", "0", ""), ("HK", "", ""), ("HK", "none", ""), ("AE", "-", ""), ("MO", " 00000 ", ""), ("QA", "n/a", ""),
        ("AE", "ingen", ""), ("HK", "999077", "999077"),
    ],
)  # fmt: skip
def test_what_people_write_is_kept_in_one_shape(country: str, typed: str, kept: str) -> None:
    assert parse_postal_code(typed, country) == kept


@pytest.mark.parametrize(
    ("country", "typed", "says"),
    [
        ("DK", "86000", "four digits"), ("DK", "860", "four digits"), ("DK", "8600 Silkeborg", "four digits"),
        ("DK", "", "Enter the postal code"), ("DK", "-", "four digits"),
        ("SE", "", "Enter the postal code"), ("SE", "none", "have a postal code"), ("SE", "0", "have a postal code"),
        ("GB", "00000", "have a postal code"), ("DE", "N/A", "have a postal code"),
        ("ZA", "ingen", "have a postal code"),
        ("US", "8600", "five digits"), ("US", "10001-12", "five digits"),
        ("US", "SW1A 1AA", "five digits"), ("SE", "411 04 Göteborg", "Write only"), ("DE", "?", "Write only"),
        ("DE", "-", "have a postal code"),
        ("DE", "1" * 13, "Write only"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_what_to_do(country: str, typed: str, says: str) -> None:
    with pytest.raises(RuleViolation, match=says) as refused:
        parse_postal_code(typed, country)
    assert refused.value.code == "postal_code"
