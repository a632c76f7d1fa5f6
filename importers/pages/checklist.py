"""The checklist as people read it: one row a step, and the one sentence that says what is next."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from importers import wording
from importers.domain.checklist import Group, Status, StepState
from importers.domain.consistency import Who
from importers.domain.facts import ACHStatus, ExistingAccount, Route
from importers.pages.delegation import in_other_hands
from importers.pages.importer import ImporterPage
from importers.pages.waiting import what_it_waits_for

_ = gettext_lazy

EXISTING = {
    ExistingAccount.NO: _("No account before"),
    ExistingAccount.ACCOUNT: _("Account, without refunds by ACH"),
    ExistingAccount.ENROLLED: _("Account, with ACH set up for refunds (not only for duty)"),
    ExistingAccount.UNSURE: _("Not known: ask ACE Support before you apply"),
}
ACH = {
    ACHStatus.SHOWN: _("Bank details are shown in ACE"),
    ACHStatus.NONE: _("No bank details are shown in ACE"),
    ACHStatus.NO_TAB: _("There is no tab ACH Refund Authorization in ACE"),
    ACHStatus.ERROR: _("ACE shows an error message"),
    ACHStatus.UNKNOWN: _("Not told yet"),
}
# What to have at hand, after the title and the minutes.
AT_HAND = {
    "company": _("with a letter from CBP or from us that shows the company name"),
    "officer": _("with the officer's name, title, e-mail and phone"),
    "existing-account": _("after asking whoever handled U.S. customs before you"),
    "refund-route": _("once you know whether the company has a bank account in the United States"),
    "ace-account": _("with the inbox of %(email)s open"),
    "ach-refund": _("signed in to ACE, with the bank's papers beside you"),
    "form-4811": _("signed in to ACE, with the officer at hand"),
    "inform-broker": _("for %(officer)s to read the answers and declare them"),
}
LOOK_IN_AGAIN = _("Look in here again in a day or two: then you can go on.")
SIGNED_IN_TO_ACE = _("signed in to ACE")
IF_SURE = _("Create the ACE Portal account, if you know that %(email)s stands on Form 5106.")
ELSE_WAIT = _(
    "CBP mails the code for the account to the e-mail that stands there. If you do not know, wait until we have "
    "checked the form, usually within one working day."
)
ASK_ACE_FIRST = gettext_noop("Find out whether the company has an ACE account: ask ACE Support, %(ace_support)s")
THEN_CORRECT = _("Then correct your answer. Nobody should apply before: a number can be linked to one account only.")

OUR_TURN = {
    ("form-5106", Status.WAITING_BROKER): _("It is our turn: we look up the contact on Form 5106."),
    ("form-5106", Status.PROBLEM): _("It is our turn: we correct the contact on Form 5106 with CBP."),
    ("broker-review", Status.WAITING_BROKER): _("It is our turn: we check in ACE that all is in place."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """`minutes` is 0 where nothing is left to do, `word` stands instead of the state's own."""

    state: StepState
    title: str
    hint: str
    url: str
    is_off: bool
    minutes: int = 0
    word: str = ""  # instead of the state's own
    note: str = ""
    hands: tuple[str, ...] = ()  # the colleagues who have it

    @property
    def is_done(self) -> bool:
        return self.state.status is Status.DONE

    @property
    def is_needed(self) -> bool:
        return self.state.status is not Status.NOT_NEEDED


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


def title_of(page: ImporterPage, state: StepState) -> str:
    return wording.step_title(state.step, page.checklist.facts)


def checks_5106_first(page: ImporterPage) -> bool:
    """CBP will mail a code to the address on Form 5106, and nobody has read the form yet."""
    facts = page.checklist.facts
    applies = not facts.has_account and not facts.ace_confirmed
    return applies and page.checklist["form-5106"].status is not Status.DONE


def nobody_knows(page: ImporterPage) -> bool:
    """The step is answered, and what it asks is still open."""
    facts = page.checklist.facts
    return facts.existing_account is ExistingAccount.UNSURE and not facts.ace_confirmed


def sections(page: ImporterPage) -> Iterator[Section]:
    for group in Group:
        title, note = wording.GROUPS[group]
        rows = [row(page, state) for state in page.checklist.steps if state.step.group is group]
        yield Section(str(title), str(note), rows)


def row(page: ImporterPage, state: StepState) -> Row:
    off = state.status in (Status.CANNOT_START, Status.NOT_NEEDED)
    word = gettext("Find out") if state.key == "existing-account" and nobody_knows(page) else ""
    url = step_url(page, state)
    if not url:  # nor is a colleague told more of it
        return Row(state, title_of(page, state), "", "", off)
    return Row(
        state,
        title_of(page, state),
        _hint(page, state),
        url,
        off,
        minutes=0 if state.status.is_settled else wording.step_minutes(state.step, page.checklist.facts),
        word=word,
        note=_note(page, state),
        hands=tuple(in_other_hands(page, state)),
    )


def _note(page: ImporterPage, state: StepState) -> str:
    """What was asked at this step, as long as it may still be of interest."""
    notes = []
    is_new = state.key in page.new_answers and not state.status.is_settled
    if is_new or state.key in page.unread_answers:
        notes.append(gettext("We have answered your question."))
    if state.key in page.open_questions:
        notes.append(
            gettext("We have another question of yours, too, and will answer it.")
            if notes
            else gettext("We have your question and will answer it.")
        )
    return " ".join(notes)


def step_url(page: ImporterPage, state: StepState) -> str:
    """Empty for a colleague who may not open it."""
    if page.mine and page.mine.step != state.key:
        return ""
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
    if state.status is Status.CANNOT_START:
        return what_it_waits_for(page.checklist, state)
    return _what_it_is(page, state)


def _what_it_is(page: ImporterPage, state: StepState) -> str:
    if state.status is Status.WAITING_CBP:
        return gettext("We have sent CBP a correction and look again when it is through.")
    if state.key == "ach-refund" and page.checklist.facts.ach is not ACHStatus.UNKNOWN:
        return gettext("You told us: %(seen)s.") % {"seen": ACH[page.checklist.facts.ach]}
    if state.key == "ace-account" and page.checklist.facts.has_account:
        return gettext("Sign in to ACE and look up the Trade Account Owner.")
    return gettext(state.step.hint) if state.step.hint else ""


def _answer(page: ImporterPage, key: str) -> str:
    """What a finished step says in short."""
    facts, officer = page.checklist.facts, page.checklist.facts.officer
    if key == "existing-account" and facts.existing_account:
        return str(EXISTING[facts.existing_account])
    if key == "officer" and officer:
        return f"{officer.name}, {officer.title}"
    if key == "refund-route" and facts.route is Route.FORM_4811:
        return gettext("Form 4811, paid to %(firm)s") % {"firm": page.firm.name}
    if key == "refund-route":
        return gettext("The company's own bank account in the United States")
    return ""


def next_thing(page: ImporterPage) -> Next:
    """What is next in one sentence: how long it takes and what to have at hand."""
    checklist = page.checklist
    state = checklist.importer_step
    if state is not None:
        if state.key == "ace-account" and nobody_knows(page):
            ask = wording.sentence(ASK_ACE_FIRST, {})
            return Next(ask, str(THEN_CORRECT), step_url(page, checklist["existing-account"]))
        if state.key == "ace-account" and checks_5106_first(page):
            sure = str(IF_SURE) % {"email": _officers_email(page)}
            return Next(sure, str(ELSE_WAIT), step_url(page, state))
        return _sent_back(page, state) or Next(_sentence(page, state), _detail(page, state), step_url(page, state))
    blocker = checklist.first_blocker
    if blocker is None:
        return Next(
            gettext("All is in place. You need not do anything more."),
            gettext("Refunds that CBP owes the company can now be paid electronically."),
        )
    if blocker.who is Who.CBP:
        return Next(
            gettext("We have sent a correction to CBP. You need not do anything until it is through."),
            str(LOOK_IN_AGAIN),
        )
    return Next(
        str(OUR_TURN.get((blocker.key, blocker.status), _("It is our turn. You need not do anything now."))),
        gettext("We mail you when all is checked. Until then you need not do anything.")
        if checklist["inform-broker"].status is Status.DONE
        else str(LOOK_IN_AGAIN),
    )


def _sent_back(page: ImporterPage, state: StepState) -> Next | None:
    facts = page.checklist.facts
    if not facts.is_sent_back:
        return None
    what = gettext("Correct what is needed. Then %(officer)s declares the answers again.")
    words = {"officer": facts.officer.name if facts.officer else gettext("the responsible officer")}
    return Next(gettext("We sent it back: %(note)s") % {"note": facts.returned}, what % words, step_url(page, state))


def _officers_email(page: ImporterPage) -> str:
    officer = page.checklist.facts.officer
    return officer.email if officer else page.importer.contact_email


def _sentence(page: ImporterPage, state: StepState) -> str:
    officer = page.checklist.facts.officer
    words = {
        "email": _officers_email(page),
        "officer": officer.name if officer else gettext("the responsible officer"),
    }
    looks_up = state.key == "ace-account" and page.checklist.facts.has_account
    return gettext("%(step)s: about %(minutes)s minutes, %(hand)s") % {
        "step": title_of(page, state),
        "minutes": wording.step_minutes(state.step, page.checklist.facts),
        "hand": str(SIGNED_IN_TO_ACE if looks_up else AT_HAND[state.key]) % words,
    }


def _detail(page: ImporterPage, state: StepState) -> str:
    if state.blockers:
        return wording.finding_text(state.blockers[0])
    if state.key in page.unread_answers:
        return gettext("Read our answer to your question about this step first.")
    if state.key == "ach-refund" and state.status is Status.IN_PROGRESS:
        return gettext("You told us: %(seen)s. The page says what to do next.") % {
            "seen": ACH[page.checklist.facts.ach]
        }
    return ""
