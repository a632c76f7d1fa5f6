"""CBP's four checks on an ACE application (DOMAIN 4), run beforehand with what the portal knows."""

from dataclasses import dataclass, replace
from enum import StrEnum

from importers.domain.checklist import Checklist
from importers.domain.errors import gettext_noop as _
from importers.domain.facts import Document, ExistingAccount, ImporterFacts


class Verdict(StrEnum):
    """`told`: the importer says so. `unchecked`: we can look and have not yet. `unknown`: we cannot."""

    GOOD = "good"
    TOLD = "told"
    UNCHECKED = "unchecked"
    UNKNOWN = "unknown"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class PreflightCheck:
    """`asks` is what CBP looks at, `text` what the portal knows of it."""

    key: str
    verdict: Verdict
    asks: str
    text: str


ANSWERED = frozenset({"email-free", "number-free"})  # what the company says it knows
ASK_FIRST = _("Ask in the company before you apply.")
UNTOLD = {Verdict.TOLD: "", Verdict.WRONG: ASK_FIRST}  # in the place of the texts that tell it


def preflight(checklist: Checklist) -> tuple[PreflightCheck, ...]:
    facts = checklist.facts
    return (_company(checklist), _mailbox(checklist), _email_free(facts), _number_free(facts))


def for_colleague(checks: tuple[PreflightCheck, ...]) -> tuple[PreflightCheck, ...]:
    """Whoever has this one step reads how the checks stand, not what the company answered at another step."""

    def shown(check: PreflightCheck) -> PreflightCheck:
        return replace(check, text=UNTOLD.get(check.verdict, check.text)) if check.key in ANSWERED else check

    return tuple(map(shown, checks))


def _company(checklist: Checklist) -> PreflightCheck:
    filed = checklist.facts.filed.get(Document.FORM_5106)
    asks = _("Importer number and company name match one Form 5106.")
    if any(f.rule.key == "company-name-differs" for f in checklist.findings):
        return PreflightCheck("company", Verdict.WRONG, asks, _("The name is written differently on Form 5106."))
    if filed is None or not filed.company_name:
        return PreflightCheck("company", Verdict.UNCHECKED, asks, _("We have not read the name on Form 5106 yet."))
    return PreflightCheck("company", Verdict.GOOD, asks, _("The name here is the one on Form 5106."))


def _mailbox(checklist: Checklist) -> PreflightCheck:
    asks = _("Form 5106 holds a working e-mail. CBP mails the code there.")
    wrong = {"email-differs", "broker-address-on-5106", "contact-incomplete"}
    if any(f.rule.key in wrong and f.step == "form-5106" for f in checklist.findings):
        return PreflightCheck(
            "mailbox", Verdict.WRONG, asks, _("Another e-mail stands there. The code would go astray.")
        )
    if Document.FORM_5106 not in checklist.facts.filed:
        return PreflightCheck("mailbox", Verdict.UNCHECKED, asks, _("We have not read the e-mail on Form 5106 yet."))
    return PreflightCheck("mailbox", Verdict.GOOD, asks, _("The officer's e-mail stands there."))


def _email_free(facts: ImporterFacts) -> PreflightCheck:
    asks = _("The e-mail is not yet used by anybody in ACE.")
    if facts.officer_email_elsewhere:
        text = _(
            "The same officer stands for other importers, and ACE takes each e-mail once. Apply for one of them, then "
            "add the others to the same ACE account."
        )
        return PreflightCheck("email-free", Verdict.WRONG, asks, text)
    text = _(
        "Only ACE can tell. Ask the officer: do you sign in to ACE with this e-mail already, perhaps for another "
        "company?"
    )
    return PreflightCheck("email-free", Verdict.UNKNOWN, asks, text)


def _number_free(facts: ImporterFacts) -> PreflightCheck:
    asks = _("The importer number is not yet linked to an ACE account.")
    match facts.existing_account:
        case ExistingAccount.NO:
            text = _("You told us that nobody in the company has an account. We cannot see it; only ACE can.")
            return PreflightCheck("number-free", Verdict.TOLD, asks, text)
        case ExistingAccount.ACCOUNT | ExistingAccount.ENROLLED:
            text = _("The company has an account. Sign in to it; do not apply again.")
            return PreflightCheck("number-free", Verdict.WRONG, asks, text)
        case _:
            text = _("Ask in the company before you apply. If nobody knows, ACE Support can tell.")
            return PreflightCheck("number-free", Verdict.UNKNOWN, asks, text)
