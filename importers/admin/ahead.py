"""A look ahead: what goes out on which day, to whom, with the very text; asked of the same rules that send."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.admin import words
from importers.admin.forms import day as day_field
from importers.admin.mails import framed
from importers.admin.reminders import WHY_NONE, WHY_NOT
from importers.domain.hours import SATURDAY, is_working_day
from importers.letters import Letter, write
from importers.models import ImporterOfRecord
from importers.services.candidates import for_one_person
from importers.services.forecast import Ahead, due_on, look_ahead
from importers.services.reminders import DueReminder, rows_of

SHOWN = 100
NAMED = 50
DAYS = 30
FURTHEST = 366
LONGEST = 18  # digits of a number in the database
DAY = timedelta(days=1)
HOLIDAYS = {"DK": _("Holiday in Denmark"), "US": _("Holiday in the United States")}
WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


class DayForm(forms.Form):
    """A day from today on; what is past stands among the mails."""

    day = day_field(_("Day"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.last = today, today + FURTHEST * DAY
        self.fields["day"].widget.attrs |= {"min": today.isoformat(), "max": self.last.isoformat()}

    def clean_day(self) -> date:
        chosen: date = self.cleaned_data["day"]
        if chosen < self.today:
            raise forms.ValidationError(_("This day is past. What went out then stands under Mails."))
        if chosen > self.last:
            raise forms.ValidationError(_("This is more than a year ahead. Choose an earlier day."))
        return chosen


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the calendar. Blank ones fill up the first and the last week."""

    day: date
    count: int = 0
    is_blank: bool = False
    names_month: bool = False
    is_today: bool = False
    is_chosen: bool = False
    is_weekend: bool = False
    holidays: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """Who is not written to for one reason: how many, and the first of them."""

    why: Any
    count: int
    importers: list[ImporterOfRecord]

    @property
    def more(self) -> int:
        return self.count - len(self.importers)


def reminders_view(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    form = DayForm(request.GET or None, today=today, initial={"day": today}, auto_id="ahead-%s")
    chosen = form.cleaned_data["day"] if form.is_bound and form.is_valid() else today
    if "importer" in request.GET:
        return _text_page(request, now, chosen)
    begin = today if chosen < today + DAYS * DAY else chosen
    ahead = look_ahead(now, chosen=chosen, until=begin + (DAYS - 1) * DAY)
    first = list(islice((pk for found in ahead.due for pk in found.pks), SHOWN))
    context = admin.site.each_context(request) | {
        "title": _("Next reminders"),
        "form": form,
        "chosen": chosen,
        "is_today": chosen == today,
        "weekdays": WEEKDAYS,
        "weeks": calendar(ahead, begin, today, chosen),
        "begin": begin,
        "begins_today": begin == today,
        "earlier": max(today, begin - DAYS * DAY) if begin > today else None,
        "later": begin + DAYS * DAY if begin + DAYS * DAY <= form.last else None,
        "slots": ahead.due,
        "count": ahead.count,
        "due": [_line(at, item) for at, item in due_on(first, now, chosen)],
        "more": max(0, ahead.count - SHOWN),
        "passed": _passed(ahead),
    }
    return TemplateResponse(request, "admin/importers/reminders.html", context)


def calendar(ahead: Ahead, begin: date, today: date, chosen: date) -> list[list[Cell]]:
    """Whole weeks, from Monday; the days from the first on are filled in."""
    first, last = begin - begin.weekday() * DAY, begin + (DAYS - 1) * DAY
    weeks = range((last - first).days // 7 + 1)
    days = [[first + (week * 7 + n) * DAY for n in range(7)] for week in weeks]
    return [[_cell(day, ahead, begin, last, today, chosen) for day in week] for week in days]


def _cell(day: date, ahead: Ahead, begin: date, last: date, today: date, chosen: date) -> Cell:
    is_weekend = day.weekday() >= SATURDAY
    return Cell(
        day=day,
        count=ahead.calendar[day],
        is_blank=not begin <= day <= last,
        names_month=day == begin or day.day == 1,
        is_today=day == today,
        is_chosen=day == chosen,
        is_weekend=is_weekend,
        holidays=() if is_weekend else tuple(name for code, name in HOLIDAYS.items() if not is_working_day(day, code)),
    )


def _passed(ahead: Ahead) -> list[Passed]:
    first = {why: pks[:NAMED] for why, pks in ahead.passed.items()}
    found = ImporterOfRecord.objects.only("pk", "name").in_bulk([pk for pks in first.values() for pk in pks])
    most_first = sorted(ahead.passed.items(), key=lambda item: -len(item[1]))
    return [
        Passed(WHY_NOT.get(why, why), len(pks), [found[pk] for pk in first[why] if pk in found])
        for why, pks in most_first
    ]


def _line(at: datetime, item: DueReminder) -> dict[str, Any]:
    return {
        "at": at,
        "importer": item.importer,
        "campaign": item.campaign,
        "slot": item.slot,
        "step": words.step_title(item.step),
        "to": item.to,
    }


def _text_page(request: HttpRequest, now: datetime, day: date) -> HttpResponse:
    """The mail in which this importer's reminder of that day would go out."""
    number = request.GET["importer"]
    is_number = number.isdecimal() and len(number) <= LONGEST
    row = ImporterOfRecord.objects.filter(pk=int(number)).first() if is_number else None
    if row is None:
        raise Http404
    items = due_on(for_one_person(row.pk)[:SHOWN], now, day)
    at, letter = _letter(items, row.pk)
    passed = {} if letter else look_ahead(now, chosen=day, until=day).passed
    context = admin.site.each_context(request) | {
        "title": letter.subject if letter else gettext("No reminder on this day"),
        "importer": row,
        "day": day,
        "at": at,
        "letter": letter,
        "to": items[0][1].to if letter else "",
        "reason": next((WHY_NONE.get(why, why) for why, pks in passed.items() if row.pk in pks), ""),
        "document": framed(letter.html) if letter else "",
    }
    return TemplateResponse(request, "admin/importers/reminder_text.html", context)


def _letter(items: Collection[tuple[datetime, DueReminder]], pk: int) -> tuple[datetime | None, Letter | None]:
    """Rendered, not saved: of what goes out together with this importer's."""
    at = next((at for at, item in items if item.importer.pk == pk), None)
    if at is None:
        return None, None
    together: Iterable[DueReminder] = (item for when, item in items if when == at)
    return at, write(rows_of(together, at), now=at)
