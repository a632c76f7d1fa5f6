"""The words of a reminder, with places in braces that are filled for each importer."""

import re
from collections.abc import Collection, Mapping

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _

PLACES = (
    "importer", "step", "steps_left", "minutes", "deadline", "short_deadline", "firm", "contact_name", "phone",
)  # fmt: skip
BEFORE = (*PLACES, "days_left")
LATE = (*PLACES, "days_late")

PLACE = re.compile(r"\{([^{}]*)\}")
UNKNOWN = _("There is no place called {%(name)s}. These are known: %(known)s.")
BROKEN = _("A brace stands alone at “%(near)s”. A place is written like {importer}. These are known: %(known)s.")
NEAR = 20


def check_places(text: str, known: Collection[str]) -> None:
    """Raises RuleViolation `unknown_place` or `broken_place`."""
    listed = ", ".join(f"{{{name}}}" for name in known)
    for found in PLACE.finditer(text):
        if found[1] not in known:
            raise RuleViolation("unknown_place", UNKNOWN, name=found[1], known=listed)
    rest = PLACE.sub(lambda found: " " * len(found[0]), text)
    if alone := re.search(r"[{}]", rest):
        near = text[alone.start() : alone.start() + NEAR].strip()
        raise RuleViolation("broken_place", BROKEN, near=near, known=listed)


def fill_places(text: str, values: Mapping[str, str]) -> str:
    """In one pass, so that a value with braces in it stays as it is. What is unknown stays too."""
    return PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def paragraphs(text: str) -> list[str]:
    """As blank lines part them."""
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    return [part.strip() for part in re.split(r"\n{2,}", lines) if part.strip()]


def parse_shipped(source: str) -> tuple[str, str]:
    """Subject and text of a shipped file: the first line begins with “Subject:”."""
    head, _sep, body = source.strip().partition("\n")
    return head.removeprefix("Subject:").strip(), body.strip()
