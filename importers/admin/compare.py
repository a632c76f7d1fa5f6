"""The officer beside what CBP has on file, document by document, with every difference in words."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from importers.domain.checklist import Checklist, Status
from importers.domain.consistency import DOCUMENT_STEP
from importers.domain.facts import Document, Filed, ImporterFacts
from importers.domain.people import Comparison, Match, compare_emails, compare_names
from importers.models.labels import label

COLUMNS = (Document.FORM_5106, Document.ACE, Document.FORM_4811)


@dataclass(frozen=True, slots=True)
class Cell:
    """`verdict` in words; `tone` is "danger" or "warning" where it does not agree."""

    value: str
    verdict: str = ""
    tone: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    ours: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class SideBySide:
    documents: list[str]
    rows: list[Row]


def side_by_side(checklist: Checklist) -> SideBySide:
    facts = checklist.facts
    shown = [d for d in COLUMNS if checklist[DOCUMENT_STEP[d]].status is not Status.NOT_NEEDED or d in facts.filed]
    officer = facts.officer
    ours = {
        "name": officer.name if officer else "",
        "email": officer.email if officer else "",
        "company": facts.name,
    }
    return SideBySide(
        [str(label(d)) for d in shown],
        [
            Row(_("Name"), ours["name"], [_name(facts, d) for d in shown]),
            Row(_("E-mail"), ours["email"], [_email(facts, d) for d in shown]),
            Row(_("Company name"), ours["company"], [_company(checklist, d) for d in shown]),
        ],
    )


def _cell(facts: ImporterFacts, document: Document, compare: Callable[[Filed], Cell]) -> Cell:
    filed = facts.filed.get(document)
    cell = compare(filed) if filed else Cell("", _("not recorded yet"))
    return replace(cell, document=str(label(document)))


def _name(facts: ImporterFacts, document: Document) -> Cell:
    def compare(filed: Filed) -> Cell:
        return _against(filed.name, facts.officer.name if facts.officer else "", compare_names)

    return _cell(facts, document, compare)


def _email(facts: ImporterFacts, document: Document) -> Cell:
    def compare(filed: Filed) -> Cell:
        return _against(filed.email, facts.officer.email if facts.officer else "", compare_emails)

    return _cell(facts, document, compare)


def _against(filed: str, ours: str, compare: Callable[[str, str], Comparison]) -> Cell:
    if not filed:
        return Cell("", _("is missing there"), "danger")
    if not ours:
        return Cell(filed, _("nothing to compare with yet"))
    comparison = compare(filed, ours)
    if comparison.value is Match.SAME:
        return Cell(filed, _("the same"))
    tone = "warning" if comparison.value is Match.VARIANT else "danger"
    return Cell(filed, _(comparison.sentence), tone)


def _company(checklist: Checklist, document: Document) -> Cell:
    def compare(filed: Filed) -> Cell:
        if not filed.company_name:
            return Cell("", _("not recorded") if document is Document.FORM_5106 else "–")
        if document is Document.FORM_5106 and any(f.rule.key == "company-name-differs" for f in checklist.findings):
            return Cell(filed.company_name, _("not letter by letter the same"), "danger")
        return Cell(filed.company_name, _("the same") if document is Document.FORM_5106 else "")

    return _cell(checklist.facts, document, compare)
