"""What to type into CBP's pages: CBP's own label, what it means, and the value to copy."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django_countries import countries

from importers.domain.ace_form import structure_in_ace
from importers.domain.identifiers import NumberKind, parse_importer_number
from importers.domain.preflight import Verdict, preflight
from importers.pages.importer import ImporterPage
from importers.wording import language


@dataclass(frozen=True, slots=True)
class AceValue:
    """`label` is English in every language, as on CBP's screen. `is_unchecked`: CBP compares it with Form 5106, and
    we have not. `language` is the value's own where that is not the page's. `instead` stands where we hold no value."""

    label: str
    meaning: str | Promise
    value: str
    is_unchecked: bool = False
    language: str = ""
    instead: str | Promise = ""

    @property
    def gloss(self) -> str:
        """In the reader's language, where that is not CBP's word."""
        meaning = str(self.meaning)
        return "" if language() == "en" or meaning == self.label else meaning


SSN_IS_THEIRS = _("Your Social Security number, as NNN-NN-NNNN. We do not hold it.")
NUMBER_MISSING = _("You cannot name us without it. The mail below asks us to put it here.")


def application(page: ImporterPage) -> list[AceValue]:
    """For the form that creates the account, in its order."""
    importer, facts = page.importer, page.checklist.facts
    checks = {check.key: check.verdict is Verdict.GOOD or facts.ace_confirmed for check in preflight(page.checklist)}
    by_name, by_mail = not checks["company"], not checks["mailbox"]
    values = [
        AceValue("Company name", _("Company name"), importer.name, by_name),
        AceValue("Importer number", _("Importer number"), number_in_ace(page), by_name, instead=SSN_IS_THEIRS),
    ]
    if facts.officer:
        values.append(AceValue("E-mail", _("Officer's e-mail"), facts.officer.email, by_mail))
    structure = structure_in_ace(importer.structure, str(importer.country))
    return [
        *values,
        AceValue("Organization structure", _("Kind of company"), structure, language="en"),
        AceValue("Address", _("Street and number"), importer.street),
        AceValue("City", _("City"), importer.city),
        AceValue("Postal code", _("Postal code"), importer.postal_code),
        AceValue("Country", _("Country"), country_in_ace(str(importer.country)), language="en"),
        AceValue("Phone", _("Company phone"), importer.phone),
    ]


def notify_party(page: ImporterPage) -> list[AceValue]:
    """About us, for Form 4811."""
    return [
        AceValue("Name", _("Name"), page.firm.name),
        AceValue("Importer number", _("Our importer number"), page.firm.importer_number, instead=NUMBER_MISSING),
    ]


def signer(page: ImporterPage) -> Iterator[AceValue]:
    """About the company and its officer, for Form 4811."""
    importer, officer = page.importer, page.checklist.facts.officer
    yield AceValue("Company name", _("Company name"), importer.name)
    yield AceValue("Importer number", _("Importer number"), importer.number, instead=SSN_IS_THEIRS)
    yield AceValue("Address", _("Address"), importer.address)
    if officer:
        yield AceValue("Signature", _("Who signs"), officer.name)
        yield AceValue("Title", _("Title"), officer.title)
        yield AceValue("E-mail", _("E-mail"), officer.email)


def country_in_ace(code: str) -> str:
    """The plain name of the ISO's list, in English: CLDR's, which people read elsewhere, says "Hong Kong SAR China"."""
    with override("en"):
        return str(countries.name(code))


def number_in_ace(page: ImporterPage) -> str:
    """The importer number in the shape of ACE's form: an EIN without its suffix. "" for an SSN, which we do not
    hold."""
    importer = page.importer
    if importer.number_kind == NumberKind.SSN:
        return ""
    return parse_importer_number(importer.number, importer.number_kind).base
