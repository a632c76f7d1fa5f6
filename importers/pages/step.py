"""What a step's page shows besides its form. One class for all steps: templates pick what they need."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from importers.domain.checklist import Status, StepState, missing_for_4811
from importers.domain.countries import country_name
from importers.domain.delegation import SentStep
from importers.domain.facts import Document, Filed, Route
from importers.domain.failures import AFTER_THE_TAB
from importers.domain.people import compare_emails
from importers.domain.preflight import PreflightCheck, Verdict, for_colleague, preflight
from importers.domain.stuck import CANNOT_CHANGE
from importers.forms import STEP_FORMS
from importers.models import Attestation, FiledContact, ImporterAccess, Question
from importers.pages import ace_values
from importers.pages.ace_values import AceValue
from importers.pages.checklist import ACH, EXISTING, Row, checks_5106_first, nobody_knows, row, title_of
from importers.pages.failures import ShownFailure, failures_on
from importers.pages.importer import ImporterPage
from importers.pages.routing import ROUTING_RULE, RoutingRule
from importers.services.steps import may_declare
from importers.wording import STRUCTURES, language, long_date, readable_phone

ROUTES = {
    Route.OWN_ACCOUNT: _("The company's own bank account in the United States"),
    Route.FORM_4811: _("To us, the broker, on Form 4811"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the importer cannot change has the way to ask us instead."""

    label: str | Promise
    value: str
    change_url: str = ""
    ask_url: str = ""


def _person(filed: Filed) -> str:
    return ", ".join(part for part in (filed.name, filed.email) if part)


@dataclass(frozen=True, slots=True)
class StepPage:
    page: ImporterPage
    state: StepState

    @classmethod
    def of(cls, page: ImporterPage, key: str) -> Self:
        return cls(page, page.checklist[key])

    @property
    def title(self) -> str:
        return title_of(self.page, self.state)

    @property
    def not_needed(self) -> bool:
        return self.state.status is Status.NOT_NEEDED

    @property
    def cannot_start(self) -> bool:
        return self.state.status is Status.CANNOT_START

    @property
    def is_done(self) -> bool:
        return self.state.status is Status.DONE

    @property
    def takes_answers(self) -> bool:
        """There is a form, and this person may fill it in now."""
        if self.state.key not in STEP_FORMS or not self.page.may_write or self.not_needed or self.cannot_start:
            return False
        if self.page.mine and self.page.checklist.facts.is_declared:  # what the officer has signed
            return False
        return self.state.key != "inform-broker" or (self.may_declare and not self.is_done)

    @property
    def may_ask(self) -> bool:
        return self.page.may_write and not (self.page.mine and self.page.checklist.facts.is_declared)

    @property
    def may_send(self) -> bool:
        """To a colleague."""
        return self.page.may_send(self.state.key)

    @property
    def sent(self) -> list[SentStep]:
        """The colleagues to whom it is open, told only to who sees the checklist."""
        return [] if self.page.mine else [s for s in self.page.sent if s.step == self.state.key and s.is_open]

    @property
    def comes_first(self) -> list[Row]:
        """What must be finished before this step can start."""
        return [row(self.page, self.page.checklist[key]) for key in self.state.waits_for]

    @property
    def may_declare(self) -> bool:
        return may_declare(self.page.importer, self.page.user)

    @property
    def number_in_ace(self) -> str:
        """Empty for an SSN, which we do not hold."""
        return ace_values.number_in_ace(self.page)

    @property
    def to_apply(self) -> list[AceValue]:
        return ace_values.application(self.page)

    @property
    def has_unchecked(self) -> bool:
        return any(value.is_unchecked for value in self.to_apply)

    @property
    def about_us(self) -> list[AceValue]:
        return ace_values.notify_party(self.page)

    @property
    def about_signer(self) -> list[AceValue]:
        return list(ace_values.signer(self.page))

    @property
    def checks(self) -> tuple[PreflightCheck, ...]:
        checks = preflight(self.page.checklist)
        return for_colleague(checks) if self.page.mine else checks

    @property
    def has_account(self) -> bool:
        return self.page.checklist.facts.has_account

    @property
    def account_reported(self) -> bool:
        """CBP's checks on an application are behind; the page is only for correcting who stands there."""
        return self.page.checklist.facts.ace_confirmed

    @property
    def checks_5106_first(self) -> bool:
        return checks_5106_first(self.page)

    @property
    def nobody_knows(self) -> bool:
        return nobody_knows(self.page)

    @property
    def undoes_the_declaration(self) -> bool:
        return self.page.checklist.facts.is_declared and self.state.key != "inform-broker"

    @property
    def readers(self) -> list[tuple[str, str]]:
        """Who of the importer can open this checklist: name and e-mail."""
        importer = self.page.importer
        accesses = ImporterAccess.objects.filter(importer=importer, revoked_at=None, user__is_active=True)
        people = (a.user for a in accesses.select_related("user").order_by("pk") if not a.user.is_staff)
        return [(importer.calls(user), user.email) for user in people]

    @property
    def is_checked(self) -> bool:
        return self.page.checklist["broker-review"].status is Status.DONE

    @property
    def reader_is_officer(self) -> bool:
        officer = self.page.checklist.facts.officer
        return officer is not None and compare_emails(officer.email, self.page.user.email).value == "same"

    @property
    def code_goes_to(self) -> str:
        """The mailbox of CBP's code, "" while nobody has read Form 5106 or another address stands there."""
        is_known = any(check.key == "mailbox" and check.verdict is Verdict.GOOD for check in self.checks)
        return self.page.checklist.facts.filed[Document.FORM_5106].email if is_known else ""

    @property
    def failures(self) -> list[ShownFailure]:
        return failures_on(self.page, self.state.key)

    @property
    def after_the_tab(self) -> list[ShownFailure]:
        """What to do next after what was seen on ACE's tab; nothing once the bank details are shown."""
        first = AFTER_THE_TAB.get(self.page.checklist.facts.ach, ())
        return [failure for failure in self.failures if failure.key in first]

    @property
    def other_failures(self) -> list[ShownFailure]:
        first = AFTER_THE_TAB.get(self.page.checklist.facts.ach, ())
        return [failure for failure in self.failures if failure.key not in first]

    @property
    def ach_seen(self) -> str:
        return str(ACH[self.page.checklist.facts.ach])

    @property
    def routing(self) -> RoutingRule:
        return ROUTING_RULE

    @property
    def form_5106_is_read(self) -> bool:
        return self.page.checklist["form-5106"].status is Status.DONE

    @property
    def form_5106(self) -> FiledContact | None:
        """Who stands there now, as we read it."""
        return self.page.importer.filed_in(Document.FORM_5106)

    @property
    def missing_for_4811(self) -> list[str]:
        return missing_for_4811(self.page.checklist.facts)

    @property
    def questions(self) -> list[Question]:
        """All that was asked at this step, the newest first; by a colleague who has it, their own."""
        asked = self.page.importer.questions.filter(step=self.state.key)
        if self.page.mine:
            asked = asked.filter(asked_by=self.page.user)
        return list(asked.with_people())

    @property
    def declaration(self) -> Attestation | None:
        return self.page.importer.newest_declaration

    @property
    def answers(self) -> Iterator[Answer]:
        """Everything the officer declares, each with the way to change it and back."""
        importer, facts = self.page.importer, self.page.checklist.facts
        yield self._answer("company", _("Company name"), facts.name)
        yield self._answer("", _("Importer number"), facts.number)
        yield self._answer("company", _("Country"), country_name(facts.country, language()))
        yield self._answer("company", _("Kind of company"), str(STRUCTURES.get(importer.structure, "")))
        yield self._answer("company", _("Address"), facts.address)
        yield self._answer("company", _("Phone"), readable_phone(facts.phone))
        if officer := facts.officer:
            yield self._answer("officer", _("Responsible officer"), f"{officer.name}, {officer.title}")
            yield self._answer("officer", _("Officer's e-mail"), officer.email)
            yield self._answer("officer", _("Officer's phone"), readable_phone(officer.phone))
        if facts.existing_account:
            yield self._answer("existing-account", _("ACE before"), str(EXISTING[facts.existing_account]))
        if ace := facts.filed.get(Document.ACE):
            yield self._answer("ace-account", _("Person in the ACE account"), _person(ace))
        if route := facts.effective_route:
            decided_at = "existing-account" if facts.enrolled_already else "refund-route"
            yield self._answer(decided_at, _("Refunds go to"), str(ROUTES[route]))
            if route is Route.OWN_ACCOUNT and not facts.enrolled_already:
                yield self._answer("ach-refund", _("ACH refunds"), str(ACH[facts.ach]))
            if route is Route.FORM_4811 and (form := getattr(importer, "form_4811", None)) and form.signed_on:
                yield self._answer("form-4811", _("Form 4811 signed on"), long_date(form.signed_on))
                if signer := facts.filed.get(Document.FORM_4811):
                    yield self._answer("form-4811", _("Form 4811 signed by"), _person(signer))

    def _answer(self, key: str, label: str | Promise, value: str) -> Answer:
        if not self.page.may_write:
            return Answer(label, value)
        if not key or self.page.checklist[key].status is Status.NOT_NEEDED:
            url = reverse("question", args=[self.page.importer.uuid, "inform-broker"])
            return Answer(label, value, ask_url=f"{url}?{urlencode({'topic': CANNOT_CHANGE.key})}")
        url = reverse("step", args=[self.page.importer.uuid, key])
        return Answer(label, value, f"{url}?{urlencode({'back': 'inform-broker'})}")
