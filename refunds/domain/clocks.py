"""The days that run from liquidation (DOMAIN 9: the clock that bites is per entry)."""

from dataclasses import dataclass
from datetime import date, timedelta

from refunds.domain.rules import ClockKey, Rules


@dataclass(frozen=True, slots=True)
class Clocks:
    """The last day of each; all None while an entry is not liquidated."""

    cape_until: date | None = None
    reliquidation_until: date | None = None
    protest_until: date | None = None


def clocks(liquidated: date | None, rules: Rules) -> Clocks:
    if liquidated is None:
        return Clocks()

    def until(key: ClockKey) -> date:
        return liquidated + timedelta(days=rules.days(key))

    return Clocks(until(ClockKey.CAPE), until(ClockKey.RELIQUIDATION), until(ClockKey.PROTEST))
