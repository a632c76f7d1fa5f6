"""The broker's own words for the reminders: checked while they are typed, and seen as a mail before they are saved."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold import widgets
from unfold.decorators import display

from importers.admin.base import StaffAdmin, staff
from importers.admin.mails import framed
from importers.admin.words import step_title
from importers.domain.mail_lint import Found
from importers.letters import Letter, write
from importers.models import Campaign, ImporterOfRecord, MailKind, MailText, Notification, Occasion
from importers.reminder_words import PLACES, STEPS_OF_IMPORTERS, Words, shipped_words
from importers.services.mail_texts import broken_places, delete_mail_text, not_to_be_said, save_mail_text
from importers.wording import violation_text

SHOWN = 50
AHEAD, PAST = timedelta(days=14), timedelta(days=7)  # for a preview only
EVERY_STEP = gettext_lazy("every step without a text of its own")
WRITTEN = ("subject", "body")
ASKED = ("confirmed", "chosen", "find", "csrfmiddlewaretoken")  # of the preview, not of the text


def listed(occasion: Occasion) -> str:
    return ", ".join(f"{{{name}}}" for name in PLACES[occasion])


def refusal(found: Found) -> str:
    words = f"“{found.words}”: " if found.words else ""
    return f"{words}{_(found.rule.why)} {_(found.rule.instead)}"


class MailTextForm(forms.ModelForm):
    step = forms.ChoiceField(
        label=gettext_lazy("Next step"), required=False, widget=widgets.UnfoldAdminSelectWidget,
        help_text=gettext_lazy("The text goes out when this is the next step that waits for the importer."),
    )  # fmt: skip

    class Meta:
        model = MailText
        fields = ("occasion", "step", "language", "subject", "body")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = [(step.key, step_title(step.key)) for step in STEPS_OF_IMPORTERS]
        self.fields["step"].choices = [("", EVERY_STEP), *steps]  # type: ignore[attr-defined]
        before, late = listed(Occasion.BEFORE), listed(Occasion.LATE)
        self.fields["body"].help_text = _(
            "A blank line begins a new paragraph. Places that are filled for each importer: %(before)s; after the "
            "deadline %(late)s. Greeting, list of steps, link, date, contact and the line against forged mails stand "
            "around it by themselves."
        ) % {"before": before, "late": late}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        occasion = cleaned.get("occasion")
        for name in ("subject", "body"):
            text = cleaned.get(name)
            if occasion and text:
                self._check(name, text, Occasion(occasion))
        return cleaned

    def _check(self, name: str, text: str, occasion: Occasion) -> None:
        if broken := broken_places(text, occasion):
            self.add_error(name, violation_text(broken))
        for found in not_to_be_said(text):
            self.add_error(name, refusal(found))


class AboutForm(forms.Form):
    """Whom the preview is written about."""

    chosen = forms.ChoiceField(
        label=gettext_lazy("Written about"), required=False, widget=widgets.UnfoldAdminSelectWidget
    )
    find = forms.CharField(
        label=gettext_lazy("Only those with this in their name"), required=False, max_length=100,
        widget=widgets.UnfoldAdminTextInputWidget,
    )  # fmt: skip

    def __init__(self, importers: list[ImporterOfRecord], **initial: Any) -> None:
        super().__init__(initial=initial)
        self.fields["chosen"].choices = [(one.pk, one.name) for one in importers]  # type: ignore[attr-defined]


def candidates_for(text: MailText, find: str) -> QuerySet[ImporterOfRecord]:
    """Importers who would get this text, as far as the step tells; with `find` those whose name holds it."""
    waiting = ImporterOfRecord.objects.exclude(readiness__importer_step="").exclude(contact_email="")
    if text.step:
        waiting = waiting.filter(readiness__importer_step=text.step)
    return (waiting.filter(name__icontains=find) if find else waiting).order_by("name", "pk")


def preview(text: MailText, importer: ImporterOfRecord) -> Letter:
    """The mail as this importer would get it. Nothing is saved."""
    row = Notification(
        kind=MailKind.REMINDER, importer=importer, campaign=fitting_campaign(text), slot="T-0", step=text.step,
        to_name=importer.contact_name, to_email=importer.contact_email, language=text.language,
        not_before=timezone.now(),
    )  # fmt: skip
    return write(row, words=Words(text.subject, text.body))


def fitting_campaign(text: MailText) -> Campaign:
    """The one that importers are told of; with another date where that one is on the wrong side of today."""
    campaign = Campaign.objects.shown() or Campaign(pk=0, time_zone=settings.TIME_ZONE)
    today, wants_late = timezone.localdate(), text.occasion == Occasion.LATE
    if not campaign.pk or campaign.is_past(timezone.now()) != wants_late:
        campaign.deadline = today - PAST if wants_late else today + AHEAD
    return campaign


@admin.register(MailText)
class MailTextAdmin(StaffAdmin):
    form = MailTextForm
    list_display = ("when", "next_step", "language", "subject")
    list_filter = (
        ("occasion", admin.ChoicesFieldListFilter),
        ("language", admin.ChoicesFieldListFilter),
    )
    fieldsets = (
        (None, {
            "fields": ("occasion", "step", "language", "subject", "body"),
            "description": gettext_lazy(
                "Takes the place of the shipped text in reminders about one importer. Where there is no text of yours, "
                "and in mails to people with several importers, the shipped one goes out."
            ),
        }),
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    @display(description=gettext_lazy("when"), ordering="occasion")
    def when(self, text: MailText) -> str:
        return text.get_occasion_display()

    @display(description=gettext_lazy("next step"), ordering="step")
    def next_step(self, text: MailText) -> str:
        return step_title(text.step) if text.step else str(EVERY_STEP)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begins with the shipped text, so that nobody starts from nothing."""
        given = super().get_changeform_initial_data(request)
        occasion, step = given.get("occasion", Occasion.BEFORE), given.get("step", "")
        language = given.get("language", getattr(request.user, "language", "en"))
        known = {"", *(known.key for known in STEPS_OF_IMPORTERS)}
        if occasion not in Occasion or language not in dict(settings.LANGUAGES) or step not in known:
            return given
        shipped = shipped_words(Occasion(occasion), step, language)
        return {
            "occasion": occasion, "step": step, "language": language, "subject": shipped.subject, "body": shipped.body,
        } | given  # fmt: skip

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Shows the mail before it saves the text."""
        if request.method == "POST" and "confirmed" not in request.POST:
            form = self._typed(request, object_id)
            if form is not None:
                return self.page(request, "admin/importers/mail_text.html", self._preview(request, form))
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _typed(self, request: HttpRequest, object_id: str | None) -> forms.ModelForm | None:
        """None for what is refused; the usual page says why."""
        text = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and text is None:
            return None
        form = self.get_form(request, text, change=text is not None)(request.POST, instance=text)
        return form if form.is_valid() else None

    def _preview(self, request: HttpRequest, form: forms.ModelForm) -> dict[str, Any]:
        text: MailText = form.instance
        find, chosen = request.POST.get("find", "").strip()[:100], request.POST.get("chosen", "")
        importers = list(candidates_for(text, find)[:SHOWN])
        importer = next((one for one in importers if str(one.pk) == chosen), importers[0] if importers else None)
        letter = preview(text, importer) if importer else None
        return {
            "title": _("Preview"),
            "original": text if text.pk else None,
            "text": text,
            "importers": importers,
            "importer": importer,
            "find": find,
            "about": AboutForm(importers, chosen=importer.pk if importer else "", find=find),
            "letter": letter,
            "document": framed(letter.html) if letter else "",
            "fields": [form[name] for name in WRITTEN],
            "typed": [(name, value) for name, value in request.POST.items() if name not in (*WRITTEN, *ASKED)],
            "back": request.path,
        }

    def save_model(self, request: HttpRequest, obj: MailText, form: forms.ModelForm, change: bool) -> None:
        save_mail_text(obj, by=staff(request))

    def delete_model(self, request: HttpRequest, obj: MailText) -> None:
        delete_mail_text(obj, by=staff(request))
