"""Where a question can be asked from the checklist: at each step, or about something else."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from importers.domain.checklist import Checklist
from importers.domain.stuck import ELSE
from importers.pages.checklist import title_of
from importers.pages.importer import ImporterPage


@dataclass(frozen=True, slots=True)
class Place:
    title: str
    url: str


def places_to_ask(page: ImporterPage) -> Iterator[Place]:
    for state in page.checklist.needed:
        yield Place(title_of(page, state), _url(page, state.key))
    where_they_are = _url(page, _current(page.checklist))
    yield Place(gettext(ELSE.text), f"{where_they_are}?{urlencode({'topic': ELSE.key})}")


def _url(page: ImporterPage, step: str) -> str:
    return reverse("question", args=[page.importer.uuid, step])


def _current(checklist: Checklist) -> str:
    """What is about no step is asked at the one where they are, so that we see how far that is."""
    state = checklist.importer_step or checklist.first_blocker or checklist.steps[-1]
    return state.key
