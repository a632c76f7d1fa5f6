"""Where another app adds to the staff's pages. It appends to these lists when its own admin is loaded, and is not known
here otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from importers.models import ImporterOfRecord

Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """A card on the page of one importer. `template` finds what `context` made as `panel`, beside the page's own."""

    template: str
    context: Callable[[HttpRequest, ImporterOfRecord], Context]


@dataclass(frozen=True, slots=True)
class Section:
    """A card on the dashboard, as `section` to its template. `context` is also told whether only the importers of who
    looks are wanted; None leaves the card out."""

    template: str
    context: Callable[[HttpRequest, bool], Context | None]


PANELS: list[Panel] = []
SECTIONS: list[Section] = []


def panels(request: HttpRequest, importer: ImporterOfRecord) -> list[tuple[str, Context]]:
    return [(panel.template, panel.context(request, importer)) for panel in PANELS]


def sections(request: HttpRequest, only_mine: bool) -> list[tuple[str, Context]]:
    found = ((section.template, section.context(request, only_mine)) for section in SECTIONS)
    return [(template, context) for template, context in found if context is not None]
