"""From Form 5106 to the money: one chain for each importer number, where it stops, who must act, and what waits behind.

Whether a step of the checklist is done the checklist decides; whether an entry can be claimed, its verdict. Here both
are only put in a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from importers.domain.checklist import Checklist, StepState, missing_for_4811
from importers.domain.consistency import Who
from importers.domain.errors import Msgid
from importers.domain.errors import gettext_noop as _
from importers.domain.facts import Route
from refunds.domain.eligibility import POSSIBLE, Verdict

NOTHING = Decimal(0)
# An entry on which no clock runs yet: liquidation comes after about 314 days (DOMAIN 11), and 80 more count for CAPE.
DAYS_WITHOUT_CLOCK = 365


class LinkKey(StrEnum):
    CONTACT_5106 = "contact_5106"
    ACE_ACCOUNT = "ace_account"
    ACH_OR_4811 = "ach_or_4811"
    ENTRIES = "entries"
    CLAIM = "claim"
    PAYMENT = "payment"


class LinkState(StrEnum):
    OK = "ok"
    BROKEN = "broken"  # somebody can act on it now
    NOT_REACHED = "not_reached"
    NOT_NEEDED = "not_needed"

    @property
    def holds(self) -> bool:
        return self in (LinkState.OK, LinkState.NOT_NEEDED)


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence: `template` with its places, which `params` fill. Who shows it writes the dates and amounts."""

    template: Msgid
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """`who` must act, None where nobody must. `reasons` say why it stands as it does, `remedy` what to do. `step` is
    the one of the checklist where it is done."""

    key: LinkKey
    state: LinkState
    who: Who | None = None
    reasons: tuple[Reason, ...] = ()
    remedy: Msgid | None = None
    step: str = ""

    @property
    def ok(self) -> bool:
        return self.state.holds


@dataclass(frozen=True, slots=True)
class Sum:
    count: int = 0
    amount: Decimal = NOTHING

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.count + other.count, self.amount + other.amount)


@dataclass(frozen=True, slots=True)
class Refused:
    """Refunds that CBP certified and could not pay by ACH since it paid last: how many, for how much, and what was said
    of the newest."""

    count: int
    amount: Decimal
    day: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """Of one importer number: what its entries come to under each verdict, what was paid by what staff recorded, the
    refunds that came back, and the day on which a CAPE file was last made for it."""

    entries: Mapping[Verdict, Sum] = field(default_factory=dict)
    paid: Sum = field(default_factory=Sum)
    refused: Refused | None = None
    files_made: date | None = None

    def under(self, *verdicts: Verdict) -> Sum:
        return sum((self.entries.get(verdict, Sum()) for verdict in verdicts), Sum())

    @property
    def all(self) -> Sum:
        return self.under(*Verdict)


@dataclass(frozen=True, slots=True)
class Path:
    """`dollars` and `act_until` are what Readiness says: the possible refund, and the first day on which some of it is
    lost to the simplest way. None without entries, and while no clock runs."""

    links: tuple[Link, ...]
    dollars: Decimal | None
    act_until: date | None
    today: date

    @property
    def first_broken(self) -> Link | None:
        return next((link for link in self.links if not link.ok), None)

    @property
    def who(self) -> Who | None:
        return self.first_broken.who if self.first_broken else None

    @property
    def days_left(self) -> int | None:
        return None if self.act_until is None else (self.act_until - self.today).days

    @property
    def urgency(self) -> Decimal:
        return urgency(self.dollars, self.days_left)


def urgency(dollars: Decimal | None, days_left: int | None) -> Decimal:
    """What is lost first: dollars by the days that are left for them."""
    return (dollars or NOTHING) / max(DAYS_WITHOUT_CLOCK if days_left is None else days_left, 1)


def refund_path(
    checklist: Checklist, refunds: RefundFacts, *, dollars: Decimal | None, act_until: date | None, today: date
) -> Path:
    links = (
        _step(LinkKey.CONTACT_5106, checklist, "form-5106"),
        _account(checklist),
        _way_of_payment(checklist, refunds),
        _entries(refunds),
        _claim(refunds),
        _payment(refunds),
    )
    return Path(links, dollars, act_until, today)


SET_UP_ALREADY = _("The importer says that ACH refunds were set up in ACE before.")
STEP_DONE = _("Done on the checklist.")
FIRST = _("First comes the step “%(step)s”.")
OPEN = _("The step “%(step)s” is open.")
WRONG = _("Something is wrong at the step “%(step)s”.")
AT_CBP = _("A correction has been sent; CBP has not answered yet.")
SEE_STEP = _("See the step on the checklist.")


def _step(key: LinkKey, checklist: Checklist, step: str) -> Link:
    """As the checklist has it. What cannot start yet stops at the step that comes first."""
    state = checklist[step]
    if state.status.is_settled:
        return Link(key, LinkState.OK, reasons=(Reason(STEP_DONE),), step=step)
    acting = _acting(state, checklist)
    why = FIRST if acting is not state else WRONG if state.blockers else AT_CBP if state.who is Who.CBP else OPEN
    params = {} if why is AT_CBP else {"step": Msgid(acting.step.title)}
    return Link(key, LinkState.BROKEN, acting.who, (Reason(why, params),), SEE_STEP, acting.key)


def _acting(state: StepState, checklist: Checklist) -> StepState:
    """The step that somebody can act on before this one can be done."""
    while not state.status.is_open:
        state = next(checklist[key] for key in state.waits_for)
    return state


def _account(checklist: Checklist) -> Link:
    if checklist.facts.enrolled_already:
        return Link(LinkKey.ACE_ACCOUNT, LinkState.OK, reasons=(Reason(SET_UP_ALREADY),))
    return _step(LinkKey.ACE_ACCOUNT, checklist, "ace-account")


COULD_NOT_PAY = _("CBP could not pay %(amount)s on %(day)s: %(reason)s.")
COULD_NOT_PAY_SEVERAL = _("CBP could not pay %(amount)s in %(count)s refunds, last on %(day)s: %(reason)s.")
NO_REASON = _("no reason is given")
MEND_ACH = _(
    "Look in ACE, on the tab ACH Refund Authorization of this very number and suffix, whether bank details are shown "
    "and right; then ask CBP to pay again."
)
MISSING = _("Still missing: %(what)s.")
RECORD_CHECKS = _("Put it in place in ACE, then record it at the step “Checked by the broker”.")


def _way_of_payment(checklist: Checklist, refunds: RefundFacts) -> Link:
    """A refund that came back is stronger than what anybody said about the set-up."""
    key, to_broker = LinkKey.ACH_OR_4811, checklist.facts.effective_route is Route.FORM_4811
    if refunds.refused:
        who = Who.BROKER if to_broker else Who.IMPORTER
        return Link(key, LinkState.BROKEN, who, (_refused(refunds.refused),), MEND_ACH)
    if checklist.facts.enrolled_already:
        return Link(key, LinkState.OK, reasons=(Reason(SET_UP_ALREADY),))
    link = _step(key, checklist, "form-4811" if to_broker else "ach-refund")
    missing = missing_for_4811(checklist.facts)
    if not link.ok or not missing:
        return link
    reasons = tuple(Reason(MISSING, {"what": Msgid(text)}) for text in missing)
    return Link(key, LinkState.BROKEN, Who.BROKER, reasons, RECORD_CHECKS, "broker-review")


def _refused(refused: Refused) -> Reason:
    params = {"amount": refused.amount, "day": refused.day, "reason": refused.reason.rstrip(". ") or NO_REASON}
    if refused.count == 1:
        return Reason(COULD_NOT_PAY, params)
    return Reason(COULD_NOT_PAY_SEVERAL, params | {"count": refused.count})


NO_ENTRIES = _("No entry of this number is known.")
LOAD_REPORT = _("Run ES-003 in ACE for this importer and load it under “Reports”.")
ENTRIES_KNOWN = _("Entries known: %(count)s.")


def _entries(refunds: RefundFacts) -> Link:
    if refunds.all.count == 0:
        return Link(LinkKey.ENTRIES, LinkState.BROKEN, Who.BROKER, (Reason(NO_ENTRIES),), LOAD_REPORT)
    known = Reason(ENTRIES_KNOWN, {"count": refunds.all.count})
    return Link(LinkKey.ENTRIES, LinkState.OK, reasons=(known,))


NOTHING_TO_CLAIM = _("None of the entries can be refunded.")
ALL_CLAIMED = _("All that can be claimed is claimed.")
WAITS_FOR_ENTRIES = _("What can be claimed is known when entries are.")
CLAIM_AGAIN = _("Put right what CAPE's message says, then file them in a new CAPE file.")
MAKE_FILES = _("Make CAPE files and upload them in ACE.")
FILES_MADE = _("CAPE files were last made on %(day)s.")
UPLOAD_FILES = _("Upload these files in ACE and load CAPE's results; make files of what is in none yet.")
PROTEST = _("Decide on a protest (CBP Form 19) while one is possible; each entry says until when.")
LOOK_AT_ENTRIES = _("Each entry says what holds it up.")
NOT_OPEN = _("CBP has not opened CAPE for them yet; the rules say for when it is expected.")

# What keeps a claim from being made, and who must act: what can be done now first.
UNCLAIMED: tuple[tuple[Verdict, Who, Msgid, Msgid], ...] = (
    (Verdict.REJECTED, Who.BROKER, _("Rejected by CAPE: %(amount)s (entries: %(count)s)."), CLAIM_AGAIN),
    (Verdict.ELIGIBLE, Who.BROKER, _("Can be claimed now: %(amount)s (entries: %(count)s)."), MAKE_FILES),
    (Verdict.LATE, Who.BROKER, _("Too late for CAPE: %(amount)s (entries: %(count)s)."), PROTEST),
    (Verdict.HELD, Who.BROKER, _("Held up: %(amount)s (entries: %(count)s)."), LOOK_AT_ENTRIES),
    (Verdict.NOT_YET, Who.CBP, _("Cannot be claimed yet: %(amount)s (entries: %(count)s)."), NOT_OPEN),
)


def _claim(refunds: RefundFacts) -> Link:
    key = LinkKey.CLAIM
    if refunds.all.count == 0:
        return Link(key, LinkState.NOT_REACHED, reasons=(Reason(WAITS_FOR_ENTRIES),))
    open_ = [(row, found) for row in UNCLAIMED if (found := refunds.under(row[0])).count]
    if open_:
        reasons = tuple(Reason(row[2], {"count": s.count, "amount": s.amount}) for row, s in open_)
        _verdict, who, _text, remedy = open_[0][0]
        if remedy is MAKE_FILES and refunds.files_made:
            reasons, remedy = (*reasons, Reason(FILES_MADE, {"day": refunds.files_made})), UPLOAD_FILES
        return Link(key, LinkState.BROKEN, who, reasons, remedy)
    if refunds.under(Verdict.CLAIMED, Verdict.PAID).count:
        return Link(key, LinkState.OK, reasons=(Reason(ALL_CLAIMED),))
    return Link(key, LinkState.NOT_NEEDED, reasons=(Reason(NOTHING_TO_CLAIM),))


WAITS_FOR_CLAIM = _("Comes when a claim has been accepted.")
CBP_PAYS = _("Accepted by CAPE: %(amount)s (entries: %(count)s). CBP pays 60 to 90 days after it accepts a claim.")
WATCH_DEPOSITS = _("We record each deposit under “Payments” when ACE shows it.")
PAID = _("Paid so far: %(amount)s, interest included.")


def _payment(refunds: RefundFacts) -> Link:
    key = LinkKey.PAYMENT
    paid = (Reason(PAID, {"amount": refunds.paid.amount}),) if refunds.paid.count else ()
    waiting = refunds.under(Verdict.CLAIMED)
    if waiting.count:
        reason = Reason(CBP_PAYS, {"count": waiting.count, "amount": waiting.amount})
        return Link(key, LinkState.BROKEN, Who.CBP, (reason, *paid), WATCH_DEPOSITS)
    if refunds.all.count == 0 or refunds.under(*POSSIBLE).count:
        return Link(key, LinkState.NOT_REACHED, reasons=paid or (Reason(WAITS_FOR_CLAIM),))
    if refunds.under(Verdict.PAID).count:
        return Link(key, LinkState.OK, reasons=paid)
    return Link(key, LinkState.NOT_NEEDED, reasons=(Reason(NOTHING_TO_CLAIM),))
