"""Work ahead keeps the order, stays in the caller's thread for what it takes in, and hides no error."""

from collections.abc import Iterator
from threading import get_ident

import pytest

from refunds.services.ahead import ahead


def test_results_come_in_order_and_none_is_lost() -> None:
    for threads in (1, 2):
        assert list(ahead(lambda number: number * 2, range(7), threads=threads)) == [0, 2, 4, 6, 8, 10, 12]
    assert list(ahead(str, [], threads=1)) == []


def test_items_are_taken_in_the_callers_thread_and_worked_on_in_others() -> None:
    def items() -> Iterator[int]:
        for _ in range(3):
            yield get_ident()

    for taken, worked in ahead(lambda ident: (ident, get_ident()), items(), threads=1):
        assert taken == get_ident() != worked


def test_no_more_than_what_is_due_next_is_taken_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    results = ahead(str, items(), threads=2)
    assert next(results) == "0"
    assert taken == [0, 1, 2]


def test_an_error_comes_where_its_result_would_have_come() -> None:
    results = ahead(lambda number: 6 // number, [3, 0, 1], threads=1)
    assert next(results) == 2
    with pytest.raises(ZeroDivisionError):
        next(results)
