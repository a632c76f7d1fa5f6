"""What staff type, one small form a deed. They check the shape; the services decide."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from importers.domain.stuck import LONGEST_QUESTION
from importers.models import User
from importers.models.campaign import known_time_zone

TEXT, MAIL = widgets.UnfoldAdminTextInputWidget, widgets.UnfoldAdminEmailInputWidget


def text(label: Any, *, required: bool = False, length: int = 200, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=length, help_text=help_text, widget=TEXT)


def long_text(label: Any, *, length: int, help_text: Any = "") -> forms.CharField:
    box = widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3})
    return forms.CharField(label=label, max_length=length, help_text=help_text, widget=box)


def tick(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, widget=widgets.UnfoldBooleanWidget)


def day(label: Any, **options: Any) -> forms.DateField:
    kind = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": " ".join(widgets.INPUT_CLASSES)})
    return forms.DateField(label=label, widget=kind, **options)


class Nothing(forms.Form):
    """A deed that needs no more than the button."""


class FiledContactForm(forms.Form):
    """As it stands in the document, letter by letter; what is empty there is left empty here."""

    name = text(_("Name, as it stands there"))
    email = text(_("E-mail, as it stands there"), length=254)
    company_name = text(_("Company name, as it stands there"))
    source = text(_("Where did you read it?"), help_text=_("For example: ACE importer query, or a scan of the form"))

    def __init__(self, *args: Any, with_company: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_company:
            del self.fields["company_name"]


class Form5106Form(FiledContactForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, with_company=True, **kwargs)


class AcceptForm(forms.Form):
    fingerprint = forms.CharField(max_length=32, widget=forms.HiddenInput)
    reason = text(_("Why is this all right?"), required=True, length=500)


class Checks4811Form(forms.Form):
    on_profile = tick(_("We stand on the importer's ACE profile as notify party"))
    box_28 = tick(_("Our importer number goes in box 28 of new entries"))


class ReviewForm(forms.Form):
    """`digest` is of the answers on the page, so that nobody decides on others."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)


class SendBackForm(ReviewForm):
    note = long_text(
        _("What must be changed?"),
        length=1000,
        help_text=_("The officer reads this by mail and on the checklist."),
    )


class AnswerForm(forms.Form):
    question = forms.IntegerField(widget=forms.HiddenInput)
    text = long_text(
        _("Your answer"),
        length=LONGEST_QUESTION,
        help_text=_("Goes to whoever asked, by mail, and stands on the page of the step. Never bank details."),
    )


class ErrandForm(forms.Form):
    errand = forms.IntegerField(widget=forms.HiddenInput)
    outcome = long_text(_("What came of it?"), length=500, help_text=_("For you and your colleagues."))


class RevokeForm(forms.Form):
    access = forms.IntegerField(widget=forms.HiddenInput)


class SentStepForm(forms.Form):
    sent = forms.UUIDField(widget=forms.HiddenInput)


class PauseForm(forms.Form):
    until = day(_("Last day without reminders"))
    reason = text(_("Why?"), required=True)


def staff_choices() -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        User.objects.filter(is_staff=True, is_active=True).order_by("name", "email"),
        label=_("Assigned to"),
        required=False,
        empty_label=_("Nobody"),
        widget=widgets.UnfoldAdminSelectWidget,
    )


class AssignForm(forms.Form):
    to = staff_choices()


def what_was_shown(form: forms.BaseForm) -> None:
    """Each field goes along as it was served: what somebody else wrote meanwhile is then no change of this person's,
    and is not put back to what it was (see `changed_data`)."""
    for field in form.fields.values():
        field.show_hidden_initial = True


class DetailsForm(forms.Form):
    """Its cleaned data holds only what was changed on the page."""

    name = text(_("Company name"), required=True, help_text=_("Exactly as it stands on Form 5106."))
    contact_name = text(_("Contact person"))
    contact_title = text(_("Title"), length=100)
    contact_email = forms.EmailField(label=_("E-mail"), required=False, widget=MAIL)
    contact_phone = text(_("Phone"), length=40)
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, widget=widgets.UnfoldAdminSelectWidget
    )
    time_zone = text(
        _("Time zone"),
        length=64,
        help_text=_("Only if it is not the usual one of the country. Like America/Los_Angeles."),
    )
    is_ddp = tick(_("Sells DDP: pays the duty, and is asked how to receive refunds"))
    assigned_to = staff_choices()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].validators.append(known_time_zone)
        what_was_shown(self)

    def clean(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
