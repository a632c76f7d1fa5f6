"""All questions of importers: what was asked, where and by whom, and whether it is answered."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from importers.admin import words
from importers.admin.base import StaffAdmin, row_of
from importers.admin.listing import ago
from importers.models import Question


class AnsweredFilter(admin.SimpleListFilter):
    title = _("answered")
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Waits for our answer")), ("yes", _("Answered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(answered_at__isnull=self.value() == "no") if self.value() else queryset


class CaseFilter(admin.SimpleListFilter):
    title = _("assigned to")
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("Me"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(importer__assigned_to=request.user.pk) if self.value() == "me" else queryset


@admin.register(Question)
class QuestionAdmin(StaffAdmin):
    """They are only read here: a question is answered on its importer's page."""

    list_display = ("what", "importer_name", "at_step", "asked_by_whom", "asked", "answered")
    list_filter = (AnsweredFilter, CaseFilter)
    search_fields = ("text", "importer__name", "asked_by__name", "asked_by__email")
    search_help_text = _("Words of the question, company or person")
    ordering = ("-asked_at", "-pk")
    actions = None
    list_fullwidth = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return Question.objects.with_people().select_related("importer")

    @display(description=_("question"))
    def what(self, question: Question) -> SafeString:
        topic = gettext(question.topic_text) if question.topic_text else ""
        return format_html(
            '<span class="pa-strong">{}</span><br><span class="pa-quiet pa-clamp">{}</span>', topic, question.text
        )

    @display(description=_("importer"), ordering="importer__name")
    def importer_name(self, question: Question) -> str:
        return str(question.importer)

    @display(description=_("step"), ordering="step")
    def at_step(self, question: Question) -> str:
        return words.step_title(question.step)

    @display(description=_("asked by"))
    def asked_by_whom(self, question: Question) -> str:
        return question.asker

    @display(description=_("asked at"), ordering="asked_at")
    def asked(self, question: Question) -> SafeString:
        return ago(question.asked_at)

    @display(description=_("answered"), ordering="answered_at")
    def answered(self, question: Question) -> SafeString:
        if question.answered_at is None:
            return format_html("{}", _("not yet"))
        return format_html('{}<br><span class="pa-quiet">{}</span>', ago(question.answered_at), question.answered_by)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "GET":
            raise Http404
        question = row_of(Question.objects.all(), object_id)
        page = reverse("admin:importers_importerofrecord_change", args=[question.importer_id])
        return HttpResponseRedirect(f"{page}#questions")

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        raise Http404
