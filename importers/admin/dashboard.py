"""What a colleague sees first in the morning: what waits for us, what is wrong, what comes next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Subquery, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from importers.admin import words
from importers.admin.campaigns import time_left
from importers.admin.declared import declarations, waiting_declarations
from importers.admin.errands import open_errands, total
from importers.admin.extensions import sections
from importers.admin.filters import NOT_US
from importers.admin.theme import firm_of
from importers.domain.checklist import Stage, evaluate
from importers.domain.consistency import Who
from importers.domain.reminders import upcoming
from importers.models import Attestation, Campaign, ImporterOfRecord, MailState, Notification, Question, Readiness
from importers.models.labels import label

SHOWN = 12


@dataclass(frozen=True, slots=True)
class StageCount:
    words: str
    number: int
    link: str
    tone: str


@dataclass(frozen=True, slots=True)
class Line:
    importer: ImporterOfRecord
    todo: str
    text: str
    who: str
    since: datetime
    link: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Deadline:
    campaign: Campaign
    left: str
    is_past: bool
    slot: str
    next_at: datetime | None


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    mine = request.GET.get("whose") == "mine"
    scope = Q(importer__assigned_to=request.user.pk) if mine else Q()
    counts = _counts(scope)
    errands = open_errands(scope, only_mine=mine)
    asked = list(_questions(scope))
    turn = Readiness.objects.filter(scope, who=Who.BROKER)
    problems = Readiness.objects.filter(scope, stage=Stage.PROBLEM).exclude(who=Who.BROKER)
    shown = _importers(turn, problems, waiting_declarations(scope))
    ours, theirs = _lines(request, shown)
    declared = declarations(shown, firm_of(request))
    context |= {
        "title": "",
        "mine": mine,
        "stages": [_stage(stage, counts["stages"].get(stage, 0), mine) for stage in Stage],
        "errands": errands,
        "errand_count": total(errands),
        "errand_link": reverse("admin:importers_errand_changelist") + ("?assigned=me" if mine else ""),
        "paused_count": counts["paused"],
        "paused_link": listing(mine, visit="paused"),
        "total": sum(counts["stages"].values()),
        "turn": ours,
        "turn_count": counts["turn"],
        "turn_link": listing(mine, who=Who.BROKER),
        "turn_wrong": counts["turn_wrong"],
        "problems": theirs,
        "problem_count": counts["stages"].get(Stage.PROBLEM, 0) - counts["turn_wrong"],
        "problem_link": listing(mine, stage=Stage.PROBLEM, who=NOT_US),
        "declared": declared[:SHOWN],
        "declared_count": len(declared),
        "declared_link": listing(mine, visit="declared"),
        "questions": [_question(question) for question in asked],
        "question_count": getattr(asked[0], "waiting", 0) if asked else 0,
        "question_link": reverse("admin:importers_question_changelist")
        + "?answered=no"
        + ("&assigned=me" if mine else ""),
        "failed": list(_failed(request, mine)),
        "failed_link": reverse("admin:importers_notification_changelist") + "?state__exact=failed",
        "deadlines": [_deadline(c) for c in Campaign.objects.active()],
        "sections": sections(request, mine),
        "shown": SHOWN,
    }
    return context


def _counts(scope: Q) -> dict[str, Any]:
    """One query: how many stand at each stage, how many of them wait for us, of how many of those something is wrong,
    and whose reminders are paused."""
    stages: dict[str, int] = {}
    turn = wrong = paused = 0
    now_paused = Count("pk", filter=Q(importer__paused_until__gte=timezone.localdate()))
    rows = Readiness.objects.filter(scope).order_by().values("stage", "who")
    for row in rows.annotate(n=Count("pk"), paused=now_paused):
        paused += row["paused"]
        stages[row["stage"]] = stages.get(row["stage"], 0) + row["n"]
        if row["who"] == Who.BROKER:
            turn += row["n"]
            wrong += row["n"] if row["stage"] == Stage.PROBLEM else 0
    return {"stages": stages, "turn": turn, "turn_wrong": wrong, "paused": paused}


def listing(mine: bool, **filters: str) -> str:
    if mine:
        filters["assigned"] = "me"
    return f"{reverse('admin:importers_importerofrecord_changelist')}?{urlencode(filters)}"


def _stage(stage: Stage, number: int, mine: bool) -> StageCount:
    tone = words.STAGE_TONE.get(stage, "") if number else ""
    return StageCount(str(label(stage)), number, listing(mine, stage=stage), tone)


def _importers(
    turn: QuerySet[Readiness], problems: QuerySet[Readiness], declared: QuerySet[Attestation]
) -> list[ImporterOfRecord]:
    """Of each list the first, problems before the rest and the oldest first, and all `declared`, with the facts behind
    them, in one go."""
    order = (Case(When(stage=Stage.PROBLEM, then=0), default=1), "changed_at", "pk")
    wanted = Q(pk__in=declared.order_by().values("importer"))
    for rows in (turn, problems):
        wanted |= Q(readiness__in=rows.order_by(*order).values("pk")[:SHOWN])
    importers = ImporterOfRecord.objects.with_facts().select_related("readiness", "assigned_to")
    return list(importers.filter(wanted).order_by("readiness__changed_at", "pk"))


def _lines(request: HttpRequest, importers: list[ImporterOfRecord]) -> tuple[list[Line], list[Line]]:
    """What we must do and what others must."""
    firm, today = firm_of(request), timezone.localdate()
    ours: list[Line] = []
    theirs: list[Line] = []
    for importer in importers:
        held, readiness = words.holdup(evaluate(importer.facts(firm, today))), importer.readiness
        link = reverse("admin:importers_importerofrecord_change", args=[importer.pk])
        todo, is_wrong = str(held["todo"] or held["step"]), readiness.stage == Stage.PROBLEM
        line = Line(importer, todo, held["text"], str(held["who"]), readiness.changed_at, link, is_wrong)
        if readiness.who == Who.BROKER:
            ours.append(line)
        elif is_wrong:
            theirs.append(line)
    return sorted(ours, key=lambda line: not line.is_wrong)[:SHOWN], theirs[:SHOWN]


def _questions(scope: Q) -> QuerySet[Question]:
    """That wait for an answer: the longest waiting, and all of today. Each says how many wait altogether."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    open_ = Question.objects.filter(scope, answered_at=None)
    number = open_.order_by().annotate(all=Value(1)).values("all").annotate(n=Count("pk")).values("n")
    first = open_.order_by("asked_at", "pk").values("pk")[:SHOWN]
    asked = Question.objects.open().with_people().select_related("importer").annotate(waiting=Subquery(number))
    return asked.filter(scope, Q(pk__in=first) | Q(asked_at__gte=today)).order_by("asked_at", "pk")


def _question(question: Question) -> dict[str, Any]:
    link = reverse("admin:importers_importerofrecord_change", args=[question.importer_id])
    return {"question": question, "step": words.step_title(question.step), "link": f"{link}#questions"}


def _failed(request: HttpRequest, mine: bool) -> QuerySet[Notification]:
    mails = Notification.objects.filter(state=MailState.FAILED).select_related("importer").defer("text", "html")
    return (mails.filter(importer__assigned_to=request.user.pk) if mine else mails).order_by("-created_at")[:SHOWN]


def _deadline(campaign: Campaign) -> Deadline:
    now = timezone.now()
    following = upcoming(campaign.timetable, campaign.place, now)
    slot, at = (following[0].slot, campaign.place.local(following[1])) if following else ("", None)
    return Deadline(campaign, time_left(campaign), campaign.is_past(now), slot, at)
