"""One form a step of the checklist."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.domain.ach import BEFORE_APPLYING, ON_THE_TAB
from importers.domain.countries import countries
from importers.domain.errors import RuleViolation
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Route
from importers.domain.mail_address import SHARED_MAILBOX, is_shared_mailbox
from importers.domain.postal_code import parse_postal_code
from importers.forms.ach import AchClaimForm
from importers.forms.base import StepForm
from importers.forms.fields import CheckField, PersonField, PersonsAddressField, check, choice, day, email, phone, text
from importers.pages.importer import ImporterPage
from importers.services import steps
from importers.wording import STRUCTURES, language, violation_text


class CompanyForm(StepForm):
    name = text(
        _("Company name, exactly as on Form 5106"),
        _("Enter the company name as it stands on Form 5106."),
        autocomplete="organization",
        help_text=_(
            "ACE compares it letter by letter. CBP may have written ae, o or aa for æ, ø and å. If you are not sure, "
            "ask us: we look it up."
        ),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=[("", "")],
        error_messages={"required": _("Choose the country in which the company is registered.")},
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    structure = choice(
        _("What kind of company is it?"),
        _("Choose what kind of company it is. ACE asks the same."),
        tuple(STRUCTURES.items()),
    )
    street = text(_("Street and number"), _("Enter the company's street and number."), autocomplete="street-address")
    postal_code = text(
        _("Postal code"), "", autocomplete="postal-code", max_length=20, required=False,
        help_text=_("Leave it empty only where addresses have none, as in Hong Kong."),
    )  # fmt: skip
    city = text(_("City"), _("Enter the city."), autocomplete="address-level2", max_length=100)
    phone = phone(_("Company phone"), _("Enter the company's phone number with its country code."))

    def __init__(self, data: Mapping[str, Any] | None = None, *, page: ImporterPage) -> None:
        super().__init__(data, page=page)
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)  # noqa: S101 - for the type checker
        country.choices = [("", _("Choose a country")), *countries(language())]

    def prefill(self) -> dict[str, Any]:
        return {name: str(getattr(self.importer, name)) for name in CompanyForm.base_fields}

    def clean(self) -> None:
        super().clean()
        code, country = self.cleaned_data.get("postal_code"), self.cleaned_data.get("country")
        if code is None or not country:
            return
        try:
            self.cleaned_data["postal_code"] = parse_postal_code(code, country)
        except RuleViolation as refused:
            self.add_error("postal_code", forms.ValidationError(violation_text(refused), code=refused.code))

    def save(self) -> None:
        details = {name: str(value) for name, value in self.cleaned_data.items()}
        steps.confirm_company(self.importer, by=self.user, **details)


class OfficerForm(StepForm):
    """The question about a shared mailbox sleeps until such an address stands there."""

    has_invited = False
    shared_mailboxes = " ".join(sorted(SHARED_MAILBOX))  # for the script that asks while the address is typed
    name = text(
        _("Full name"), _("Enter the officer's full name."), autocomplete="name", field=PersonField,
        help_text=_("As it should stand in ACE, on Form 5106 and on Form 4811."),
    )  # fmt: skip
    title = text(
        _("Title in English"), _("Enter the officer's title in English, like Managing Director."),
        autocomplete="organization-title", max_length=100,
        help_text=_("It stands in mails to CBP. Examples: Managing Director, CFO, Owner, Board Chair."),
    )  # fmt: skip
    email = email(
        _("The officer's own e-mail"),
        _("Enter the officer's e-mail."),
        field=PersonsAddressField,
        help_text=_("CBP mails the code here. It must be the same in ACE, on Form 5106 and on Form 4811."),
    )
    reads_it = check(
        _("It is the officer's own mailbox all the same."),
        _("Enter the officer's own address, or tick that this mailbox is the officer's own."),
        help_text=_(
            "This looks like a mailbox that several people read. CBP's code, valid for ten minutes, and our invitation "
            "are for the officer only."
        ),
        required=False,
    )
    phone = phone(_("Phone"), _("Enter the officer's phone number with its country code."))
    authorised = check(
        _("This person is an officer of the company and is authorised to sign for it."),
        _("Confirm that the officer may sign for the company, or name somebody who may."),
    )

    leaves = check(
        _("I know that I will no longer be able to open this checklist."),
        _("You will no longer be able to open this checklist. Tick that you know, or keep yourself as the officer."),
        help_text=_(
            "You are the officer now. If you name somebody else, we mail that person an invitation when you save, and "
            "this checklist is closed to you."
        ),
        required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, page: ImporterPage) -> None:
        super().__init__(data, page=page)
        self._wake(str((data or self.initial).get("email", "")))
        farewell = self.fields["leaves"]
        assert isinstance(farewell, CheckField)  # noqa: S101 - for the type checker
        farewell.sleeps = not steps.is_shown_out(self.importer, self.user, officer="")

    def put_back(self, typed: QueryDict) -> None:
        super().put_back(typed)
        self._wake(str(self.initial.get("email") or ""))

    def _wake(self, email: str) -> None:
        question = self.fields["reads_it"]
        assert isinstance(question, CheckField)  # noqa: S101 - for the type checker
        question.sleeps = not is_shared_mailbox(email)

    def prefill(self) -> dict[str, Any]:
        importer = self.importer
        officer = getattr(importer, "officer", None)
        if officer is None:
            return {
                "name": importer.contact_name,
                "title": importer.contact_title,
                "email": importer.contact_email,
                "phone": str(importer.contact_phone),
            }
        fields = {name: str(getattr(officer, name)) for name in ("name", "title", "email", "phone")}
        declared = officer.declared_at is not None
        return fields | {"authorised": declared, "reads_it": declared and is_shared_mailbox(officer.email)}

    def clean(self) -> None:
        super().clean()
        if is_shared_mailbox(self.cleaned_data.get("email", "")) and not self.cleaned_data.get("reads_it"):
            reads_it = self.fields["reads_it"]
            self.add_error("reads_it", forms.ValidationError(reads_it.error_messages["required"], code="shared"))
        if self._shows_me_out() and not self.cleaned_data.get("leaves"):
            leaves = self.fields["leaves"]
            self.add_error("leaves", forms.ValidationError(leaves.error_messages["required"], code="leaves"))

    def _shows_me_out(self) -> bool:
        email = self.cleaned_data.get("email", "")
        return bool(email) and steps.is_shown_out(self.importer, self.user, officer=email)

    def save(self) -> None:
        details = self.cleaned_data | {"phone": str(self.cleaned_data["phone"])}
        del details["reads_it"], details["leaves"]
        self.has_invited = steps.name_officer(self.importer, by=self.user, **details)

    @property
    def told(self) -> str:
        if not self.has_invited:
            return ""
        return gettext("We have mailed an invitation to %(email)s.") % {"email": self.cleaned_data["email"].lower()}


class ExistingAccountForm(AchClaimForm):
    claim = ("answer", ExistingAccount.ENROLLED)
    advice = BEFORE_APPLYING
    field_order = ("answer", "seen")
    answer = choice(
        _("Does the company already use the ACE Portal?"),
        _("Choose what fits best. If you do not know, say so."),
        (
            (ExistingAccount.NO, _("No, nobody in the company has an ACE account")),
            (ExistingAccount.ACCOUNT, _("Yes, but refunds by ACH are not set up")),
            (ExistingAccount.ENROLLED, _("Yes, and refunds by ACH are set up for this importer number")),
            (ExistingAccount.UNSURE, _("We do not know")),
        ),
        help_text=_("Paying duty by ACH is something else: it does not count as refunds by ACH."),
    )

    def prefill(self) -> dict[str, Any]:
        account = getattr(self.importer, "ace_account", None)
        return {"answer": account.existing} if account else {}

    def save(self) -> None:
        answer = ExistingAccount(self.cleaned_data["answer"])
        steps.answer_existing_account(self.importer, by=self.user, answer=answer)

    @property
    def stays(self) -> bool:
        """The page says how to find out."""
        return bool(self.cleaned_data["answer"] == ExistingAccount.UNSURE)


class RefundRouteForm(StepForm):
    route = choice(
        _("How does the company want its refunds?"),
        _("Choose one of the two ways."),
        (
            (Route.OWN_ACCOUNT, _("To the company's own bank account in the United States")),
            (Route.FORM_4811, _("To us, the broker, named on Form 4811; we pass the money on")),
        ),
    )

    def prefill(self) -> dict[str, Any]:
        return {"route": self.importer.route}

    def save(self) -> None:
        steps.choose_route(self.importer, by=self.user, route=Route(self.cleaned_data["route"]))


class FiledPersonForm(StepForm):
    """A person as he or she stands in one of CBP's documents; the officer is what it should be."""

    document: Document

    def prefill(self) -> dict[str, Any]:
        filed = self.importer.filed_in(self.document)
        person = filed or getattr(self.importer, "officer", None)
        return {"name": person.name, "email": person.email} if person else {}


class AceAccountForm(FiledPersonForm):
    document = Document.ACE
    name = text(
        _("Name in the ACE account"), _("Enter the name of the person in the ACE account."),
        help_text=_("The person who created the account. ACE calls this person the Trade Account Owner."),
    )  # fmt: skip
    email = email(_("E-mail in the ACE account"), _("Enter the e-mail of the person in the ACE account."))
    there = check(
        _("CBP has confirmed the account by mail, and this person can sign in to ACE."),
        _("Tick this once CBP's confirmation has come and the sign-in works."),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, page: ImporterPage) -> None:
        super().__init__(data, page=page)
        if page.checklist.facts.has_account:
            self.fields["name"].help_text = _("ACE calls this person the Trade Account Owner.")
            self.fields["there"].label = _("This person can sign in to the ACE account.")
            self.fields["there"].error_messages["required"] = _("Tick this once you know that the sign-in works.")

    def prefill(self) -> dict[str, Any]:
        account = getattr(self.importer, "ace_account", None)
        return super().prefill() | {"there": bool(account and account.confirmed_at)}

    def save(self) -> None:
        data = self.cleaned_data
        steps.confirm_ace_account(self.importer, by=self.user, name=data["name"], email=data["email"])


class AchRefundForm(AchClaimForm):
    claim = ("status", ACHStatus.SHOWN)
    advice = ON_THE_TAB
    field_order = ("status", "seen")
    status = choice(
        _("What do you see after Get Info/Refresh?"),
        _("Choose what you see in ACE."),
        (
            (ACHStatus.SHOWN, _("The company's bank details are shown")),
            (ACHStatus.NONE, _("The tab is there, but no bank details are shown")),
            (ACHStatus.NO_TAB, _("There is no tab ACH Refund Authorization")),
            (ACHStatus.ERROR, _("ACE shows an error message")),
        ),
        help_text=_("Say only what you see. Never write the bank details here or in a mail to us."),
    )

    def prefill(self) -> dict[str, Any]:
        enrollment = getattr(self.importer, "ach_enrollment", None)
        known = enrollment and enrollment.status != ACHStatus.UNKNOWN
        return {"status": enrollment.status} if enrollment and known else {}

    def save(self) -> None:
        steps.record_ach(self.importer, by=self.user, status=ACHStatus(self.cleaned_data["status"]))

    @property
    def stays(self) -> bool:
        """The page says what to do next."""
        return bool(self.cleaned_data["status"] != ACHStatus.SHOWN)


class Form4811Form(FiledPersonForm):
    document = Document.FORM_4811
    name = text(
        _("Who signed Form 4811?"), _("Enter the name of the person who signed."),
        help_text=_("The full name as it stands on the form."),
    )  # fmt: skip
    email = email(_("E-mail on Form 4811"), _("Enter the e-mail that stands on Form 4811."))
    signed_on = day(_("When was it signed?"), _("Enter the day on which the form was signed."))

    def prefill(self) -> dict[str, Any]:
        form = getattr(self.importer, "form_4811", None)
        return super().prefill() | {"signed_on": form.signed_on if form else None}

    def save(self) -> None:
        data = self.cleaned_data
        steps.complete_form_4811(
            self.importer, by=self.user, signer=data["name"], email=data["email"], signed_on=data["signed_on"]
        )


class InformBrokerForm(StepForm):
    submit_label = _("Declare and send")
    digest = forms.CharField(
        widget=forms.HiddenInput,
        validators=[RegexValidator(r"^[0-9a-f]{64}$")],
        error_messages={"required": _("Open the page again and read the answers once more.")},
    )
    agree = check(
        _("I am the responsible officer. I have read the answers above, and they are true."),
        _("Tick this to declare that the answers are true."),
    )

    def prefill(self) -> dict[str, Any]:
        return {"digest": self.page.checklist.facts.digest}

    def save(self) -> None:
        steps.declare(self.importer, by=self.user, digest=self.cleaned_data["digest"])


STEP_FORMS: dict[str, type[StepForm]] = {
    "company": CompanyForm,
    "officer": OfficerForm,
    "existing-account": ExistingAccountForm,
    "refund-route": RefundRouteForm,
    "ace-account": AceAccountForm,
    "ach-refund": AchRefundForm,
    "form-4811": Form4811Form,
    "inform-broker": InformBrokerForm,
}
