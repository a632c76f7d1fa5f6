"""Every state in which an importer's pages look different, each brought about by the services that people use. The
accessibility tests walk through all of them; with --pictures FOLDER they also leave a picture of every page."""

from collections.abc import Callable
from dataclasses import dataclass

from importers.domain.checklist import STEPS
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Route
from importers.models import ImporterOfRecord, User
from importers.services import filings, questions, steps
from tests import walkthrough

ALL_STEPS = tuple(step.key for step in STEPS)
Bring = Callable[[ImporterOfRecord, User], User]


@dataclass(frozen=True, slots=True)
class State:
    """`bring` takes a new importer there and returns who signs in; `steps` are the pages that look different in it."""

    name: str
    bring: Bring
    steps: tuple[str, ...]
    fields: tuple[tuple[str, object], ...] = ()


def _before(importer: ImporterOfRecord, staff: User, route: Route = Route.FORM_4811) -> User:
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who, route)
    return who


def _with_a_problem(importer: ImporterOfRecord, staff: User) -> User:
    who = _before(importer, staff)
    filings.record_contact(importer, Document.FORM_5106, by=staff, name="Lars Holm", email="lars@else.example")
    return who


def _waiting_for_cbp(importer: ImporterOfRecord, staff: User) -> User:
    who = _with_a_problem(importer, staff)
    filings.mark_correction_sent(importer, by=staff)
    return who


def _with_warnings(importer: ImporterOfRecord, staff: User) -> User:
    who = _before(importer, staff)
    filings.record_contact(
        importer, Document.FORM_5106, by=staff, name="M. Sørensen", email=importer.contact_email, company_name="Nordlys"
    )
    return who


def _nobody_knows(importer: ImporterOfRecord, staff: User) -> User:
    who = _before(importer, staff)
    steps.answer_existing_account(importer, by=who, answer=ExistingAccount.UNSURE)
    return who


def _has_an_account(importer: ImporterOfRecord, staff: User) -> User:
    who = _before(importer, staff)
    steps.answer_existing_account(importer, by=who, answer=ExistingAccount.ACCOUNT)
    return who


def _enrolled_already(importer: ImporterOfRecord, staff: User) -> User:
    who = _before(importer, staff)
    steps.answer_existing_account(importer, by=who, answer=ExistingAccount.ENROLLED)
    return who


def _nothing_shown(importer: ImporterOfRecord, staff: User) -> User:
    who = _before(importer, staff, Route.OWN_ACCOUNT)
    walkthrough.on_5106(importer, staff)
    steps.confirm_ace_account(importer, by=who, name=importer.contact_name, email=importer.contact_email)
    steps.record_ach(importer, by=who, status=ACHStatus.NONE)
    return who


def _asked(importer: ImporterOfRecord, staff: User) -> User:
    who = walkthrough.invited(importer, staff)
    answered = questions.ask(importer, by=who, step="officer", topic="who", text="")
    questions.answer(answered, by=staff, text="The director.\nShe may sign, and she stays.")
    questions.ask(importer, by=who, step="officer", topic="else", text="May it be a board member?")
    return who


def _undeclared(importer: ImporterOfRecord, staff: User) -> User:
    who = _before(importer, staff)
    walkthrough.in_ace(importer, who)
    return who


def _colleague_of_the_officer(importer: ImporterOfRecord, staff: User) -> User:
    """The person on the client list is somebody else than the officer, who alone declares."""
    who = walkthrough.invited(importer, staff)
    walkthrough.before(importer, who)
    name, email = "Karen Blom", f"karen.{importer.contact_email}"
    steps.name_officer(importer, by=who, name=name, title="CEO", email=email, phone="+4570101012", authorised=True)
    steps.confirm_ace_account(importer, by=who, name=name, email=email)
    steps.complete_form_4811(importer, by=who, signer=name, email=email, signed_on=walkthrough.yesterday())
    return who


def _sent_back(importer: ImporterOfRecord, staff: User) -> User:
    who = walkthrough.declared(importer, staff)
    filings.send_back(
        importer, by=staff, digest=walkthrough.digest(importer), note="The phone number lacks its last digit."
    )
    return who


STATES = (
    State("fresh", walkthrough.invited, ALL_STEPS),
    State("a-us-company", walkthrough.invited, ("refund-route", "ach-refund", "form-4811"), (("country", "US"),)),
    State("with-a-problem", _with_a_problem, ("form-5106", "ace-account")),
    State("waiting-for-cbp", _waiting_for_cbp, ("form-5106", "ace-account")),
    State("with-warnings", _with_warnings, ("company", "form-5106", "ace-account")),
    State("nobody-knows", _nobody_knows, ("existing-account", "ace-account")),
    State("has-an-account", _has_an_account, ("ace-account",)),
    State("enrolled-already", _enrolled_already, ("ace-account", "ach-refund", "form-4811", "inform-broker")),
    State("asked", _asked, ("officer",)),
    State("nothing-shown", _nothing_shown, ("ach-refund",)),
    State("undeclared", _undeclared, ALL_STEPS),
    State("the-officer-declares", _colleague_of_the_officer, ("inform-broker",)),
    State("declared", walkthrough.declared, ("company", "inform-broker", "broker-review")),
    State("sent-back", _sent_back, ("inform-broker",)),
    State("ready", walkthrough.ready, ALL_STEPS),
)
