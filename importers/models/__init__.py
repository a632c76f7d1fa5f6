from importers.models.accounts import BrokerFirm, User
from importers.models.campaign import Campaign
from importers.models.delegation import Delegation
from importers.models.filings import (
    Acceptance,
    ACEAccount,
    ACHEnrollment,
    Attestation,
    FiledContact,
    Form4811,
    ImporterAccess,
)
from importers.models.importer import ImporterOfRecord, PointOfContact
from importers.models.notification import MailKind, MailState, Notification
from importers.models.questions import Question
from importers.models.readiness import Readiness

__all__ = [
    "ACEAccount",
    "ACHEnrollment",
    "Acceptance",
    "Attestation",
    "BrokerFirm",
    "Campaign",
    "Delegation",
    "FiledContact",
    "Form4811",
    "ImporterAccess",
    "ImporterOfRecord",
    "MailKind",
    "MailState",
    "Notification",
    "PointOfContact",
    "Question",
    "Readiness",
    "User",
]
