"""The daily digest: one mail a working day to each colleague who wants it, about their importers, if there is news."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from importers.delivery import ring
from importers.domain.hours import DAY, Place, country_of, is_open, last_working_day
from importers.letters import frame, render
from importers.models import BrokerFirm, MailKind, MailState, Notification, User
from importers.services.change import deed
from importers.services.news import AHEAD, LINES, Counts, Dates, News, Owner, Part, Period, news

MORNING_ENDS = time(12)
NOT_READ = (MailState.FAILED, MailState.DROPPED)


@dataclass(frozen=True, slots=True)
class Digest:
    """One colleague's."""

    parts: dict[str, Part]
    counts: Counts
    dates: list[Dates]

    @property
    def says_something(self) -> bool:
        """Who has been stuck for long, and reminders later in the week, are told along but are no reason to write."""
        parts, counts = self.parts, self.counts
        waiting = any(parts[name].count for name in ("errands", "questions", "mailboxes", "moved", "pauses"))
        due = any(dates.is_near or dates.is_today for dates in self.dates)
        return bool(waiting or parts["stuck"].new or counts.turn or counts.added or due)


def send_digests(now: datetime) -> int:
    """Puts those of this morning into the outbox, each once; returns how many. Safe to run at any time, twice too."""
    office = Place(country_of(settings.TIME_ZONE), settings.TIME_ZONE)
    today = office.local(now)
    _drop_unwanted(now)
    if not is_open(now, office) or today.time() >= MORNING_ENDS:
        return 0
    people = _who_waits(today.date())
    if not people:
        return 0
    firm, rows = BrokerFirm.current(), []
    nobodys = _whose_are_nobodys(people, firm)
    for since, theirs in _by_since(people, office, today.date()).items():
        period = Period(since, office.opens(today.date()), now)
        found = news(period)
        for person in theirs:
            digest = digest_of(found, {person.pk, None} if person.pk in nobodys else {person.pk})
            if digest.says_something:
                rows.append(_row(person, digest, period, firm))
    return _post(rows)


def _wanting() -> QuerySet[User]:
    return User.objects.filter(is_staff=True, is_active=True, wants_digest=True)


def _drop_unwanted(now: datetime) -> None:
    """Of those that still wait: of people who have left or switched it off."""
    Notification.objects.filter(kind=MailKind.DIGEST).exclude(requested_by__in=_wanting()).drop(now)


def _who_waits(today: date) -> list[User]:
    """Who has today's has had it, whatever became of it and whichever address they have now."""
    have = Notification.objects.filter(kind=MailKind.DIGEST, slot=today.isoformat(), requested_by__isnull=False)
    return list(_wanting().exclude(pk__in=have.values("requested_by")).order_by("pk"))


def _by_since(people: Collection[User], office: Place, today: date) -> dict[datetime, list[User]]:
    """Those whose digests begin with the same morning: that of the last one that the person could read. It may be some
    days back, but no more than a week; so there are a few such mornings at most."""
    before = Notification.objects.filter(kind=MailKind.DIGEST, slot__lt=today.isoformat()).order_by()
    slots = before.values_list("requested_by").annotate(
        read=Max("slot", filter=~Q(state__in=NOT_READ)), lost=Min("slot")
    )
    known = {pk: (read, lost) for pk, read, lost in slots}
    found: defaultdict[datetime, list[User]] = defaultdict(list)
    for person in people:
        read, lost = known.get(person.pk, ("", today.isoformat()))
        since = date.fromisoformat(read) if read else _day_before(date.fromisoformat(lost), office)
        found[office.opens(max(since, today - AHEAD))].append(person)
    return found


def _day_before(day: date, office: Place) -> date:
    return last_working_day(day - DAY, office.country)


def _whose_are_nobodys(people: Collection[User], firm: BrokerFirm) -> set[int]:
    """Who is told of the cases that are assigned to nobody: the firm's own contact, else those who manage people."""
    contact = {person.pk for person in people if person.email.lower() == firm.email.lower()}
    is_staff = User.objects.filter(is_staff=True, is_active=True, email__iexact=firm.email)
    return contact or ({p.pk for p in people if p.is_superuser} if not is_staff.exists() else set())


def digest_of(found: News, owners: Collection[Owner]) -> Digest:
    counts = sum((found.counts.get(owner, Counts()) for owner in owners), Counts())
    parts = {name: sum((getattr(found, name).get(owner, Part()) for owner in owners), Part()) for name in LINES}
    return Digest(parts, counts, found.dates if counts.left else [])


def _row(person: User, digest: Digest, period: Period, firm: BrokerFirm) -> Notification:
    language = person.language
    with translation.override(language):
        letter = render(MailKind.DIGEST, language, _context(person, digest, period, firm))
    return Notification(
        kind=MailKind.DIGEST,
        slot=period.today.isoformat(),
        requested_by=person,
        to_email=person.email,
        to_name=str(person),
        language=language,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        why=f"daily digest of {period.today.isoformat()}",
        not_before=min(period.now, period.until),
        expires_at=period.until + timedelta(hours=10),  # in the evening it is no news
    )


def _context(person: User, digest: Digest, period: Period, firm: BrokerFirm) -> dict[str, Any]:
    parts = {
        name: {"lines": [LINES[name](row) for row in part.rows], "count": part.count, "more": part.more}
        for name, part in digest.parts.items()
    }
    admin = settings.PUBLIC_URL + reverse("admin:index")
    return frame(firm) | parts | {
        "person": person,
        "counts": digest.counts,
        "dates": digest.dates,
        "since": period.since,
        "today": period.today,
        "admin_url": f"{admin}?whose=mine",
        "switch_url": settings.PUBLIC_URL + reverse("admin:importers_my_digest"),
    }  # fmt: skip


def _post(rows: list[Notification]) -> int:
    """Of two that run at once each row is written by one."""
    with transaction.atomic():
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
        written = Notification.objects.filter(uuid__in=[row.uuid for row in rows])
        pks = list(written.values_list("pk", flat=True))
        transaction.on_commit(partial(ring, pks))
    return len(pks)


def choose_digest(person: User, *, wanted: bool) -> None:
    """Everybody for themselves."""
    with deed("choose the digest", by=person):
        User.objects.filter(pk=person.pk, is_staff=True).update(wants_digest=wanted)
        _drop_unwanted(timezone.now())
