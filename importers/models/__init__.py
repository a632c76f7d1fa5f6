from importers.models.accounts import BrokerFirm, User
from importers.models.attempts import MailAttempt
from importers.models.campaign import Campaign
from importers.models.delegation import Delegation
from importers.models.errands import Errand, ErrandKind
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
from importers.models.mail_texts import MailText, Occasion
from importers.models.mailboxes import Mailbox
from importers.models.notification import MailKind, MailState, Notification
from importers.models.pace import Pace
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
    "Errand",
    "ErrandKind",
    "FiledContact",
    "Form4811",
    "ImporterAccess",
    "ImporterOfRecord",
    "MailAttempt",
    "MailKind",
    "MailState",
    "MailText",
    "Mailbox",
    "Notification",
    "Occasion",
    "Pace",
    "PointOfContact",
    "Question",
    "Readiness",
    "User",
]
