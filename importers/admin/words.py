"""How staff are told where an importer stands. Colour marks only what needs somebody to act; what the values are
called stands in importers/models/labels.py."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.domain.checklist import STEP_BY_KEY, Checklist, Stage, Status
from importers.domain.consistency import Who
from importers.models import MailState
from importers.models.labels import label
from importers.wording import finding_text

# The tone of a label: "danger" and "warning" where somebody must act, "" where all takes its course.
STAGE_TONE = {Stage.PROBLEM: "danger", Stage.WAITING_BROKER: "warning"}
STATUS_TONE = {Status.PROBLEM: "danger", Status.WAITING_BROKER: "warning"}
MAIL_TONE = {MailState.FAILED: "danger"}
OUR_TURN = {
    "form-5106": _("Check Form 5106"),
    "broker-review": _("Check the declaration"),
}


def step_title(key: str) -> str:
    return gettext(STEP_BY_KEY[key].title) if key in STEP_BY_KEY else key


def holdup(checklist: Checklist) -> dict[str, Any]:
    """What holds an importer up, as one line: the step, what is wrong with it, who must act."""
    blocker = checklist.first_blocker
    if blocker is None:
        return {"step": "", "text": "", "who": "", "todo": ""}
    text = finding_text(blocker.blockers[0]) if blocker.blockers else ""
    if not text and blocker.key == "inform-broker" and checklist.facts.returned:
        text = checklist.facts.returned
    todo = OUR_TURN.get(blocker.key, "") if blocker.who is Who.BROKER and not blocker.blockers else ""
    return {
        "step": gettext(blocker.step.title),
        "text": text,
        "who": label(blocker.who) if blocker.who else "",
        "todo": todo,
    }
