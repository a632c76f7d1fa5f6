"""Whom the importer may call."""

from dataclasses import dataclass

from importers.models import BrokerFirm, ImporterOfRecord


@dataclass(frozen=True, slots=True)
class Contact:
    name: str
    phone: str
    email: str


def contact_for(importer: ImporterOfRecord | None, firm: BrokerFirm) -> Contact:
    """The staff member in charge; until there is one, the firm's own contact. All answer the firm's phone."""
    staff = importer.assigned_to if importer else None
    if staff is None:
        return Contact(firm.contact_name, firm.phone, firm.email)
    return Contact(str(staff), firm.phone, staff.email)
