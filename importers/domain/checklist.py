"""The checklist: one table of steps, and the state of each computed from the facts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from importers.domain.consistency import Finding, Severity, Who, findings
from importers.domain.errors import gettext_noop as _
from importers.domain.facts import ACHStatus, Document, ImporterFacts, Route


class Status(StrEnum):
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    CANNOT_START = "cannot_start"
    WAITING_BROKER = "waiting_broker"
    WAITING_CBP = "waiting_cbp"
    PROBLEM = "problem"
    DONE = "done"
    NOT_NEEDED = "not_needed"

    @property
    def is_open(self) -> bool:
        """Somebody can act on it now."""
        return self not in (Status.DONE, Status.NOT_NEEDED, Status.CANNOT_START)

    @property
    def is_settled(self) -> bool:
        return self in (Status.DONE, Status.NOT_NEEDED)


class Group(StrEnum):
    BEFORE = "before"
    ACE = "ace"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Step:
    """`progress` gives the state from the facts alone; `evaluate` adds what must come first and what is wrong.
    `minutes` is the guide's or our own estimate for a person who has everything at hand. A `delegable` step may be sent
    to a colleague, who then sees and does only that: never one in which somebody is named, signs or declares."""

    key: str
    title: str
    who: Who
    group: Group
    minutes: int
    progress: Callable[[ImporterFacts], Status]
    after: tuple[str, ...] = ()
    hint: str = ""
    delegable: bool = False


@dataclass(frozen=True, slots=True)
class StepState:
    """`waits_for` are the keys of the steps that must be settled before one that cannot start."""

    step: Step
    status: Status
    who: Who | None
    findings: tuple[Finding, ...] = ()
    waits_for: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.step.key

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.BLOCKER)


def _answered(given: bool, started: bool = False) -> Status:
    if given:
        return Status.DONE
    return Status.IN_PROGRESS if started else Status.NOT_STARTED


def _company(facts: ImporterFacts) -> Status:
    return _answered(facts.company_confirmed)


def _officer(facts: ImporterFacts) -> Status:
    officer = facts.officer
    return _answered(officer is not None and officer.complete and officer.declared)


def _existing_account(facts: ImporterFacts) -> Status:
    return _answered(facts.existing_account is not None)


def _refund_route(facts: ImporterFacts) -> Status:
    if not facts.asks_route or facts.enrolled_already:
        return Status.NOT_NEEDED
    return _answered(facts.route is not None)


def _form_5106(facts: ImporterFacts) -> Status:
    filed = facts.filed.get(Document.FORM_5106)
    if filed is None:
        return Status.WAITING_BROKER
    return Status.WAITING_CBP if filed.correction_sent else Status.DONE


def _ace_account(facts: ImporterFacts) -> Status:
    if facts.enrolled_already:
        return Status.NOT_NEEDED
    return _answered(facts.ace_confirmed and Document.ACE in facts.filed, facts.ace_confirmed)


def _ach_refund(facts: ImporterFacts) -> Status:
    if facts.enrolled_already or facts.effective_route is Route.FORM_4811:
        return Status.NOT_NEEDED
    return _answered(facts.ach is ACHStatus.SHOWN, facts.ach is not ACHStatus.UNKNOWN)


def _form_4811(facts: ImporterFacts) -> Status:
    if facts.enrolled_already or facts.effective_route is Route.OWN_ACCOUNT:
        return Status.NOT_NEEDED
    return _answered(facts.form_4811.completed and Document.FORM_4811 in facts.filed, facts.form_4811.completed)


def _inform_broker(facts: ImporterFacts) -> Status:
    if facts.is_sent_back:
        return Status.PROBLEM
    return _answered(facts.is_declared, bool(facts.attested))


def _broker_review(facts: ImporterFacts) -> Status:
    checked = bool(facts.reviewed) and facts.reviewed == facts.attested
    return Status.DONE if checked and not missing_for_4811(facts) else Status.WAITING_BROKER


def missing_for_4811(facts: ImporterFacts) -> list[str]:
    """What still keeps a refund from reaching the broker as notify party (CSMS 67648307): both of CBP's
    conditions, and the broker's own ACH enrolment. Empty on the other route."""
    if facts.effective_route is not Route.FORM_4811:
        return []
    conditions = (
        (facts.form_4811.on_profile, _("the broker as notify party on the importer's ACE profile")),
        (facts.form_4811.box_28, _("the broker's importer number in box 28 of the entries")),
        (facts.broker_has_number, _("the broker's own importer number, which goes in box 28")),
        (facts.broker_ach_enrolled, _("the broker's own ACH refund enrolment")),
    )
    return [text for holds, text in conditions if not holds]


_BEFORE = ("company", "officer", "existing-account", "refund-route")

STEPS: tuple[Step, ...] = (
    Step("company", _("Confirm your company details"), Who.IMPORTER, Group.BEFORE, 3, _company, delegable=True),
    Step("officer", _("Name the responsible officer"), Who.IMPORTER, Group.BEFORE, 3, _officer),
    Step(
        "existing-account",
        _("Tell us if you already use ACE"),
        Who.IMPORTER,
        Group.BEFORE,
        2,
        _existing_account,
        delegable=True,
    ),
    Step("refund-route", _("Choose how to receive refunds"), Who.IMPORTER, Group.BEFORE, 3, _refund_route),
    Step(
        "form-5106",
        _("Contact on Form 5106 checked"),
        Who.BROKER,
        Group.ACE,
        0,
        _form_5106,
        ("officer",),
        _("We check what CBP has on file. Usually one working day."),
    ),
    Step(
        "ace-account",
        _("Create the ACE Portal account"),
        Who.IMPORTER,
        Group.ACE,
        10,
        _ace_account,
        _BEFORE,
        _("Six steps. CBP mails a code that is valid for 10 minutes."),
        delegable=True,
    ),
    Step(
        "ach-refund",
        _("Set up ACH refunds"),
        Who.IMPORTER,
        Group.ACE,
        10,
        _ach_refund,
        ("refund-route", "ace-account"),
        _("Seven steps in ACE. You type your bank details there, never here."),
        delegable=True,
    ),
    Step(
        "form-4811",
        _("Nominate us on Form 4811"),
        Who.IMPORTER,
        Group.ACE,
        5,
        _form_4811,
        ("refund-route", "ace-account"),
        _("Completed in ACE and signed by the officer."),
    ),
    Step(
        "inform-broker",
        _("Tell us you are registered"),
        Who.IMPORTER,
        Group.FINISH,
        3,
        _inform_broker,
        (*_BEFORE, "ace-account", "ach-refund", "form-4811"),
        _("The officer checks the answers and declares them."),
    ),
    Step(
        "broker-review",
        _("Checked by the broker"),
        Who.BROKER,
        Group.FINISH,
        0,
        _broker_review,
        ("inform-broker", "form-5106"),
        _("We check it in ACE and tell you when all is in place."),
    ),
)
STEP_BY_KEY = {step.key: step for step in STEPS}
DELEGABLE = tuple(step.key for step in STEPS if step.delegable)


class Stage(StrEnum):
    """Where an importer is as a whole, for the dashboard."""

    NOT_INVITED = "not_invited"
    INVITED = "invited"
    WORKING = "working"
    PROBLEM = "problem"
    WAITING_BROKER = "waiting_broker"
    WAITING_CBP = "waiting_cbp"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Checklist:
    facts: ImporterFacts
    steps: tuple[StepState, ...]
    findings: tuple[Finding, ...]

    def __getitem__(self, key: str) -> StepState:
        for state in self.steps:
            if state.key == key:
                return state
        raise KeyError(key)  # templates ask by key before they ask by attribute

    @property
    def needed(self) -> tuple[StepState, ...]:
        return tuple(s for s in self.steps if s.status is not Status.NOT_NEEDED)

    @property
    def done(self) -> int:
        return sum(s.status is Status.DONE for s in self.steps)

    @property
    def total(self) -> int:
        return len(self.needed)

    @property
    def first_blocker(self) -> StepState | None:
        """What holds the importer up: a problem before anything else, then the first open step in table order."""
        problems = (s for s in self.steps if s.status is Status.PROBLEM)
        return next(problems, None) or next((s for s in self.steps if s.status.is_open), None)

    @property
    def importer_step(self) -> StepState | None:
        """The next thing the importer can do now."""
        mine = [s for s in self.steps if s.status.is_open and s.who is Who.IMPORTER]
        return next((s for s in mine if s.status is Status.PROBLEM), None) or next(iter(mine), None)

    @property
    def left(self) -> tuple[StepState, ...]:
        """What the importer still has to do. While the route is open only one of the two ways is counted."""
        left = (s for s in self.steps if s.step.who is Who.IMPORTER and not s.status.is_settled)
        undecided = self.facts.effective_route is None
        return tuple(s for s in left if not (undecided and s.key == "form-4811"))

    @property
    def own_done(self) -> int:
        """Of the importer's own steps, as `left` is: the two make `own_total`."""
        return sum(s.status is Status.DONE for s in self.steps if s.step.who is Who.IMPORTER)

    @property
    def own_total(self) -> int:
        return self.own_done + len(self.left)

    def open_to(self, who: Who) -> tuple[StepState, ...]:
        """What this party can act on now."""
        return tuple(s for s in self.steps if s.status.is_open and s.who is who)

    @property
    def stage(self) -> Stage:
        blocker = self.first_blocker
        if blocker is None:
            return Stage.READY
        if blocker.status is Status.PROBLEM:
            return Stage.PROBLEM
        if not self.facts.started and self.importer_step is not None:
            return Stage.INVITED if self.facts.invited else Stage.NOT_INVITED
        if self.importer_step is not None:
            return Stage.WORKING
        return Stage.WAITING_CBP if blocker.status is Status.WAITING_CBP else Stage.WAITING_BROKER


def evaluate(facts: ImporterFacts) -> Checklist:
    found = tuple(findings(facts))
    states: list[StepState] = []
    for step in STEPS:
        states.append(_state(step, facts, states, tuple(f for f in found if f.step == step.key)))
    return Checklist(facts, tuple(states), found)


def _state(step: Step, facts: ImporterFacts, before: Sequence[StepState], mine: tuple[Finding, ...]) -> StepState:
    status = step.progress(facts)
    if status is Status.NOT_NEEDED:
        return StepState(step, status, None)
    blockers = [f for f in mine if f.severity is Severity.BLOCKER]
    if blockers and status is not Status.WAITING_CBP:
        return StepState(step, Status.PROBLEM, blockers[0].who, mine)
    if status is not Status.DONE and (first := _comes_first(step, facts, before)):
        return StepState(step, Status.CANNOT_START, None, mine, first)
    who = {Status.DONE: None, Status.WAITING_CBP: Who.CBP}.get(status, step.who)
    return StepState(step, status, who, mine)


def _comes_first(step: Step, facts: ImporterFacts, before: Sequence[StepState]) -> tuple[str, ...]:
    first = tuple(s.key for s in before if s.key in step.after and not s.status.is_settled)
    if not first and step.key == "ace-account" and _code_goes_elsewhere(facts, before):
        return ("form-5106",)
    return first


def _code_goes_elsewhere(facts: ImporterFacts, before: Sequence[StepState]) -> bool:
    """A known mistake on Form 5106 sends CBP's code to somebody else, and every try is wasted (DOMAIN 4)."""
    if facts.has_account:
        return False
    return any(s.key == "form-5106" and s.status in (Status.PROBLEM, Status.WAITING_CBP) for s in before)
