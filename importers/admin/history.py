"""Who changed what, when, from what to what: the database's own record, in words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import pghistory
from django.apps import apps
from django.core.paginator import Page, Paginator
from django.db.models import Field, ForeignKey, Model
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pghistory.core import event_models
from pghistory.models import Events

from importers.admin import words
from importers.admin.borrowed import KEPT_IN_ROWS
from importers.domain.checklist import STEPS
from importers.domain.links import without_tokens
from importers.domain.stuck import topics_of
from importers.models import ImporterOfRecord, User
from importers.models.accounts import SYSTEM_NAME
from importers.wording import moment

PER_PAGE = 50
EMPTY = (None, "", False)
DEEDS = {"insert": _("added"), "update": _("changed"), "delete": _("deleted")}
# Who did it stands above the changes, in which document in their title; keys are for the machine,
# and the importer number is shown nowhere in full.
LEFT_OUT = frozenset(
    {
        "id",
        "uuid",
        "importer",
        "document",
        "number",
        "number_last4",
        "fingerprint",
        "digest",
        "answers",
        "created_at",
        "password",
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one row; `before` is "" where there was nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Touched:
    """One row of one table: what it is, what was done to it."""

    what: str
    deed: str
    changes: list[Change]


@dataclass(slots=True)
class Entry:
    """One deed of one person, with all it touched; `origin` is the page or the command it came from."""

    at: datetime
    who: str
    action: str
    origin: str
    touched: list[Touched] = field(default_factory=list)


def history_page(row: Model, number: str, *, mend: Callable[[list[Any]], None] | None = None) -> Page[Any]:
    """Newest first. For an importer every table that tells of it, but for those whose rows come by the hundred
    thousand; for anything else the row itself. `mend` may change what the events say (`pgh_diff`)."""
    if isinstance(row, ImporterOfRecord):
        events = Events.objects.references(row).across(*(m for m in event_models() if not _keeps_old(m)))
    else:
        events = Events.objects.tracks(row)
    page = Paginator(events.order_by("-pgh_created_at", "pgh_context_id", "-pgh_id"), PER_PAGE).get_page(number)
    found = list(page.object_list)
    _look_ahead(found)
    if mend:
        mend(found)
    people = _people(found)
    page.object_list = list(_entries(found, people))
    return page


def _keeps_old(event_model: Any) -> bool:
    """Its updates leave what stood before them (see models/history)."""
    return any(one.label == "update" and one.row == pghistory.Old for one in event_model.pgh_trackers)


def _look_ahead(events: list[Any]) -> None:
    """Where an update left what stood before it, what it made of that stands in the next event, or in the row."""
    of_model: defaultdict[Any, list[Any]] = defaultdict(list)
    for event in events:
        if _keeps_old(model := apps.get_model(event.pgh_model)):
            of_model[model].append(event)
    for model, same in of_model.items():
        diffs = _diffs(model, {event.pgh_obj_id for event in same}, min(event.pgh_id for event in same))
        for event in same:
            event.pgh_diff = diffs[event.pgh_id]


def _diffs(model: Any, rows: set[str], since: int) -> dict[int, dict[str, tuple[Any, Any]]]:
    columns = [field.attname for field in model._meta.concrete_fields if not field.name.startswith("pgh_")]
    newer = {row["id"]: row for row in model.pgh_tracked_model.objects.filter(pk__in=rows).values(*columns)}
    found = {}
    events = model.objects.filter(pgh_obj_id__in=rows, pgh_id__gte=since).order_by("-pgh_id")
    for event in events.values("pgh_id", *columns):
        after = newer.get(event["id"], event)
        found[event["pgh_id"]] = {name: (event[name], after[name]) for name in columns if event[name] != after[name]}
        newer[event["id"]] = event
    return found


def _entries(events: list[Any], people: dict[int, str]) -> Iterator[Entry]:
    for _key, same in groupby(events, key=lambda e: e.pgh_context_id or (e.pgh_created_at, e.pgh_model)):
        deeds = list(same)
        context = deeds[0].pgh_context or {}
        who = context.get("who") or people.get(context.get("user") or 0) or SYSTEM_NAME
        touched = [item for event in deeds if (item := _touched(event, people, who)) is not None]
        if touched:
            shown = gettext(SYSTEM_NAME) if who == SYSTEM_NAME else who
            yield Entry(deeds[0].pgh_created_at, shown, context.get("action", ""), _origin(context), touched)


def _origin(context: dict[str, Any]) -> str:
    """As the request (see pghistory's middleware) or the command gave it. The secret of a mailed link stays out."""
    if command := context.get("command"):
        return gettext("command %(name)s") % {"name": command}
    return without_tokens(str(context.get("url") or ""))


def _touched(event: Any, people: dict[int, str], who: str) -> Touched | None:
    model = apps.get_model(event.pgh_obj_model)
    if event.pgh_label == "update":
        values = event.pgh_diff or {}
    else:
        values = {name: (None, value) for name, value in (event.pgh_data or {}).items() if value not in EMPTY}
    changes = list(_changes(model, values, people, who))
    if event.pgh_label == "update" and not changes:
        return None
    what = model._meta.verbose_name
    if "document" in (event.pgh_data or {}):
        what = _value(model._meta.get_field("document"), event.pgh_data["document"], people)
    return Touched(str(what), str(DEEDS.get(event.pgh_label, event.pgh_label)), changes)


def _changes(model: type[Model], values: dict[str, Any], people: dict[int, str], who: str) -> Iterator[Change]:
    by_column = {field.column: field for field in model._meta.concrete_fields}
    for column, (before, after) in values.items():
        known = by_column.get(column)
        if known is None or known.name in LEFT_OUT:
            continue
        new = _value(known, after, people)
        if not (_is_person(known) and new == who):
            yield Change(_label(known), _value(known, before, people), new)


def _is_person(known: "Field[Any, Any]") -> bool:
    return isinstance(known, ForeignKey) and known.related_model is User


def _label(known: "Field[Any, Any]") -> str:
    return gettext(str(known.verbose_name))


def _value(known: "Field[Any, Any]", value: Any, people: dict[int, str]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(known, ForeignKey):
        return people.get(value, f"#{value}") if _is_person(known) else f"#{value}"
    if known.choices:
        return str(dict(known.flatchoices).get(value, value))
    if known.get_internal_type() == "DateTimeField" and (at := parse_datetime(str(value))):
        return moment(localtime(at))
    return _words(known.name, str(value))


def _words(field: str, value: str) -> str:
    """What stands in a row by its key, or in English, as people read it."""
    if field == "step":
        return words.step_title(value)
    if field == "topic":
        topics = (topic for step in STEPS for topic in topics_of(step.key))
        return next((gettext(topic.text) for topic in topics if topic.key == value), value)
    return gettext(value) if value in KEPT_IN_ROWS else value


def _people(events: Iterable[Any]) -> dict[int, str]:
    """Names for the people's numbers that stand in these events."""
    wanted: set[int] = set()
    for event in events:
        model = apps.get_model(event.pgh_obj_model)
        wanted.update(_numbers(event.pgh_context or {}, ["user", "by"]))
        links = [f.column for f in model._meta.concrete_fields if isinstance(f, ForeignKey) and f.related_model is User]
        wanted.update(_numbers(event.pgh_data or {}, links))
        for column, pair in (event.pgh_diff or {}).items():
            if column in links:
                wanted.update(v for v in pair if isinstance(v, int))
    return {person.pk: str(person) for person in User.objects.filter(pk__in=wanted)} if wanted else {}


def _numbers(values: dict[str, Any], names: list[str]) -> set[int]:
    return {values[name] for name in names if isinstance(values.get(name), int)}
