"""Another app adds to the pages of staff without being known there."""

from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse

from importers.admin import actions, extensions
from importers.admin.actions import Question
from importers.admin.extensions import Panel, Section
from importers.admin.forms import Nothing
from importers.models import ImporterOfRecord
from tests.factories import ImporterFactory

LABEL = "admin/importers/label.html"  # draws whatever `words` there are
LIST = "/admin/importers/importerofrecord/"


def test_a_panel_stands_on_the_page_of_the_importer(as_staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    importer = ImporterFactory.create()
    seen: list[ImporterOfRecord] = []

    def context(request: HttpRequest, row: ImporterOfRecord) -> dict[str, Any]:
        seen.append(row)
        return {"what": "shown"}

    monkeypatch.setattr(extensions, "PANELS", [Panel(LABEL, context)])
    page = as_staff.get(reverse("admin:importers_importerofrecord_change", args=[importer.pk]))
    assert (page.context["panels"], seen) == ([(LABEL, {"what": "shown"})], [importer])


@pytest.mark.parametrize(("query", "mine"), [("", False), ("?whose=mine", True)])
def test_a_section_stands_on_the_dashboard(
    query: str, mine: bool, as_staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def context(request: HttpRequest, only_mine: bool) -> dict[str, Any]:
        return {"only_mine": only_mine}

    absent = Section(LABEL, lambda request, only_mine: None)
    monkeypatch.setattr(extensions, "SECTIONS", [absent, Section(LABEL, context)])
    assert as_staff.get(f"/admin/{query}").context["sections"] == [(LABEL, {"only_mine": mine})]


@admin.action(description="Count them")
def count_them(page: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
    question = Question("count_them", "Count them?", "Count", list(queryset))
    answer: HttpResponse | None = page.ask(request, question, Nothing, lambda request, rows, data: f"{len(rows)} there")
    return answer


def test_an_action_asks_first_and_then_acts(as_staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions.BulkActions, "actions", [*actions.ACTIONS, count_them])
    chosen = ImporterFactory.create_batch(2)
    data = {"action": "count_them", "_selected_action": [row.pk for row in chosen]}
    asked = as_staff.post(LIST, data)
    assert "Count them?" in asked.content.decode()
    done = as_staff.post(LIST, data | {"answered": "1", "chosen": str(chosen[0].pk)}, follow=True)
    assert "1 there" in done.content.decode()


def test_what_was_appended_is_offered() -> None:
    assert actions.BulkActions.actions is actions.ACTIONS
