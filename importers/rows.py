"""The checklist as people read it: one row a step, and the one sentence that says what is next."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from importers import wording
from importers.domain.checklist import Group, Status, StepState
from importers.domain.consistency import Who
from importers.domain.facts import Route
from importers.page import ImporterPage

_ = gettext_lazy

# What to have at hand, after the title and the minutes.
AT_HAND = {
    "company": _("with a paper from CBP or from us at hand that shows the company name"),
    "officer": _("with the officer's name, title, e-mail and phone"),
    "existing-account": _("after asking whoever handled U.S. customs before you"),
    "refund-route": _("once you know whether the company has a bank account in the United States"),
    "ace-account": _("with the inbox of %(email)s open"),
    "ach-refund": _("signed in to ACE, with the bank's papers beside you"),
    "form-4811": _("signed in to ACE, with the officer at hand"),
    "inform-broker": _("for %(officer)s to read the answers and declare them"),
}

OUR_TURN = {
    ("form-5106", Status.WAITING_BROKER): _("It is our turn: we look up the contact on Form 5106."),
    ("form-5106", Status.PROBLEM): _("It is our turn: we correct the contact on Form 5106 with CBP."),
    ("broker-review", Status.WAITING_BROKER): _("It is our turn: we check in ACE that all is in place."),
}


@dataclass(frozen=True, slots=True)
class Row:
    state: StepState
    title: str
    hint: str
    url: str
    is_off: bool


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    note: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Next:
    """`url` is "" when it is somebody else's turn."""

    sentence: str
    detail: str = ""
    url: str = ""


def title_of(state: StepState) -> str:
    return gettext(state.step.title)


def sections(page: ImporterPage) -> Iterator[Section]:
    for group in Group:
        title, note = wording.GROUPS[group]
        rows = [row(page, state) for state in page.checklist.steps if state.step.group is group]
        yield Section(str(title), str(note), rows)


def row(page: ImporterPage, state: StepState) -> Row:
    off = state.status in (Status.CANNOT_START, Status.NOT_NEEDED)
    return Row(state, title_of(state), _hint(page, state), step_url(page, state), off)


def step_url(page: ImporterPage, state: StepState) -> str:
    return reverse("step", args=[page.importer.uuid, state.key])


def _hint(page: ImporterPage, state: StepState) -> str:
    facts = page.checklist.facts
    if state.key == "inform-broker" and facts.returned:
        return gettext("We sent it back: %(note)s") % {"note": facts.returned}
    if state.findings and state.status is Status.PROBLEM:
        return wording.finding_text(state.blockers[0] if state.blockers else state.findings[0])
    if state.status is Status.DONE:
        return _answer(page, state.key)
    if state.status is Status.NOT_NEEDED:
        return ""
    return gettext(state.step.hint) if state.step.hint else ""


def _answer(page: ImporterPage, key: str) -> str:
    """What a finished step says in short."""
    officer = page.checklist.facts.officer
    if key == "officer" and officer:
        return f"{officer.name}, {officer.title}"
    if key == "refund-route" and page.checklist.facts.route is Route.FORM_4811:
        return gettext("Form 4811, paid to %(firm)s") % {"firm": page.firm.name}
    if key == "refund-route":
        return gettext("The company's own bank account in the United States")
    return ""


def next_thing(page: ImporterPage) -> Next:
    """What is next in one sentence: how long it takes and what to have at hand."""
    checklist = page.checklist
    state = checklist.importer_step
    if state is not None:
        return Next(_sentence(page, state), _problem(state), step_url(page, state))
    blocker = checklist.first_blocker
    if blocker is None:
        return Next(
            gettext("All is in place. You need not do anything more."),
            gettext("Refunds that CBP owes the company can now be paid electronically."),
        )
    if blocker.who is Who.CBP:
        return Next(gettext("We have sent a correction to CBP. You need not do anything until it is through."))
    return Next(
        str(OUR_TURN.get((blocker.key, blocker.status), _("It is our turn. You need not do anything now."))),
        gettext("We write to you as soon as there is something for you to do."),
    )


def _sentence(page: ImporterPage, state: StepState) -> str:
    officer = page.checklist.facts.officer
    words = {
        "email": officer.email if officer else page.importer.contact_email,
        "officer": officer.name if officer else gettext("the responsible officer"),
    }
    return gettext("%(step)s: about %(minutes)s minutes, %(hand)s") % {
        "step": title_of(state),
        "minutes": state.step.minutes,
        "hand": str(AT_HAND[state.key]) % words,
    }


def _problem(state: StepState) -> str:
    return wording.finding_text(state.blockers[0]) if state.blockers else ""
