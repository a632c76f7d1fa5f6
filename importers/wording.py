"""The rules speak English templates; here they become sentences in the reader's language."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import phonenumbers
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.html import conditional_escape
from django.utils.numberformat import format as format_number
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_lazy, gettext_noop, ngettext

from importers.domain.checklist import Group, Status, Step
from importers.domain.consistency import Finding, Who
from importers.domain.errors import RuleViolation
from importers.domain.facts import ImporterFacts
from importers.domain.failures import CBP_DESKS, Desk

# Colour only where somebody must act or wait; all else is plain text.
STATUS_TAGS = {
    Status.NOT_STARTED: "todo",
    Status.IN_PROGRESS: "todo",
    Status.WAITING_BROKER: "wait",
    Status.WAITING_CBP: "wait",
    Status.PROBLEM: "bad",
}
GROUPS = {
    Group.BEFORE: (gettext_lazy("Before you start"), gettext_lazy("in any order")),
    Group.ACE: (gettext_lazy("ACE and your refund"), ""),
    Group.FINISH: (gettext_lazy("Finish"), ""),
}
FIXERS = {
    Who.IMPORTER: gettext_lazy("You can put this right."),
    Who.BROKER: gettext_lazy("We put this right. You need not do anything."),
    Who.CBP: gettext_lazy("This is with CBP now."),
}
# What the importer can do; the rules' own remedies are written for who sees all documents.
IN_ACE = gettext_noop(
    "If you mistyped it, correct it below. If another person really stands in ACE, call ACE Support (%(ace_support)s)."
)
SAME_PERSON = gettext_lazy("If it is the same person, call us: then it can stand as it is.")
# ACE's choices, told apart for people who know the companies of Europe.
STRUCTURES = {
    "corporation": gettext_lazy("Company limited by shares (ApS, A/S, Inc.)"),
    "llc": gettext_lazy("LLC (an American form of company)"),
    "partnership": gettext_lazy("Partnership (I/S, K/S)"),
    "sole_proprietor": gettext_lazy("Sole proprietorship"),
    "individual": gettext_lazy("Private individual"),
    "government": gettext_lazy("Government body"),
}
# On CBP's screens, and so in English in every language. The longer ones first.
CBP_LABELS = (
    "Tools, User Access",
    "Roles, Importer, ACH refund tab, Full Access",
    "ACH Refund Authorization",
    "Trade Account Owner",
    "Get Info/Refresh",
    "ACH Refund Support",
    "Duplicate Tax ID",
    "Add Notify Party",
    "ACE Support",
    "Read-Only",
    "Submit",
)
CBP_LABEL = re.compile("|".join(map(re.escape, CBP_LABELS)))
LOOK_UP_MINUTES = 5  # in an account that is there
SHORT_NUMBERS = {
    "en": ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    "da": ("ingen", "ét", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti"),
}
LONG_DATE = {"en": "l j F Y", "da": r"l \d\e\n j. F Y"}
PLAIN_DATE = {"en": "j F Y", "da": "j. F Y"}
SHORT_DATE = {"en": "j F", "da": "j. F"}
MOMENT = {"en": "j F Y, H:i", "da": r"j. F Y \k\l. H.i"}
DOLLARS = {"en": ("$%s", ".", ","), "da": ("%s USD", ",", ".")}


def sentence(template: str, params: Mapping[str, object]) -> str:
    """A rule's text, translated and filled. Names of documents are words too; dates come as ISO."""
    text = gettext(template)
    words = {key: gettext(str(value)) if key == "document" else _word(value) for key, value in params.items()}
    words["ace_support"] = CBP_DESKS[Desk.ACE_SUPPORT].phone
    if text.startswith("%(document)s"):
        words["document"] = _capital(str(words["document"]))
    return text % words


def _word(value: object) -> object:
    day = parse_date(value) if isinstance(value, str) and len(value) == 10 else None
    return long_date(day) if day else value


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def finding_text(finding: Finding) -> str:
    return sentence(finding.rule.text, finding.params)


def finding_remedy(finding: Finding) -> str:
    return sentence(finding.rule.remedy, finding.params)


def importer_remedy(finding: Finding) -> str:
    """Only for what the importer puts right; what somebody else does is no task of theirs."""
    if finding.who is not Who.IMPORTER:
        return ""
    if finding.rule.key in ("email-differs", "person-differs") and finding.step == "ace-account":
        return sentence(IN_ACE, {})
    if finding.rule.key == "name-written-differently":
        return str(SAME_PERSON)
    return finding_remedy(finding)


def step_title(step: Step, facts: ImporterFacts) -> str:
    """Who has an account creates none."""
    if step.key == "ace-account" and facts.has_account:
        return gettext("Tell us who stands in the ACE account")
    return gettext(step.title)


def slot_words(slot: str) -> str:
    """“T-28” as people say it."""
    days = int(slot.removeprefix("T"))
    if days == 0:
        return gettext("on the day")
    if days < 0:
        return ngettext("%(n)s day before", "%(n)s days before", -days) % {"n": -days}
    return ngettext("%(n)s week after", "%(n)s weeks after", days // 7) % {"n": days // 7}


def left_title(step: Step, facts: ImporterFacts) -> str:
    """In a mail that lists what is left. While nothing is chosen, one line stands for both ways to receive refunds."""
    if step.key == "ach-refund" and facts.effective_route is None:
        return gettext("Set up the way you choose to receive refunds")
    return step_title(step, facts)


def step_minutes(step: Step, facts: ImporterFacts) -> int:
    if step.key == "ace-account" and facts.has_account:
        return LOOK_UP_MINUTES
    return step.minutes


def mark_cbp_labels(text: str) -> SafeString:
    escaped = str(conditional_escape(text))
    if language() == "en":
        return mark_safe(escaped)  # noqa: S308 - escaped above
    return mark_safe(CBP_LABEL.sub(r'<span lang="en">\g<0></span>', escaped))  # noqa: S308


def violation_text(violation: RuleViolation) -> str:
    return violation.translated(gettext)


def number_word(number: int) -> str:
    """Up to ten as a word, as people write it; larger ones as digits."""
    words = SHORT_NUMBERS[language()]
    return words[number] if 0 <= number < len(words) else str(number)


def long_date(day: date) -> str:
    return date_format(day, LONG_DATE[language()])


def plain_date(day: date) -> str:
    """Without the weekday, for days that are over."""
    return date_format(day, PLAIN_DATE[language()])


def moment(at: datetime) -> str:
    return date_format(at, MOMENT[language()])


def short_date(day: date) -> str:
    return date_format(day, SHORT_DATE[language()])


def money(amount: Decimal) -> str:
    """US dollars to the cent: “$1,234.56”, in Danish “1.234,56 USD”."""
    pattern, point, thousands = DOLLARS[language()]
    digits = format_number(
        amount, point, decimal_pos=2, grouping=3, thousand_sep=thousands, force_grouping=True, use_l10n=False
    )
    return pattern % digits


def language() -> str:
    """One of the portal's own languages, also where a browser's variant of it is active."""
    code = (get_language() or "en").partition("-")[0]
    return code if code in SHORT_NUMBERS else "en"


def readable_phone(phone: str) -> str:
    """In groups, as people read it aloud. What somebody has spaced already stays as it is."""
    text = str(phone)
    if not re.fullmatch(r"\+\d+", text):
        return text
    try:
        return phonenumbers.format_number(phonenumbers.parse(text), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return text


def masked_email(email: str) -> str:
    """Enough to recognise one's own address, too little to learn somebody else's."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"
