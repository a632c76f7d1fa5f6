"""Money as people read it."""

from decimal import Decimal

from django.utils.formats import number_format


def usd(amount: Decimal) -> str:
    """Grouped, with two digits, and the currency behind it, as the language writes numbers."""
    return f"{number_format(amount, decimal_pos=2, force_grouping=True)}\N{NO-BREAK SPACE}USD"
