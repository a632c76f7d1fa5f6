"""The reckoning itself must not look away."""

import pytest

from tests.chaos.account import Killed, reckon
from tests.chaos.mail_server import Taken

PATIENCE = 1.0
KILLED = Killed(pid=7, at=10.5, ports=frozenset({4000}))


def taken(at: float, *, mail: str = "a", port: int = 4000, **known: float | str | None) -> Taken:
    return Taken(mail, f"{mail}@company.example", port, at, **known)  # type: ignore[arg-type]


def test_a_mail_that_came_once_needs_no_reason() -> None:
    assert reckon([taken(10.0)], [KILLED], PATIENCE).repeated == 0


def test_what_a_killed_worker_had_in_hand_may_come_again() -> None:
    account = reckon([taken(10.0), taken(20.0, port=4001)], [KILLED], PATIENCE)
    assert [one.at for one in account.by_kill] == [10.0]
    assert not account.unexplained


def test_only_the_last_thing_it_had_in_hand() -> None:
    account = reckon(
        [taken(9.0), taken(10.0, mail="b"), taken(20.0), taken(20.0, mail="b", port=1)], [KILLED], PATIENCE
    )
    assert [one.mail for one in account.by_kill] == ["b"]
    assert [one.mail for one in account.unexplained] == ["a"]


@pytest.mark.parametrize("first", [taken(10.0, port=4001), taken(11.0)])
def test_a_kill_explains_nothing_of_another_process_or_a_later_one(first: Taken) -> None:
    assert reckon([first, taken(20.0)], [KILLED], PATIENCE).unexplained == [first]


def test_what_the_server_took_and_never_answered_for_may_come_again() -> None:
    hung_up, late = taken(1.0, lost="hung up"), taken(1.0, mail="b", left=2.0)
    again = [taken(3.0), taken(3.0, mail="b")]
    assert reckon([hung_up, late, *again], [], PATIENCE).by_server == [hung_up, late]


@pytest.mark.parametrize("known", [{"answered": 1.3}, {"left": 1.3}, {}])
def test_what_was_answered_for_or_given_up_too_soon_may_not(known: dict[str, float]) -> None:
    first = taken(1.0, **known)
    assert reckon([first, taken(3.0)], [], PATIENCE).unexplained == [first]
