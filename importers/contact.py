"""Whom the importer may call."""

from dataclasses import dataclass

from importers.domain.people import compare_names
from importers.models import BrokerFirm, ImporterOfRecord


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    firm: str
    phone: str
    email: str


def contact_for(importer: ImporterOfRecord | None, firm: BrokerFirm) -> Contact:
    """The staff member in charge; until there is one, and where it is about no importer, the firm's own contact. All
    answer the firm's phone. The firm's contact has one address, whatever they sign in with: nobody is to wonder which
    of two is theirs."""
    staff = importer.assigned_to if importer else None
    if staff is None or compare_names(str(staff), firm.contact_name).value == "same":
        return Contact(firm.contact_name, firm.name, firm.phone, firm.email)
    return Contact(str(staff), firm.name, firm.phone, staff.email)
