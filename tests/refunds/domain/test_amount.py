"""What people type for an amount."""

from decimal import Decimal

import pytest

from importers.domain.errors import RuleViolation
from refunds.domain.amount import typed_amount


@pytest.mark.parametrize(("text", "amount"), [
    ("1234.56", "1234.56"), ("1234,56", "1234.56"), ("1,234.56", "1234.56"), ("1.234,56", "1234.56"),
    ("$1,234.56", "1234.56"), ("1.234,56 USD", "1234.56"), (" 1 234,56 ", "1234.56"), ("1,234,567.8", "1234567.8"),
    ("1.234.567,8", "1234567.8"), ("1,234", "1234"), ("1.234", "1234"), ("0", "0"), ("12", "12"), ("12.5", "12.5"),
])  # fmt: skip
def test_it_is_read_in_both_ways_of_writing(text: str, amount: str) -> None:
    assert typed_amount(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "x", "-5", "1,23,456.00", "12.3456", "1.234.56", "1,234,5", "1e5", "NaN", "١٢"])
def test_what_could_mean_anything_is_refused(text: str) -> None:
    with pytest.raises(RuleViolation, match="dollars and cents"):
        typed_amount(text)
