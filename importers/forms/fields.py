"""Fields as the portal asks for them: a label, a hint, and an error that says what to do."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from importers.domain.errors import RuleViolation
from importers.domain.free_text import refuse_bank_details, refuse_codes, refuse_in_addresses, refuse_in_names
from importers.domain.text import one_line

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Words: TypeAlias = "str | _StrPromise"


class NoBankDetails:
    """A text that looks like bank details is refused at its own field, and so is what the other `rules` refuse."""

    rules: ClassVar[tuple[Callable[[str], None], ...]] = ()

    def clean(self, value: Any) -> Any:
        text = super().clean(value)  # type: ignore[misc]
        try:
            for refuse in (refuse_bank_details, *self.rules):
                refuse(text)
        except RuleViolation as refused:
            raise forms.ValidationError(refused.translated(gettext), code=refused.code) from None
        return text


class AddressField(NoBankDetails, forms.EmailField):
    pass


class PersonsAddressField(AddressField):
    """Of somebody whom the reader of the page names: a mail in our name goes there."""

    rules = (refuse_in_addresses,)


class LineField(NoBankDetails, forms.CharField):
    """One line: what a browser would never send (line breaks, control characters) is folded into spaces."""

    def to_python(self, value: Any) -> str:
        try:
            return super().to_python(one_line(str(value or ""))) or ""
        except RuleViolation as refused:
            raise forms.ValidationError(refused.translated(gettext), code=refused.code) from None


class PersonField(LineField):
    """The name of somebody whom the reader of the page names."""

    rules = (refuse_in_names,)


class NoteField(NoBankDetails, forms.CharField):
    """Text of several lines, to us: CBP's codes are refused as well."""

    rules = (refuse_codes,)


def text(
    label: Words, missing: Words, *, autocomplete: str = "", field: type[LineField] = LineField, **options: Any
) -> forms.CharField:
    attrs = {"autocomplete": autocomplete} if autocomplete else {}
    options = {"max_length": 200} | options
    return field(label=label, error_messages={"required": missing}, widget=forms.TextInput(attrs=attrs), **options)


def email(
    label: Words, missing: Words, *, field: type[AddressField] = AddressField, **options: Any
) -> forms.EmailField:
    return field(
        label=label,
        error_messages={
            "required": missing,
            "invalid": _("Write the e-mail address like name@company.com, one address only."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        **options,
    )


def phone(label: Words, missing: Words) -> PhoneNumberField:
    return PhoneNumberField(
        label=label,
        help_text=_("A number of another country needs its country code, like +45 12 34 56 78."),
        error_messages={
            "required": missing,
            "invalid": _("Write the phone number with its country code, like +45 12 34 56 78."),
        },
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "class": "short"}),
    )


class ChoiceField(forms.ChoiceField):
    """`follows`: a question that one of the answers before it raises."""

    def __init__(self, *, follows: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.follows = follows


def choice(label: Words, missing: Words, options: Iterable[tuple[str, Words]], **more: Any) -> forms.ChoiceField:
    return ChoiceField(
        label=label,
        choices=list(options),
        widget=forms.RadioSelect,
        error_messages={"required": missing, "invalid_choice": missing},
        **more,
    )


class CheckField(forms.BooleanField):
    """`sleeps`: not shown, because what it asks about has not been answered so."""

    sleeps = False


def check(label: Words, missing: Words, **options: Any) -> CheckField:
    return CheckField(label=label, error_messages={"required": missing}, **options)


def day(label: Words, missing: Words, *, help_text: Words = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        error_messages={"required": missing, "invalid": _("Write the date like 2027-04-21.")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "short"}),
        input_formats=["%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y"],
    )
