"""CBP's four checks on an ACE application (DOMAIN 4), run beforehand with what the portal knows."""

from dataclasses import dataclass
from enum import StrEnum

from importers.domain.consistency import findings
from importers.domain.errors import gettext_noop as _
from importers.domain.facts import Document, ExistingAccount, ImporterFacts


class Verdict(StrEnum):
    GOOD = "good"
    UNKNOWN = "unknown"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Check:
    """`asks` is what CBP looks at, `text` what the portal knows of it."""

    key: str
    verdict: Verdict
    asks: str
    text: str


def preflight(facts: ImporterFacts) -> tuple[Check, ...]:
    return (_company(facts), _mailbox(facts), _email_free(facts), _number_free(facts))


def _company(facts: ImporterFacts) -> Check:
    filed = facts.filed.get(Document.FORM_5106)
    asks = _("Importer number and company name match one Form 5106.")
    if "company-name-differs" in _broken(facts):
        return Check("company", Verdict.WRONG, asks, _("The name is written differently on Form 5106."))
    if filed is None or not filed.company_name:
        return Check("company", Verdict.UNKNOWN, asks, _("We have not read the name on Form 5106 yet."))
    return Check("company", Verdict.GOOD, asks, _("The name here is the one on Form 5106."))


def _mailbox(facts: ImporterFacts) -> Check:
    asks = _("Form 5106 holds a working e-mail. CBP mails the code there.")
    wrong = {"email-differs", "broker-address-on-5106", "contact-incomplete"}
    if any(f.rule.key in wrong and f.step == "form-5106" for f in findings(facts)):
        return Check("mailbox", Verdict.WRONG, asks, _("Another e-mail stands there. The code would go astray."))
    if Document.FORM_5106 not in facts.filed:
        return Check("mailbox", Verdict.UNKNOWN, asks, _("We have not read the e-mail on Form 5106 yet."))
    return Check("mailbox", Verdict.GOOD, asks, _("The officer's e-mail stands there."))


def _email_free(facts: ImporterFacts) -> Check:
    asks = _("The e-mail is not yet used by anybody in ACE.")
    if facts.officer_email_elsewhere:
        text = _("The same officer stands for other importers. ACE takes each e-mail once.")
        return Check("email-free", Verdict.WRONG, asks, text)
    if facts.existing_account is ExistingAccount.NO:
        return Check("email-free", Verdict.GOOD, asks, _("You told us that nobody in the company uses ACE."))
    return Check("email-free", Verdict.UNKNOWN, asks, _("Only ACE can tell."))


def _number_free(facts: ImporterFacts) -> Check:
    asks = _("The importer number is not yet linked to an ACE account.")
    match facts.existing_account:
        case ExistingAccount.NO:
            return Check("number-free", Verdict.GOOD, asks, _("You told us that the company has no account."))
        case ExistingAccount.ACCOUNT | ExistingAccount.ENROLLED:
            text = _("The company has an account. Sign in to it; do not apply again.")
            return Check("number-free", Verdict.WRONG, asks, text)
        case _:
            return Check("number-free", Verdict.UNKNOWN, asks, _("Ask in the company before you apply."))


def _broken(facts: ImporterFacts) -> set[str]:
    return {finding.rule.key for finding in findings(facts)}
