"""Facts for the rules' tests: an importer with everything in place, to take things away from."""

from dataclasses import replace
from datetime import date
from typing import Any

from importers.domain.facts import (
    ACHStatus,
    Document,
    ExistingAccount,
    Filed,
    Form4811Facts,
    ImporterFacts,
    Officer,
    Route,
)

OFFICER = Officer("Mette Sørensen", "Direktør", "mette@nordlys.example", "+4570101011", declared=True)
FILED = Filed("Mette Sørensen", "mette@nordlys.example", "Nordlys Cykler ApS")


def fresh(**changes: Any) -> ImporterFacts:
    """As it comes from the client list."""
    facts = ImporterFacts(
        as_of=date(2026, 11, 22),
        name="Nordlys Cykler ApS",
        number="••••••-•0123",
        country="DK",
        broker_email="jar@alpi.dk",
    )
    return replace(facts, **changes)


def complete(**changes: Any) -> ImporterFacts:
    """All done by the importer, on the Form 4811 route; declared and checked unless an answer is changed."""
    facts = fresh(
        invited=True,
        started=True,
        structure="corporation",
        company_confirmed=True,
        officer=OFFICER,
        existing_account=ExistingAccount.NO,
        route=Route.FORM_4811,
        filed={Document.FORM_5106: FILED, Document.ACE: FILED, Document.FORM_4811: FILED},
        ace_confirmed=True,
        form_4811=Form4811Facts(True, date(2026, 11, 2), on_profile=True, box_28=True),
        broker_ach_enrolled=True,
        broker_has_number=True,
    )
    facts = replace(facts, attested=facts.digest, reviewed=facts.digest)
    return replace(facts, **changes)


def own_account(**changes: Any) -> ImporterFacts:
    """The same, paid to the importer's own US bank account."""
    facts = complete(route=Route.OWN_ACCOUNT, ach=ACHStatus.SHOWN, form_4811=Form4811Facts())
    facts = replace(facts, filed={d: f for d, f in facts.filed.items() if d is not Document.FORM_4811})
    facts = replace(facts, attested=facts.digest, reviewed=facts.digest)
    return replace(facts, **changes)


def filed(facts: ImporterFacts, document: Document, **changes: Any) -> ImporterFacts:
    """The facts with another contact in one document."""
    contact = replace(facts.filed.get(document, FILED), **changes)
    return replace(facts, filed={**facts.filed, document: contact})
