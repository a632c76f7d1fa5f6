"""Our answers that whoever asked has not read yet."""

from collections.abc import Iterator
from dataclasses import dataclass

from importers.pages.checklist import step_url, title_of
from importers.pages.importer import ImporterPage

ANSWERS = "#questions"  # where they stand on the page of their step


@dataclass(frozen=True, slots=True)
class UnreadAnswer:
    """One or several, at one step."""

    step: str
    title: str
    url: str


def unread_answers(page: ImporterPage, here: str = "") -> Iterator[UnreadAnswer]:
    """In the order of the steps; first those on the page `here`, where the link need only lead down."""
    states = (state for state in page.checklist.steps if state.key in page.unread_answers)
    for state in sorted(states, key=lambda state: state.key != here):
        url = "" if state.key == here else step_url(page, state)
        if url or state.key == here:
            yield UnreadAnswer(state.key, title_of(page, state), url + ANSWERS)
