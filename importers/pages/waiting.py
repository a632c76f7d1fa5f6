"""Who waits for whom, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from importers import wording
from importers.domain.checklist import Checklist, Status, StepState
from importers.domain.consistency import Who

OTHERS_DO = {
    ("form-5106", Status.WAITING_BROKER): _("look up the contact on Form 5106."),
    ("form-5106", Status.PROBLEM): _("correct the contact on Form 5106 with CBP."),
    ("form-5106", Status.WAITING_CBP): _("changes Form 5106 after our correction."),
    ("broker-review", Status.WAITING_BROKER): _("check in ACE that all is in place."),
}
MOST_NAMED = 2  # of the steps that come first; more are "the steps above"


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, and for what."""

    who: str
    what: str


def turns(checklist: Checklist) -> Iterator[Turn]:
    """All that is left, by who does it. Nothing when all is in place."""
    if left := checklist.left:
        minutes = sum(wording.step_minutes(state.step, checklist.facts) for state in left)
        words = ngettext(
            "%(n)s step left, about %(minutes)s minutes.",
            "%(n)s steps left, about %(minutes)s minutes in all.",
            len(left),
        )
        yield Turn(gettext("You"), words % {"n": len(left), "minutes": minutes})
    for who, name in ((Who.BROKER, gettext("We")), (Who.CBP, "CBP")):
        deeds = (OTHERS_DO.get((state.key, state.status)) for state in checklist.open_to(who))
        if words := " ".join(str(deed) for deed in deeds if deed):
            yield Turn(name, words)


def what_it_waits_for(checklist: Checklist, state: StepState) -> str:
    """Of a step that cannot start: what comes first, and whose turn that is."""
    first = [checklist[key] for key in state.waits_for]
    of_importer = [s for s in first if s.step.who is Who.IMPORTER]
    if of_importer:
        what = {"steps": _titles(checklist, of_importer)}
        if state.step.who is Who.BROKER:
            return gettext("We wait for you: %(steps)s.") % what
        if len(of_importer) > MOST_NAMED:
            return gettext("First come the steps above.")
        return gettext("First: %(steps)s.") % what
    at_cbp = all(s.who is Who.CBP for s in first)
    words = gettext("Waits for CBP: %(steps)s.") if at_cbp else gettext("Waits for us: %(steps)s.")
    return words % {"steps": _titles(checklist, first)}


def _titles(checklist: Checklist, states: Sequence[StepState]) -> str:
    return "; ".join(wording.step_title(state.step, checklist.facts) for state in states)
