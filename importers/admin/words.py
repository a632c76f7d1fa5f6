"""What staff read for the portal's own words. Colour marks only what needs somebody to act."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.domain.checklist import STEP_BY_KEY, Checklist, Stage, Status
from importers.domain.consistency import Who
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Route
from importers.models import MailState
from importers.wording import finding_text

STAGE = {
    Stage.NOT_INVITED: _("Not invited yet"),
    Stage.INVITED: _("Invited, not started"),
    Stage.WORKING: _("Working on it"),
    Stage.PROBLEM: _("There is a problem"),
    Stage.WAITING_BROKER: _("Waiting for us"),
    Stage.WAITING_CBP: _("Waiting for CBP"),
    Stage.READY: _("Ready"),
}
WHO = {Who.IMPORTER: _("Importer"), Who.BROKER: _("Us"), Who.CBP: _("CBP")}
ROUTE = {Route.OWN_ACCOUNT: _("Own US bank account"), Route.FORM_4811: _("Form 4811, to the broker")}
EXISTING = {
    ExistingAccount.NO: _("No ACE account yet"),
    ExistingAccount.ACCOUNT: _("Has an ACE account"),
    ExistingAccount.ENROLLED: _("Has ACE and ACH refunds already"),
    ExistingAccount.UNSURE: _("Does not know whether there is an ACE account"),
}
ACH = {
    ACHStatus.UNKNOWN: _("not looked at"),
    ACHStatus.NONE: _("no bank details shown in ACE"),
    ACHStatus.SHOWN: _("bank details shown in ACE"),
}
DOCUMENT = {
    Document.FORM_5106: _("Form 5106"),
    Document.ACE: _("ACE account"),
    Document.FORM_4811: _("Form 4811"),
}
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
        "who": WHO[blocker.who] if blocker.who else "",
        "todo": todo,
    }
