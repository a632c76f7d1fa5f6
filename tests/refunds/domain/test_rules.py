"""The rules as data: what is wrong is named by its place, and what is written can be read again."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from importers.domain.errors import RuleViolation
from refunds.domain.clocks import Clocks, clocks
from refunds.domain.rules import SHIPPED, SHIPPED_CONTENT, ClockKey, Ground, Takes, parse_rules, rule_errors


def changed(place: str, value: Any) -> dict[str, Any]:
    content = deepcopy(SHIPPED_CONTENT)
    *path, last = place.split(".")
    part: Any = content
    for name in path:
        part = part[int(name) - 1] if isinstance(part, list) else part[name]
    if isinstance(part, list):
        part[int(last) - 1] = value
    else:
        part[last] = value
    return content


def test_the_shipped_rules_say_what_was_published() -> None:
    assert SHIPPED.prefixes == ("990301", "990302")
    assert (SHIPPED.first_entry, SHIPPED.last_entry) == (date(2025, 2, 4), date(2026, 2, 24))
    assert SHIPPED.excluded_types == {"08", "09", "47"}
    assert [SHIPPED.days(key) for key in ClockKey] == [80, 90, 180]
    assert [phase.opens for phase in SHIPPED.phases] == [date(2026, 4, 20), date(2026, 6, 29), None]
    assert SHIPPED.phases[1].takes == {Takes.UNLIQUIDATED, Takes.RECENT, Takes.RECONCILIATION}
    assert SHIPPED.phases[1].types == {"01", "02", "06"}
    assert (SHIPPED.version, SHIPPED.as_of) == (0, date(2026, 9, 17))


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("as_of", "17/09/2026", "as_of"),
        ("as_of", None, "as_of"),
        ("prefixes", [], "prefixes"),
        ("prefixes.values", [], "prefixes.values"),
        ("prefixes.values", ["9903.01"], "prefixes.values"),
        ("prefixes.values", ["٩٩٠٣"], "prefixes.values"),
        ("prefixes.values", [990301], "prefixes.values"),
        ("prefixes.source", " ", "prefixes.source"),
        ("prefixes.confidence", "certain", "prefixes.confidence"),
        ("entry_dates.from", "2026-02-30", "entry_dates.from"),
        ("entry_dates.to", "2025-02-03", "entry_dates"),
        ("excluded_types.values", ["8"], "excluded_types.values"),
        ("excluded_types.values", "08", "excluded_types.values"),
        ("clocks.cape", None, "clocks.cape"),
        ("clocks.cape.days", 0, "clocks.cape.days"),
        ("clocks.cape.days", True, "clocks.cape.days"),
        ("clocks.protest.days", "180", "clocks.protest.days"),
        ("phases", [], "phases"),
        ("phases.2", "phase", "phases.2"),
        ("phases.2.key", "Phase 2", "phases.2.key"),
        ("phases.2.key", "phase-1", "phases"),
        ("phases.2.key", "paid", "phases.2.key"),
        ("phases.2.opens", "soon", "phases.2.opens"),
        ("phases.2.takes", ["everything"], "phases.2.takes"),
        ("phases.2.takes", ["reconciliation"], "phases.2.takes"),
        ("phases.2.takes", [["recent"]], "phases.2.takes"),
        ("phases.2.types", ["1"], "phases.2.types"),
        ("phases.3.source", "", "phases.3.source"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(place: str, value: Any, told: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        parse_rules(changed(place, value), version=1)
    assert caught.value.code == "rules"
    assert caught.value.params["place"] == told
    assert told in [violation.params["place"] for violation in rule_errors(changed(place, value))]


def test_all_that_is_wrong_is_told_at_once() -> None:
    content = changed("as_of", "soon")
    content["prefixes"]["values"] = ["x"]
    content["excluded_types"]["source"] = ""
    content["clocks"]["protest"]["days"] = -1
    content["phases"][0]["key"] = content["phases"][2]["takes"] = ""
    places = [violation.params["place"] for violation in rule_errors(content)]
    assert places == [
        "as_of", "prefixes.values", "excluded_types.source", "clocks.protest.days", "phases.1.key", "phases.3.takes",
    ]  # fmt: skip
    assert rule_errors(SHIPPED_CONTENT) == []


def test_no_types_need_be_left_out() -> None:
    assert parse_rules(changed("excluded_types.values", []), version=1).excluded_types == frozenset()


@pytest.mark.parametrize("ground", Ground)
def test_a_phase_is_called_like_nothing_else(ground: Ground) -> None:
    with pytest.raises(RuleViolation):
        parse_rules(changed("phases.1.key", str(ground)), version=1)


def test_clocks_run_from_liquidation_and_not_before() -> None:
    assert clocks(None, SHIPPED) == Clocks()
    assert clocks(date(2026, 3, 1), SHIPPED) == Clocks(date(2026, 5, 20), date(2026, 5, 30), date(2026, 8, 28))
