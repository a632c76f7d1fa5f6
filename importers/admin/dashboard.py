"""What a colleague sees first in the morning: what waits for us, what is wrong, what comes next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from importers.admin import words
from importers.admin.campaigns import time_left
from importers.admin.theme import firm_of
from importers.domain.checklist import Stage, evaluate
from importers.domain.consistency import Who
from importers.domain.reminders import upcoming
from importers.models import Campaign, ImporterOfRecord, MailState, Notification, Readiness
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


@dataclass(frozen=True, slots=True)
class Deadline:
    campaign: Campaign
    left: str
    is_past: bool
    slot: str
    next_at: datetime


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    mine = request.GET.get("whose") == "mine"
    scope = Q(importer__assigned_to=request.user.pk) if mine else Q()
    counts = _counts(scope)
    turn = Readiness.objects.filter(scope, who=Who.BROKER).exclude(stage=Stage.PROBLEM)
    problems = Readiness.objects.filter(scope, stage=Stage.PROBLEM)
    lines = _lines(request, turn, problems)
    context |= {
        "title": "",
        "mine": mine,
        "stages": [_stage(stage, counts["stages"].get(stage, 0), mine) for stage in Stage],
        "total": sum(counts["stages"].values()),
        "turn": [line for line in lines if line.importer.readiness.stage != Stage.PROBLEM],
        "turn_count": counts["turn"],
        "turn_link": listing(mine, who=Who.BROKER),
        "problems": [line for line in lines if line.importer.readiness.stage == Stage.PROBLEM],
        "problem_count": counts["stages"].get(Stage.PROBLEM, 0),
        "problem_link": listing(mine, stage=Stage.PROBLEM),
        "failed": list(_failed(request, mine)),
        "failed_link": reverse("admin:importers_notification_changelist") + "?state__exact=failed",
        "deadlines": [_deadline(c) for c in Campaign.objects.active()],
        "shown": SHOWN,
    }
    return context


def _counts(scope: Q) -> dict[str, Any]:
    """One query: how many stand at each stage, and how many of them wait for us without anything being wrong."""
    stages: dict[str, int] = {}
    turn = 0
    for row in Readiness.objects.filter(scope).order_by().values("stage", "who").annotate(n=Count("pk")):
        stages[row["stage"]] = stages.get(row["stage"], 0) + row["n"]
        if row["who"] == Who.BROKER and row["stage"] != Stage.PROBLEM:
            turn += row["n"]
    return {"stages": stages, "turn": turn}


def listing(mine: bool, **filters: str) -> str:
    if mine:
        filters["assigned"] = "me"
    return f"{reverse('admin:importers_importerofrecord_changelist')}?{urlencode(filters)}"


def _stage(stage: Stage, number: int, mine: bool) -> StageCount:
    tone = words.STAGE_TONE.get(stage, "") if number else ""
    return StageCount(str(label(stage)), number, listing(mine, stage=stage), tone)


def _lines(request: HttpRequest, *lists: QuerySet[Readiness]) -> list[Line]:
    """The oldest of each list, with the facts behind them, in one go."""
    wanted = Q()
    for rows in lists:
        wanted |= Q(pk__in=rows.order_by("changed_at", "pk").values("pk")[:SHOWN])
    importers = ImporterOfRecord.objects.with_facts().select_related(
        "officer", "ace_account", "ach_enrollment", "form_4811", "readiness", "assigned_to"
    )
    firm, today = firm_of(request), timezone.localdate()
    found = []
    for importer in importers.filter(wanted).order_by("readiness__changed_at", "pk"):
        held = words.holdup(evaluate(importer.facts(firm, today)))
        link = reverse("admin:importers_importerofrecord_change", args=[importer.pk])
        todo = str(held["todo"] or held["step"])
        found.append(Line(importer, todo, held["text"], str(held["who"]), importer.readiness.changed_at, link))
    return found


def _failed(request: HttpRequest, mine: bool) -> QuerySet[Notification]:
    mails = Notification.objects.filter(state=MailState.FAILED).select_related("importer").defer("text", "html")
    return (mails.filter(importer__assigned_to=request.user.pk) if mine else mails).order_by("-created_at")[:SHOWN]


def _deadline(campaign: Campaign) -> Deadline:
    now = timezone.now()
    reminder, at = upcoming(campaign.deadline, campaign.time_zone, now)
    local = at.astimezone(ZoneInfo(campaign.time_zone))
    return Deadline(campaign, time_left(campaign), campaign.is_past(now), reminder.slot, local)
