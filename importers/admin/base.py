"""What all of the staff's pages share."""

from typing import Any, TypeVar

from django.contrib.admin import SimpleListFilter
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from importers.admin.history import history_page
from importers.models import User

M = TypeVar("M", bound=Model)
LONGEST_KEY = len(str(2**63))


def staff(request: HttpRequest) -> User:
    """The colleague at the keyboard; the site lets nobody else through."""
    if not isinstance(request.user, User) or not request.user.is_staff:
        raise TypeError("only staff get here")
    return request.user


def row_of(rows: QuerySet[M], key: object) -> M:
    """The row with the key that stands in the address, where anything may stand. Raises Http404."""
    text = str(key)
    row = rows.filter(pk=int(text)).first() if text.isdecimal() and len(text) < LONGEST_KEY else None
    if row is None:
        raise Http404
    return row


def parameters(chosen: Any) -> set[str]:
    """What a filter of a list reads from the address."""
    if isinstance(chosen, type) and issubclass(chosen, SimpleListFilter):
        return {str(chosen.parameter_name)}
    name = chosen if isinstance(chosen, str) else chosen[0]
    return {name, *(f"{name}__{asked}" for asked in ("exact", "isnull", "gte", "lt"))}  # the last two of days


class StaffAdmin(ModelAdmin):
    """All staff see and act on everything; what may be added or deleted each page says itself."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_sheet = True
    actions_on_bottom = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_staff", False))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the list offers. Django lets any column of the table be asked for in the address, and an answer to
        `password__regex` or `text__contains` is that column, one letter at a time."""
        return lookup == "importer" or any(lookup in parameters(chosen) for chosen in self.list_filter)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def log_addition(self, request: HttpRequest, obj: Model, message: object) -> None:
        """Not here: the history is kept by the database (see importers/models/history.py)."""

    def log_change(self, request: HttpRequest, obj: Model, message: object) -> None:
        """Not here either."""

    def page(self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        shared = self.admin_site.each_context(request) | {"opts": self.model._meta, "media": self.media}
        return TemplateResponse(request, template, shared | context, status=status)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = row_of(self.model._default_manager.all(), object_id)
        context = {"title": str(row), "original": row, "page": history_page(row, request.GET.get("p", "1"))}
        return self.page(request, "admin/importers/history.html", context)
