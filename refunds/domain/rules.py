"""Which entries can be refunded how, and until when: data with a source, a date and how sure it is.

The shipped rules are CBP's as far as they could be read (docs/decisions.md); staff change them in the admin, where each
change is a new version.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _


class Takes(StrEnum):
    """What a phase of CAPE takes. Of an entry that is flagged for reconciliation, RECONCILIATION is asked besides."""

    UNLIQUIDATED = "unliquidated"
    RECENT = "recent"  # liquidated, within the CAPE clock
    LATE = "late"  # past the CAPE clock
    RECONCILIATION = "reconciliation"


STAGES = frozenset({Takes.UNLIQUIDATED, Takes.RECENT, Takes.LATE})


class ClockKey(StrEnum):
    CAPE = "cape"
    RELIQUIDATION = "reliquidation"
    PROTEST = "protest"


class Ground(StrEnum):
    """What a decision can rest on besides a phase; so no phase may have one of these as its key."""

    PAID = "paid"
    CLAIM = "claim"
    NO_DUTY = "no-duty"
    ENTRY_DATES = "entry-dates"
    ENTRY_TYPE = "entry-type"
    PROTEST = "protest"
    NOT_ACCEPTED = "summary-status"
    TRADE_CONTROL = "trade-control"
    NO_LIQUIDATION_DATE = "liquidation-date"
    NO_PHASE = "no-phase"
    CAPE = "cape"
    FINAL = "final"


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Stated:
    """Where a rule stands and how sure it is."""

    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Clock:
    """`days` after liquidation; the last of them still counts."""

    key: ClockKey
    days: int
    stated: Stated


@dataclass(frozen=True, slots=True)
class Phase:
    """`opens` is None while no date is known. `types` are the entry types it takes, none of them for all."""

    key: str
    opens: date | None
    takes: frozenset[Takes]
    types: frozenset[str]
    stated: Stated


@dataclass(frozen=True, slots=True)
class Rules:
    """`as_of` is the day on which somebody last made sure of them; `prefixes` those of the HTS numbers whose duty is
    refunded; entries dated `first_entry` to `last_entry` are in; `excluded_types` are entry type codes."""

    version: int
    as_of: date
    prefixes: tuple[str, ...]
    prefixes_stated: Stated
    first_entry: date
    last_entry: date
    dates_stated: Stated
    excluded_types: frozenset[str]
    types_stated: Stated
    clocks: Mapping[ClockKey, Clock]
    phases: tuple[Phase, ...]

    def days(self, clock: ClockKey) -> int:
        return self.clocks[clock].days


PREFIX, ENTRY_TYPE = re.compile(r"[0-9]{4,10}"), re.compile(r"[0-9]{2}")

NOT_RULES = _("The rules cannot be read at “%(place)s”: %(what)s. Correct it there; nothing was changed.")
MISSING = _("it is missing")
NOT_A_DATE = _("write a date like 2026-04-20")
NOT_DAYS = _("write a whole number of days from 1 to 3650")
NOT_A_PREFIX = _("write the first 4 to 10 digits of an HTS number")
NOT_A_TYPE = _("write an entry type of two digits")
NOT_TAKEN = _("write some of: unliquidated, recent, late, reconciliation; at least one of the first three")
NOT_SURE = _("write high, medium or low")
NO_SOURCE = _("name a source")
NO_KEY = _("write a short name in small letters, each only once")
TAKEN_KEY = _("this name means something else; take another one, like phase-4")
BACKWARDS = _("the first day is after the last")


def parse_rules(content: Mapping[str, Any], *, version: int) -> Rules:
    """The rules as they are kept (JSON, see SHIPPED_CONTENT for its shape). Raises RuleViolation `rules` naming the
    place."""
    first, last = _entry_dates(content)
    return Rules(
        version=version,
        as_of=_date(content, "as_of"),
        prefixes=_prefixes(content),
        prefixes_stated=_stated(_part(content, "prefixes"), "prefixes"),
        first_entry=first,
        last_entry=last,
        dates_stated=_stated(_part(content, "entry_dates"), "entry_dates"),
        excluded_types=_excluded_types(content),
        types_stated=_stated(_part(content, "excluded_types"), "excluded_types"),
        clocks={key: _clock(_part(content, "clocks"), key) for key in ClockKey},
        phases=_phases(content),
    )


def rule_errors(content: Mapping[str, Any]) -> list[RuleViolation]:
    """What `parse_rules` would raise, of each part the first."""
    rows = content.get("phases")
    parts: list[Callable[[], object]] = [
        partial(_date, content, "as_of"),
        partial(_prefixes, content),
        partial(_entry_dates, content),
        partial(_excluded_types, content),
        *(
            lambda part=part: _stated(_part(content, part), part)
            for part in ("prefixes", "entry_dates", "excluded_types")
        ),
        *(lambda key=key: _clock(_part(content, "clocks"), key) for key in ClockKey),
        *(partial(_phase, row, f"phases.{n}") for n, row in enumerate(rows if isinstance(rows, list) else [], 1)),
    ]
    found = [violation for part in parts if (violation := _violation(part))]
    return found or [violation for violation in [_violation(partial(_phases, content))] if violation]


def _violation(part: Callable[[], object]) -> RuleViolation | None:
    try:
        part()
    except RuleViolation as violation:
        return violation
    return None


def _wrong(place: str, what: str) -> RuleViolation:
    return RuleViolation("rules", NOT_RULES, place=place, what=what)


def _part(content: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    part = content.get(place.rpartition(".")[2]) if isinstance(content, Mapping) else None
    if not isinstance(part, Mapping):
        raise _wrong(place, MISSING)
    return part


def _date(content: Mapping[str, Any], place: str) -> date:
    try:
        return date.fromisoformat(content[place.rpartition(".")[2]])
    except (KeyError, TypeError, ValueError):
        raise _wrong(place, NOT_A_DATE) from None


def _entry_dates(content: Mapping[str, Any]) -> tuple[date, date]:
    dates = _part(content, "entry_dates")
    first, last = _date(dates, "entry_dates.from"), _date(dates, "entry_dates.to")
    if first > last:
        raise _wrong("entry_dates", BACKWARDS)
    return first, last


def _prefixes(content: Mapping[str, Any]) -> tuple[str, ...]:
    return _texts(_part(content, "prefixes"), "prefixes.values", PREFIX, NOT_A_PREFIX)


def _excluded_types(content: Mapping[str, Any]) -> frozenset[str]:
    part = _part(content, "excluded_types")
    return frozenset(_texts(part, "excluded_types.values", ENTRY_TYPE, NOT_A_TYPE, empty=True))


def _texts(
    content: Mapping[str, Any], place: str, shape: re.Pattern[str], what: str, *, empty: bool = False
) -> tuple[str, ...]:
    values = content.get("values")
    if not isinstance(values, list) or not (values or empty):
        raise _wrong(place, MISSING)
    if not all(isinstance(value, str) and shape.fullmatch(value) for value in values):
        raise _wrong(place, what)
    return tuple(dict.fromkeys(values))


def _stated(content: Mapping[str, Any], place: str) -> Stated:
    source, confidence = content.get("source"), content.get("confidence")
    if not isinstance(source, str) or not source.strip():
        raise _wrong(f"{place}.source", NO_SOURCE)
    if confidence not in set(Confidence):
        raise _wrong(f"{place}.confidence", NOT_SURE)
    return Stated(source.strip(), Confidence(confidence))


def _clock(clocks: Mapping[str, Any], key: ClockKey) -> Clock:
    place = f"clocks.{key}"
    clock = _part(clocks, place)
    days = clock.get("days")
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= 3650:
        raise _wrong(f"{place}.days", NOT_DAYS)
    return Clock(key, days, _stated(clock, place))


def _phases(content: Mapping[str, Any]) -> tuple[Phase, ...]:
    rows = content.get("phases")
    if not isinstance(rows, list) or not rows:
        raise _wrong("phases", MISSING)
    phases = tuple(_phase(row, f"phases.{number}") for number, row in enumerate(rows, 1))
    if len({phase.key for phase in phases}) < len(phases):
        raise _wrong("phases", NO_KEY)
    return phases


def _phase(row: object, place: str) -> Phase:
    if not isinstance(row, Mapping):
        raise _wrong(place, MISSING)
    key, takes = row.get("key"), row.get("takes")
    if not isinstance(key, str) or not re.fullmatch(r"[a-z0-9-]{1,30}", key):
        raise _wrong(f"{place}.key", NO_KEY)
    if key in set(Ground):
        raise _wrong(f"{place}.key", TAKEN_KEY)
    if not isinstance(takes, list) or not set(map(str, takes)) <= set(Takes) or not STAGES & set(takes):
        raise _wrong(f"{place}.takes", NOT_TAKEN)
    types = row.get("types", [])
    if not isinstance(types, list) or not all(isinstance(t, str) and ENTRY_TYPE.fullmatch(t) for t in types):
        raise _wrong(f"{place}.types", NOT_A_TYPE)
    opens = None if row.get("opens") is None else _date(row, f"{place}.opens")
    return Phase(key, opens, frozenset(map(Takes, takes)), frozenset(types), _stated(row, place))


SHIPPED_CONTENT: dict[str, Any] = {
    "as_of": "2026-09-17",
    "prefixes": {
        "values": ["990301", "990302"],
        "source": "HTSUS chapter 99, subchapter III: the IEEPA headings 9903.01 and 9903.02 (CSMS 68340863)",
        "confidence": "high",
    },
    "entry_dates": {
        "from": "2025-02-04",
        "to": "2026-02-24",
        "source": "First IEEPA duty 2025-02-04; collection ended 2026-02-24 after the Supreme Court of 2026-02-20",
        "confidence": "high",
    },
    "excluded_types": {
        "values": ["08", "09", "47"],
        "source": "CSMS 68340863",
        "confidence": "high",
    },
    "clocks": {
        "cape": {"days": 80, "source": "CSMS 68340863", "confidence": "high"},
        "reliquidation": {"days": 90, "source": "19 USC 1501", "confidence": "high"},
        "protest": {"days": 180, "source": "19 USC 1514(c)(3)", "confidence": "high"},
    },
    "phases": [
        {
            "key": "phase-1",
            "opens": "2026-04-20",
            "takes": ["unliquidated", "recent"],
            "source": "CSMS 68340863",
            "confidence": "high",
        },
        {
            "key": "phase-2",
            "opens": "2026-06-29",
            "takes": ["unliquidated", "recent", "reconciliation"],
            "types": ["01", "02", "06"],
            "source": "CSMS 69035485",
            "confidence": "high",
        },
        {
            "key": "phase-3",
            "opens": None,
            "takes": ["late", "reconciliation"],
            "source": "Announced for finally liquidated entries; contested on appeal (CAFC 26-1895), state unknown",
            "confidence": "low",
        },
    ],
}


SHIPPED = parse_rules(SHIPPED_CONTENT, version=0)
