"""Who may sign in: staff, whom only a superuser manages, and the importers' people."""

from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from importers.admin.base import StaffAdmin, staff
from importers.admin.digest import my_digest
from importers.domain.text import one_line
from importers.forms.account import ResetForm
from importers.models import User
from importers.models.accounts import SYSTEM_EMAIL
from importers.services.portal import forget_second_factor, save_person

OF_EVERYBODY = ("name", "language", "is_active")
OF_STAFF = ("email", *OF_EVERYBODY, "wants_digest", "is_superuser")


class StaffFilter(admin.SimpleListFilter):
    title = gettext_lazy("who")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("staff", gettext_lazy("Our own people")), ("importer", gettext_lazy("Importers' people"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(is_staff=self.value() == "staff") if self.value() else queryset


class PersonForm(forms.ModelForm):
    class Meta:
        model = User
        fields = OF_STAFF

    def clean_name(self) -> str:
        return one_line(str(self.cleaned_data["name"]))

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Somebody with this address is there already."))
        return email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        mine = getattr(self, "acting", None)
        if (
            mine
            and mine.pk == self.instance.pk
            and not (cleaned.get("is_active") and cleaned.get("is_superuser", True))
        ):
            raise forms.ValidationError(_("You cannot take your own rights away. Ask a colleague to do it."))
        return cleaned


def mail_password_link(request: HttpRequest, person: User) -> bool:
    """False for who has no password: importers' people, and whoever may not sign in."""
    form = ResetForm({"email": person.email})
    if not (person.is_active and person.is_staff and form.is_valid()):
        return False
    form.save(request)
    return True


@admin.register(User)
class PersonAdmin(StaffAdmin):
    form = PersonForm
    list_display = ("__str__", "email", "kind", "language", "is_active", "second_factor", "last_login")
    list_filter = (StaffFilter, "is_active")
    search_fields = ("name", "email")
    ordering = ("-is_staff", "name", "email")
    actions = ("send_password_link", "reset_second_factor")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        factor = Authenticator.objects.filter(user=OuterRef("pk"))
        return super().get_queryset(request).exclude(email=SYSTEM_EMAIL).annotate(has_factor=Exists(factor))

    def get_urls(self) -> list[URLPattern]:
        own = path("digest/", self.admin_site.admin_view(my_digest), name="importers_my_digest")
        return [own, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # type: ignore[override]
        """Colleagues are managed by a superuser; the importers' people by all staff."""
        if obj is not None and (obj.is_staff or obj.is_superuser):
            return self.has_add_permission(request)
        return self.has_module_permission(request)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return OF_STAFF if obj is None or obj.is_staff else ("email", *OF_EVERYBODY)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return () if obj is None or obj.is_staff else ("email",)

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.acting = request.user
        return form

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        """Whoever is added here is one of the broker's own; importers' people come in by their invitation."""
        if not change:
            obj.is_staff = True
        save_person(obj, by=staff(request))
        if not change and mail_password_link(request, obj):
            told = _("%(who)s signs in with a password. A link to choose it is on its way to %(email)s.")
            messages.info(request, told % {"who": obj, "email": obj.email})

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return super().get_actions(request) if self.has_add_permission(request) else {}

    @display(description=gettext_lazy("who"), ordering="is_staff")
    def kind(self, person: User) -> str:
        if person.is_superuser:
            return _("Staff, manages people")
        return _("Staff") if person.is_staff else _("Importer")

    @display(description=gettext_lazy("second factor"), boolean=True)
    def second_factor(self, person: Any) -> bool:
        return bool(person.has_factor)

    @admin.action(description=gettext_lazy("Mail a link to choose a new password"))
    def send_password_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            if mail_password_link(request, person):
                messages.success(request, _("A link is on its way to %(email)s.") % {"email": person.email})
            else:
                messages.warning(request, _("%(who)s signs in with a mailed code, or not at all.") % {"who": person})

    @admin.action(description=gettext_lazy("Forget the second factor (lost phone)"))
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            forget_second_factor(person, by=staff(request))
            messages.success(request, _("%(who)s sets up a new second factor at the next sign-in.") % {"who": person})
