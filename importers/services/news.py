"""What a colleague wants to know in the morning: what has happened to their importers, and what waits for somebody.
Read for all colleagues at once, in a number of queries that grows neither with them nor with the importers."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import Lower, RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from importers.domain.checklist import STEP_BY_KEY, Stage
from importers.domain.consistency import Who
from importers.domain.reminders import upcoming
from importers.models import Campaign, Errand, ImporterOfRecord, Mailbox, Question, Readiness
from importers.wording import plain_date, short_date

SHOWN = 10
STUCK_AFTER = timedelta(days=14)
AHEAD = timedelta(days=7)
MOMENT = timedelta(microseconds=1)
Owner = int | None  # a colleague's number; None for nobody's cases
CASE_OF = "importer__assigned_to"


@dataclass(frozen=True, slots=True)
class Period:
    """From one morning to the next: what came later is told tomorrow. What waits is told as it stands `now`."""

    since: datetime
    until: datetime
    now: datetime

    @property
    def today(self) -> date:
        return timezone.localdate(self.until)


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    link: str
    text: str


@dataclass(slots=True)
class Part:
    """The first `SHOWN` rows of one colleague's, how many there are in all, and how many of them are news."""

    rows: list[Any] = field(default_factory=list)
    count: int = 0
    new: int = 0

    def __add__(self, other: "Part") -> "Part":
        return Part([*self.rows, *other.rows][:SHOWN], self.count + other.count, self.new + other.new)

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class Dates:
    """A campaign's next reminders, and its deadline if that is near."""

    campaign: Campaign
    slots: list[tuple[str, date]]
    is_near: bool
    is_today: bool


@dataclass(slots=True)
class Counts:
    """`turn`: wait for us; `left`: would be reminded; `added`: are new."""

    turn: int = 0
    left: int = 0
    added: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.turn + other.turn, self.left + other.left, self.added + other.added)


Parts = dict[Owner, Part]


@dataclass(slots=True)
class News:
    errands: Parts
    questions: Parts
    mailboxes: Parts
    moved: Parts
    stuck: Parts
    pauses: Parts
    counts: dict[Owner, Counts]
    dates: list[Dates]


def news(period: Period) -> News:
    return News(
        errands=_first_of_each(Errand.objects.open().select_related("importer"), CASE_OF, "opened_at"),
        questions=_first_of_each(Question.objects.open().select_related("importer"), CASE_OF, "asked_at"),
        mailboxes=_mailboxes(period),
        moved=_first_of_each(_moved(period), CASE_OF, "-changed_at"),
        stuck=_first_of_each(_stuck(period), CASE_OF, "changed_at", new=Q(changed_at__gte=period.since - STUCK_AFTER)),
        pauses=_first_of_each(_pauses(period), "assigned_to", "paused_until"),
        counts=_counts(period),
        dates=list(_dates(period)),
    )


def _first_of_each(rows: QuerySet[Any], owner: str, order: str, *, new: Q | None = None) -> Parts:
    of_one = F(owner)
    ranked = rows.annotate(
        owner=of_one,
        rank=Window(RowNumber(), partition_by=of_one, order_by=[order, "pk"]),
        count=Window(Count("pk"), partition_by=of_one),
        new=Window(Count("pk", filter=new), partition_by=of_one),
    )
    found: defaultdict[Owner, Part] = defaultdict(Part)
    for row in ranked.filter(rank__lte=SHOWN).order_by("rank"):
        part = found[row.owner]
        part.rows.append(row)
        part.count, part.new = row.count, row.new
    return found


def _moved(period: Period) -> QuerySet[Readiness]:
    """Those who were there before, and are invited; who is new is counted."""
    rows = Readiness.objects.filter(changed_at__gte=period.since, changed_at__lt=period.until)
    begun = rows.filter(importer__created_at__lt=period.since).exclude(stage=Stage.NOT_INVITED)
    return begun.select_related("importer")


def _stuck(period: Period) -> QuerySet[Readiness]:
    """Begun, not ready, and nothing has happened for two weeks, though nobody has put it off."""
    rows = Readiness.objects.filter(changed_at__lt=period.until - STUCK_AFTER).exclude(
        stage__in=[Stage.READY, Stage.NOT_INVITED]
    )
    return rows.exclude(importer__paused_until__gte=period.today).select_related("importer")


def _pauses(period: Period) -> QuerySet[ImporterOfRecord]:
    """That end within the week: then the reminders begin again."""
    ending = Q(paused_until__gte=period.today, paused_until__lt=period.today + AHEAD)
    return ImporterOfRecord.objects.filter(ending, readiness__importer_step__gt="")


def _mailboxes(period: Period) -> Parts:
    """Each row is an importer with its `mailbox`."""
    recently = (period.since, period.until - MOMENT)
    silent = Mailbox.objects.filter(Q(opted_out_at__range=recently) | Q(dead_at__range=recently))
    by_email = {row.email.lower(): row for row in silent}
    parts: defaultdict[Owner, Part] = defaultdict(Part)
    for importer, email in _written_to(by_email) if by_email else ():
        part = parts[importer.assigned_to_id]
        part.count += 1
        if len(part.rows) < SHOWN:
            importer.mailbox = by_email[email]
            part.rows.append(importer)
    return parts


def _written_to(emails: Collection[str]) -> Iterator[tuple[Any, str]]:
    rows = ImporterOfRecord.objects.annotate(contact=Lower("contact_email"), officers=Lower("officer__email"))
    for importer in rows.filter(Q(contact__in=emails) | Q(officers__in=emails)).order_by("name", "pk"):
        yield importer, importer.contact if importer.contact in emails else importer.officers


def _counts(period: Period) -> dict[Owner, Counts]:
    paused = Q(importer__paused_until__gte=period.today)
    added = Q(importer__created_at__gte=period.since, importer__created_at__lt=period.until)
    rows = Readiness.objects.order_by().values_list(CASE_OF).annotate(
        turn=Count("pk", filter=Q(who=Who.BROKER)),
        left=Count("pk", filter=Q(importer_step__gt="") & ~paused),
        added=Count("pk", filter=added),
    )  # fmt: skip
    return {owner: Counts(*numbers) for owner, *numbers in rows}


def _dates(period: Period) -> Iterator[Dates]:
    """Of the week that begins this morning, where most of the importers are; a holiday there moves a reminder."""
    for campaign in Campaign.objects.active():
        ends, at = period.until + AHEAD, period.until - MOMENT
        slots: list[tuple[str, date]] = []
        while (coming := upcoming(campaign.timetable, campaign.place, at)) and coming[1] < ends:
            at = coming[1]
            slots.append((coming[0].slot, campaign.place.local(at).date()))
        is_near = timedelta(0) <= campaign.deadline - period.today <= AHEAD
        if slots or is_near:
            yield Dates(campaign, slots, is_near, any(day == period.today for _slot, day in slots))


# --- in words, in whichever language is active ---------------------------------------------------------------------


def page_of(importer: ImporterOfRecord, place: str = "") -> str:
    page = reverse("admin:importers_importerofrecord_change", args=[importer.pk])
    return f"{settings.PUBLIC_URL}{page}{place}"


def _step(key: str) -> str:
    return gettext(STEP_BY_KEY[key].title) if key in STEP_BY_KEY else ""


def _since(at: datetime) -> str:
    return gettext("since %(day)s") % {"day": plain_date(timezone.localtime(at).date())}


def _line(importer: ImporterOfRecord, *texts: object, place: str = "") -> Line:
    return Line(importer.name, page_of(importer, place), " · ".join(str(text) for text in texts if text))


def errand_line(errand: Errand) -> Line:
    return _line(errand.importer, errand.get_kind_display(), _since(errand.opened_at), place="#errands")


def question_line(question: Question) -> Line:
    topic = gettext(question.topic_text) if question.topic_text else ""
    return _line(question.importer, topic, _step(question.step), _since(question.asked_at), place="#questions")


def mailbox_line(importer: Any) -> Line:
    mailbox = importer.mailbox
    text = gettext("mail to %(email)s comes back") if mailbox.dead_at else gettext("%(email)s wants no reminders")
    return _line(importer, text % {"email": mailbox.email})


def moved_line(readiness: Readiness) -> Line:
    done = gettext("%(done)s of %(total)s done") % {"done": readiness.done, "total": readiness.total}
    return _line(readiness.importer, readiness.get_stage_display(), _step(readiness.blocker), done)


def stuck_line(readiness: Readiness) -> Line:
    who = readiness.get_who_display() if readiness.who else readiness.get_stage_display()
    return _line(readiness.importer, _step(readiness.blocker), who, _since(readiness.changed_at))


def pause_line(importer: ImporterOfRecord) -> Line:
    until = gettext("until %(day)s") % {"day": short_date(importer.paused_until)} if importer.paused_until else ""
    return _line(importer, until, importer.pause_reason, place="#reminders")


LINES: dict[str, Callable[[Any], Line]] = {
    "errands": errand_line,
    "questions": question_line,
    "mailboxes": mailbox_line,
    "moved": moved_line,
    "stuck": stuck_line,
    "pauses": pause_line,
}
