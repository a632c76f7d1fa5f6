"""The kinds of company stand in three tables: to store, to ask for, and as ACE calls them."""

import pytest

from importers.domain.ace_form import structure_in_ace
from importers.models import ImporterOfRecord
from importers.wording import STRUCTURES

STORED = ImporterOfRecord.Structure.values


def test_what_is_asked_for_is_what_can_be_stored() -> None:
    assert list(STRUCTURES) == STORED


@pytest.mark.parametrize("country", ["DK", "US"])
def test_ace_has_a_word_of_its_own_for_each(country: str) -> None:
    words = [structure_in_ace(kind, country) for kind in STORED]
    assert all(words)
    assert len(set(words)) == len(words)
    assert structure_in_ace("", country) == ""
