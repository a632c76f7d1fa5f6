"""What people read for the values that the rules know by key."""

from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from importers.domain.checklist import Stage, Status
from importers.domain.consistency import Severity, Who
from importers.domain.facts import ACHStatus, Document, ExistingAccount, Route
from importers.domain.identifiers import NumberKind

LABELS: dict[type[Enum], dict[Enum, Promise | str]] = {
    NumberKind: {
        NumberKind.EIN: _("EIN (IRS number)"),
        NumberKind.SSN: _("SSN (social security number)"),
        NumberKind.CBP_ASSIGNED: _("assigned by CBP"),
    },
    Document: {
        Document.ACE: _("ACE account"),
        Document.FORM_5106: _("Form 5106"),
        Document.FORM_4811: _("Form 4811"),
    },
    Route: {
        Route.OWN_ACCOUNT: _("Own US bank account"),
        Route.FORM_4811: _("Form 4811, paid to the broker"),
    },
    ExistingAccount: {
        ExistingAccount.NO: _("No ACE account yet"),
        ExistingAccount.ACCOUNT: _("Has an ACE account"),
        ExistingAccount.ENROLLED: _("ACH refunds already set up"),
        ExistingAccount.UNSURE: _("Does not know"),
    },
    ACHStatus: {
        ACHStatus.UNKNOWN: _("Not looked yet"),
        ACHStatus.NONE: _("No bank details shown"),
        ACHStatus.NO_TAB: _("No tab for ACH refunds"),
        ACHStatus.ERROR: _("ACE answers with an error"),
        ACHStatus.SHOWN: _("Bank details shown"),
    },
    Stage: {
        Stage.NOT_INVITED: _("Not invited"),
        Stage.INVITED: _("Invited, not started"),
        Stage.WORKING: _("Importer at work"),
        Stage.PROBLEM: _("There is a problem"),
        Stage.WAITING_BROKER: _("Waiting for us"),
        Stage.WAITING_CBP: _("Waiting for CBP"),
        Stage.READY: _("Ready"),
    },
    Status: {
        Status.NOT_STARTED: _("Not started"),
        Status.IN_PROGRESS: _("In progress"),
        Status.CANNOT_START: _("Cannot start yet"),
        Status.WAITING_BROKER: _("Waiting for us"),
        Status.WAITING_CBP: _("Waiting for CBP"),
        Status.PROBLEM: _("There is a problem"),
        Status.DONE: _("Done"),
        Status.NOT_NEEDED: _("Not needed"),
    },
    Who: {
        Who.IMPORTER: _("The importer"),
        Who.BROKER: _("Us"),
        Who.CBP: _("CBP"),
    },
    Severity: {
        Severity.BLOCKER: _("Must be corrected"),
        Severity.WARNING: _("Please check"),
    },
}


def label(value: Enum) -> Promise | str:
    return LABELS[type(value)][value]


def choices(values: type[Enum]) -> list[tuple[str, Promise | str]]:
    return [(str(member.value), label(member)) for member in values]
