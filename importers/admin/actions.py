"""What staff do to many importers at once. Each asks first, says how many and whom, and who was left out and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from importers.admin.base import StaffAdmin, staff
from importers.admin.forms import AssignForm, Nothing, PauseForm
from importers.domain.errors import RuleViolation
from importers.models import ImporterOfRecord
from importers.services import details, invitations
from importers.services.bounces import dead_among
from importers.wording import violation_text

NAMES_SHOWN = 20
INVITED_AT_ONCE = 200  # each is a transaction of its own, and somebody waits for the page
Rows = Sequence[ImporterOfRecord]
# Another app appends what it can do to many importers: functions (page: BulkActions, request, queryset), decorated with
# admin.action, that end in `page.ask`.
ACTIONS: list[Any] = ["invite_selected", "assign_selected", "pause_selected", "resume_selected"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before it is done. `notes` say who will be left out."""

    action: str
    title: str
    button: str
    rows: Rows
    notes: list[str] = field(default_factory=list)

    @property
    def shown(self) -> Rows:
        return self.rows[:NAMES_SHOWN]

    @property
    def chosen(self) -> str:
        return ",".join(str(row.pk) for row in self.rows)

    @property
    def more(self) -> int:
        return max(0, len(self.rows) - NAMES_SHOWN)


def names(rows: Rows) -> str:
    listed = ", ".join(row.name for row in rows[:NAMES_SHOWN])
    more = len(rows) - NAMES_SHOWN
    return listed if more <= 0 else _("%(names)s and %(n)s more") % {"names": listed, "n": more}


def chosen(request: HttpRequest, queryset: QuerySet[ImporterOfRecord]) -> QuerySet[ImporterOfRecord]:
    """Exactly those that the question named: an answer comes for "all on the list" (see ask.html), and those may be
    others by then."""
    pks = [pk for pk in request.POST.get("chosen", "").split(",") if pk.isdecimal()]
    return queryset.filter(pk__in=pks) if "chosen" in request.POST else queryset


class BulkActions:
    """Mixed into the list of importers."""

    actions = ACTIONS

    def response_action(self, request: HttpRequest, queryset: QuerySet[ImporterOfRecord]) -> HttpResponse | None:
        """Every action goes through here, and so none can forget whom its question named."""
        answer: HttpResponse | None = super().response_action(request, chosen(request, queryset))  # type: ignore[misc]
        return answer

    @admin.action(description=gettext_lazy("Invite by mail"))
    def invite_selected(self, request: HttpRequest, queryset: QuerySet[ImporterOfRecord]) -> HttpResponse | None:
        rows = list(queryset)
        to, without = [r for r in rows if r.contact_email], [r for r in rows if not r.contact_email]
        again = sum(row.invited_at is not None for row in to)
        notes = []
        if again:
            notes.append(ngettext(
                "%(n)s of them was invited before and gets a new mail.",
                "%(n)s of them were invited before and get a new mail.", again,
            ) % {"n": again})  # fmt: skip
        if without:
            notes.append(_("Left out, for want of an e-mail: %(names)s.") % {"names": names(without)})
        if len(to) > INVITED_AT_ONCE:
            told = _("At most %(most)s go at once: the other %(n)s are left for the next time.")
            notes.append(told % {"most": INVITED_AT_ONCE, "n": len(to) - INVITED_AT_ONCE})
            to = to[:INVITED_AT_ONCE]
        title = ngettext("Write to %(n)s importer?", "Write to %(n)s importers?", len(to)) % {"n": len(to)}
        question = Question("invite_selected", title, _("Send the invitations"), to, notes)
        return self.ask(request, question, Nothing, self._invite)

    def _invite(self, request: HttpRequest, rows: Rows, data: dict[str, Any]) -> str:
        invited = invitations.invite(rows, by=staff(request))
        for left, why in (
            (invited.without_email, _("Left out, for want of an e-mail: %(names)s.")),
            (invited.staff, _("Left out, because the contact is one of our own people: %(names)s.")),
        ):
            if left:
                messages.warning(request, why % {"names": names(left)})
        gone = dead_among(row.contact_email for row in rows)
        if unsure := [row for row in rows if row.contact_email.lower() in gone]:
            why = _("Written to, but earlier mail to this address came back: %(names)s.")
            messages.warning(request, why % {"names": names(unsure)})
        return ngettext("%(n)s invitation is on its way.", "%(n)s invitations are on their way.", invited.sent) % {
            "n": invited.sent
        }

    @admin.action(description=gettext_lazy("Assign to a colleague"))
    def assign_selected(self, request: HttpRequest, queryset: QuerySet[ImporterOfRecord]) -> HttpResponse | None:
        question = Question("assign_selected", _("Whose cases are these?"), _("Assign"), list(queryset))
        return self.ask(request, question, AssignForm, self._assign)

    def _assign(self, request: HttpRequest, rows: Rows, data: dict[str, Any]) -> str:
        moved = details.assign(rows, by=staff(request), to=data["to"])
        return ngettext("%(n)s importer changed hands.", "%(n)s importers changed hands.", moved) % {"n": moved}

    @admin.action(description=gettext_lazy("Pause reminders"))
    def pause_selected(self, request: HttpRequest, queryset: QuerySet[ImporterOfRecord]) -> HttpResponse | None:
        question = Question("pause_selected", _("No reminders for a while"), _("Pause"), list(queryset))
        return self.ask(request, question, PauseForm, self._pause)

    def _pause(self, request: HttpRequest, rows: Rows, data: dict[str, Any]) -> str:
        paused = details.pause(rows, by=staff(request), **data)
        return ngettext("Paused for %(n)s importer.", "Paused for %(n)s importers.", paused) % {"n": paused}

    @admin.action(description=gettext_lazy("Send reminders again"))
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[ImporterOfRecord]) -> HttpResponse | None:
        question = Question("resume_selected", _("Send reminders again?"), _("Send them again"), list(queryset))
        return self.ask(request, question, Nothing, self._resume)

    def _resume(self, request: HttpRequest, rows: Rows, data: dict[str, Any]) -> str:
        resumed = details.resume(rows, by=staff(request))
        return ngettext("%(n)s importer gets reminders again.", "%(n)s importers get reminders again.", resumed) % {
            "n": resumed
        }

    def ask(
        self,
        request: HttpRequest,
        question: Question,
        form_class: type[forms.Form],
        act: Callable[[HttpRequest, Rows, dict[str, Any]], str],
    ) -> HttpResponse | None:
        """Shows the question; once it was answered, acts and goes back to the list."""
        answered = "answered" in request.POST
        form = form_class(request.POST if answered else None)
        if answered and form.is_valid():
            try:
                messages.success(request, act(request, question.rows, form.cleaned_data))
            except RuleViolation as error:
                form.add_error(None, violation_text(error))
            else:
                return None
        context = {
            "title": question.title,
            "question": question,
            "form": form,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return cast(StaffAdmin, self).page(request, "admin/importers/ask.html", context)
