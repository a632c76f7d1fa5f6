"""How fast the rules are: a list page or a sweep over all importers must not wait for them."""

import time
from collections.abc import Callable

import pytest

from importers.domain.checklist import evaluate
from importers.domain.consistency import findings
from importers.domain.facts import ImporterFacts
from tests.samples_of_facts import complete, fresh, own_account

ROUNDS = 2_000
LIMIT_MICROSECONDS = 1_000.0


@pytest.mark.parametrize("rule", [evaluate, findings])
@pytest.mark.parametrize("facts", [fresh(), complete(), own_account()], ids=["fresh", "complete", "own account"])
def test_one_importer(rule: Callable[[ImporterFacts], object], facts: ImporterFacts) -> None:
    begin = time.process_time()
    for _ in range(ROUNDS):
        rule(facts)
    each = (time.process_time() - begin) / ROUNDS * 1e6
    print(f"\n{rule.__name__}: {each:.0f} microseconds an importer")  # noqa: T201 - a measurement
    assert each < LIMIT_MICROSECONDS
