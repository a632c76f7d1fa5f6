"""One officer, one e-mail, the same in ACE, Form 5106 and Form 4811: the rules that compare them."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from importers.domain.errors import fill
from importers.domain.errors import gettext_noop as _
from importers.domain.facts import Document, ExistingAccount, Filed, ImporterFacts, Officer
from importers.domain.mail_address import is_shared_mailbox
from importers.domain.people import compare_emails, compare_names


class Severity(StrEnum):
    BLOCKER = "blocker"
    WARNING = "warning"


class Who(StrEnum):
    IMPORTER = "importer"
    BROKER = "broker"
    CBP = "cbp"


DOCUMENT_STEP = {
    Document.ACE: "ace-account",
    Document.FORM_5106: "form-5106",
    Document.FORM_4811: "form-4811",
}
DOCUMENT_NAME = {
    Document.ACE: _("the ACE account"),
    Document.FORM_5106: _("Form 5106"),
    Document.FORM_4811: _("Form 4811"),
}
# Staff change Form 5106 for the importer (ACE importer update); the other two are in the importer's own hands.
DOCUMENT_FIXER = {
    Document.ACE: Who.IMPORTER,
    Document.FORM_5106: Who.BROKER,
    Document.FORM_4811: Who.IMPORTER,
}

FREE_MAIL = frozenset(
    {
        "gmail.com", "googlemail.com", "hotmail.com", "hotmail.dk", "outlook.com", "outlook.dk", "live.com",
        "live.dk", "msn.com", "yahoo.com", "yahoo.dk", "icloud.com", "me.com", "aol.com", "mail.com", "gmx.com",
        "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "mail.dk", "jubii.dk", "ofir.dk",
        "stofanet.dk",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that does not hold. `params` fill the rule's text; `step` is where it shows on the checklist."""

    rule: "Rule"
    step: str
    who: Who
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return self.rule.severity

    @property
    def message(self) -> str:
        return fill(self.rule.text, self.params)

    @property
    def fingerprint(self) -> str:
        """The same while the compared values are the same: an acceptance holds for these values only."""
        values = "\x1f".join((self.rule.key, self.step, *(f"{k}={v}" for k, v in sorted(self.params.items()))))
        return hashlib.sha256(values.encode()).hexdigest()[:32]


Check = Callable[["Rule", ImporterFacts], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    key: str
    severity: Severity
    text: str
    remedy: str
    source: str
    check: Check

    @property
    def acceptable(self) -> bool:
        """Staff can accept a warning with a reason; what blocks must be corrected."""
        return self.severity is Severity.WARNING


def _compared(facts: ImporterFacts) -> Iterable[tuple[Document, Filed, Officer]]:
    if facts.officer is not None:
        for document in Document:
            if (filed := facts.filed.get(document)) is not None:
                yield document, filed, facts.officer


def _on(rule: Rule, document: Document, **params: str) -> Finding:
    params |= {"document": DOCUMENT_NAME[document]}
    return Finding(rule, DOCUMENT_STEP[document], DOCUMENT_FIXER[document], params)


def _email_differs(rule: Rule, facts: ImporterFacts) -> Iterable[Finding]:
    for document, filed, officer in _compared(facts):
        if filed.email and compare_emails(filed.email, officer.email).value == "different":
            yield _on(rule, document, filed=filed.email, officer=officer.email)


def _names_compare_as(value: str) -> Check:
    def check(rule: Rule, facts: ImporterFacts) -> Iterable[Finding]:
        for document, filed, officer in _compared(facts):
            if filed.name and compare_names(filed.name, officer.name).value == value:
                yield _on(rule, document, filed=filed.name, officer=officer.name)

    return check


def _incomplete(rule: Rule, facts: ImporterFacts) -> Iterable[Finding]:
    for document, filed, _officer in _compared(facts):
        if not (filed.email and filed.name):
            yield _on(rule, document)


def _not_officer(rule: Rule, facts: ImporterFacts) -> Iterable[Finding]:
    officer = facts.officer
    if officer is not None and officer.complete and not officer.declared and facts.filed:
        yield Finding(rule, "officer", Who.IMPORTER, {"officer": officer.name})


def _company_name(rule: Rule, facts: ImporterFacts) -> Iterable[Finding]:
    filed = facts.filed.get(Document.FORM_5106)
    if filed is None or filed.correction_sent:  # then it is CBP's turn
        return
    if filed.company_name and _plain(filed.company_name) != _plain(facts.name):
        yield Finding(rule, "company", Who.IMPORTER, {"filed": filed.company_name, "name": facts.name})


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def domain_of(email: str) -> str:
    return email.rpartition("@")[2].strip().casefold()


def _broker_address(rule: Rule, facts: ImporterFacts) -> Iterable[Finding]:
    filed = facts.filed.get(Document.FORM_5106)
    broker = domain_of(facts.broker_email)
    if filed and broker and domain_of(filed.email) == broker:
        yield _on(rule, Document.FORM_5106, filed=filed.email)


def _officer_email(test: Callable[[str], bool]) -> Check:
    def check(rule: Rule, facts: ImporterFacts) -> Iterable[Finding]:
        if facts.officer is not None and test(facts.officer.email):
            yield Finding(rule, "officer", Who.IMPORTER, {"officer": facts.officer.email})

    return check


def _email_elsewhere(rule: Rule, facts: ImporterFacts) -> Iterable[Finding]:
    if facts.officer is not None and facts.officer_email_elsewhere:
        count = str(facts.officer_email_elsewhere)
        yield Finding(rule, "officer", Who.BROKER, {"officer": facts.officer.email, "count": count})


def _unsure(rule: Rule, facts: ImporterFacts) -> Iterable[Finding]:
    if facts.existing_account is ExistingAccount.UNSURE and not facts.ace_confirmed:
        yield Finding(rule, "existing-account", Who.IMPORTER)


def years_before(day: date, years: int) -> date:
    """The same day `years` earlier; 28 February for a 29 February that is not there."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _old_4811(rule: Rule, facts: ImporterFacts) -> Iterable[Finding]:
    signed_on = facts.form_4811.signed_on
    if signed_on is not None and signed_on < years_before(facts.as_of, 3):
        yield Finding(rule, "form-4811", Who.BROKER, {"signed_on": signed_on.isoformat()})


_GUIDE = "Broker's guide, March 2026: one responsible officer with one e-mail in ACE, Form 4811 and Form 5106"
_ACE_FORM = "CBP's checks in the automated ACE application (QRC 5228-1025, as rendered by brokers)"

RULES: tuple[Rule, ...] = (
    Rule(
        "email-differs",
        Severity.BLOCKER,
        _("%(filed)s stands in %(document)s, but the officer's e-mail is %(officer)s."),
        _("Use one e-mail everywhere: correct the document, or the officer."),
        f"{_GUIDE}. CBP mails the ACE code to the e-mail on Form 5106",
        _email_differs,
    ),
    Rule(
        "person-differs",
        Severity.BLOCKER,
        _("%(document)s names %(filed)s. It must name the officer, %(officer)s."),
        _("Correct the document, or name that person as the officer."),
        _GUIDE,
        _names_compare_as("different"),
    ),
    Rule(
        "name-written-differently",
        Severity.WARNING,
        _("%(document)s says %(filed)s; the officer is written %(officer)s. It looks like the same person."),
        _("Write the name the same way everywhere, or accept it with a reason."),
        _GUIDE,
        _names_compare_as("variant"),
    ),
    Rule(
        "contact-incomplete",
        Severity.BLOCKER,
        _("The contact in %(document)s lacks a name or an e-mail."),
        _("Put the officer's name and e-mail there. Without an e-mail on Form 5106 CBP can send no code."),
        _ACE_FORM,
        _incomplete,
    ),
    Rule(
        "not-an-officer",
        Severity.BLOCKER,
        _("%(officer)s is not declared to be authorised to sign for the company."),
        _("Declare it, or name somebody who is."),
        f"{_GUIDE}; 19 CFR 24.36 (the importer's officer signs)",
        _not_officer,
    ),
    Rule(
        "company-name-differs",
        Severity.BLOCKER,
        _("Form 5106 says “%(filed)s”, the company details say “%(name)s”. ACE accepts only what stands on the form."),
        _("Copy the name exactly as it stands on Form 5106."),
        f"{_ACE_FORM}: importer number and company name match one Form 5106",
        _company_name,
    ),
    Rule(
        "broker-address-on-5106",
        Severity.BLOCKER,
        _("%(filed)s on Form 5106 is the broker's own address, so CBP's code would go to the broker."),
        _("Put the officer's e-mail on Form 5106."),
        "CBP webinar notes: only one e-mail is held on Form 5106, and not the broker's",
        _broker_address,
    ),
    Rule(
        "shared-mailbox",
        Severity.WARNING,
        _("%(officer)s looks like a shared mailbox. The code from CBP is valid for 10 minutes and is for one person."),
        _("Use the officer's own address, or make sure the officer reads this one."),
        f"{_ACE_FORM}; broker practice",
        _officer_email(is_shared_mailbox),
    ),
    Rule(
        "free-mail",
        Severity.WARNING,
        _("%(officer)s is a private mail address. It should belong to the company."),
        _("Use an address on the company's own domain if there is one."),
        "Broker practice",
        _officer_email(lambda email: domain_of(email) in FREE_MAIL),
    ),
    Rule(
        "email-on-several-importers",
        Severity.WARNING,
        _("%(officer)s is the officer's e-mail for %(count)s other importers too. "
          "ACE accepts an e-mail for one application only."),
        _("Apply once, then add the other importers to the same ACE account."),
        f"{_ACE_FORM}: the e-mail is not already an ACE trade user",
        _email_elsewhere,
    ),
    Rule(
        "account-unknown",
        Severity.WARNING,
        _("Nobody knows whether the company already has an ACE account. "
          "A number that is linked to an account cannot be used again."),
        _("Ask in the company, or ask ACE Support (%(ace_support)s), before applying."),
        f"{_ACE_FORM}: the number is not already linked to a top account",
        _unsure,
    ),
    Rule(
        "form-4811-old",
        Severity.WARNING,
        _("Form 4811 was signed on %(signed_on)s, more than three years ago. It may no longer have effect."),
        _("Check in ACE that it stands, or sign a new one."),
        "19 CFR 24.36(a); the text read is from before the 2026 amendment",
        _old_4811,
    ),
)  # fmt: skip


def findings(facts: ImporterFacts) -> list[Finding]:
    """Everything that does not hold, in the order of `RULES`, without what staff accepted."""
    found = [finding for rule in RULES for finding in rule.check(rule, facts)]
    return [f for f in found if not (f.rule.acceptable and f.fingerprint in facts.accepted)]
