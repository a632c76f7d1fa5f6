"""Named elements for templates. No rule lives here: words come from `wording`, states from the checklist."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms, template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from importers import wording
from importers.brand import colour_or_default
from importers.contact import contact_for
from importers.domain.checklist import Status, StepState
from importers.domain.consistency import Finding
from importers.domain.countries import country_name
from importers.domain.errors import RuleViolation
from importers.domain.failures import CBP_DESKS, Desk
from importers.models.labels import label

register = template.Library()

register.filter("finding_text", wording.finding_text)
register.filter("importer_remedy", wording.importer_remedy)
register.filter("in_words", wording.slot_words)
register.filter("number_word", wording.number_word)
register.filter("masked_email", wording.masked_email)
register.filter("country_name", lambda country: country_name(str(country), wording.language()))
register.filter("readable_phone", wording.readable_phone)


@register.filter
def long_date(day: date | None) -> str:
    return wording.long_date(day) if day else ""


@register.filter
def short_date(day: date | None) -> str:
    return wording.short_date(day) if day else ""


@register.filter(expects_localtime=True)
def plain_date(day: date | None) -> str:
    return wording.plain_date(day) if day else ""


@register.filter(expects_localtime=True)
def moment(at: datetime | None) -> str:
    return wording.moment(at) if at else ""


@register.filter
def money(amount: Decimal | None) -> str:
    return wording.money(amount) if amount is not None else ""


@register.filter
def words(text: str) -> str:
    """A sentence of the domain, in the reader's language."""
    return gettext(text) if text else ""


@register.filter
def own_links(text: str) -> SafeString:
    """Makes links of the portal's own addresses, and of nothing else: what importers wrote leads nowhere."""
    address = re.compile(rf"({re.escape(settings.PUBLIC_URL)}/[^\s<>\"']*[\w/])")
    parts = enumerate(address.split(text))
    shown = (format_html('<a href="{}">{}</a>', part, part) if n % 2 else escape(part) for n, part in parts)
    return mark_safe("".join(shown))  # noqa: S308 - every part is escaped


@register.filter
def quoted(text: str) -> str:
    """What somebody typed, in a plain mail: no line of it can pass for one of ours."""
    return "\n".join(f"> {line}".rstrip() for line in str(text).splitlines())


@register.filter
def fixer(finding: Finding) -> str:
    return str(wording.FIXERS[finding.who])


@register.filter
def brand_version(colour: str) -> str:
    """Changes the style sheet's address with the colour, so that browsers may keep it."""
    return colour_or_default(str(colour))[1:]


@register.filter
def phone_href(phone: str) -> str:
    return "tel:" + re.sub(r"[^+\d]", "", str(phone))


@register.filter
def violation(error: RuleViolation) -> str:
    return wording.violation_text(error)


@register.filter
def anchor(field: BoundField) -> str:
    """Where a link in the error summary leads: the field, or the first of its choices."""
    grouped = isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    return f"{field.auto_id}_0" if grouped else str(field.auto_id)


@register.filter
def kind(field: BoundField) -> str:
    """Which of the pack's shapes a field takes."""
    widget = field.field.widget
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    return "check" if isinstance(widget, forms.CheckboxInput) else "text"


@register.filter
def each_once(messages: Iterable[object]) -> list[str]:
    """A button that was pressed twice has said twice what it did."""
    return list(dict.fromkeys(str(message) for message in messages))


@register.inclusion_tag("components/status.html")
def status(state: StepState) -> dict[str, Any]:
    return status_word(state.status)


@register.inclusion_tag("components/status.html")
def status_of(value: Status) -> dict[str, Any]:
    return status_word(value)


def status_word(value: Status) -> dict[str, Any]:
    return {"words": label(value), "tag": wording.STATUS_TAGS.get(value, "")}


@register.filter
def cbp_labels(text: str) -> SafeString:
    """Marks what stands in English on CBP's own screens, for those who hear the page (WCAG 3.1.2)."""
    return wording.mark_cbp_labels(text)


@register.inclusion_tag("components/copy.html")
def copy_value(value: str, name: str, language: str = "") -> dict[str, str]:
    """A value to be typed into ACE exactly so; the copy button comes with the script, and is not needed."""
    return {"value": value, "name": name, "language": language, "tag": "span", "inner": "code"}


@register.inclusion_tag("components/copy.html")
def copy_text(value: str, name: str, language: str = "") -> dict[str, str]:
    """The same for a text of several lines."""
    return {"value": value, "name": name, "language": language, "tag": "div", "inner": "pre"}


@register.inclusion_tag("components/contact.html", takes_context=True)
def firm_contact(context: template.Context) -> dict[str, Any]:
    """Whom to call where it is about no importer."""
    return {"contact": contact_for(None, context["firm"])}


@register.inclusion_tag("components/cbp_desk.html")
def cbp_desk(desk: str) -> dict[str, Any]:
    """Who helps at CBP, and how they are reached."""
    return {"desk": CBP_DESKS[Desk(desk)]}


@register.inclusion_tag("components/finding.html")
def show_finding(finding: Finding) -> dict[str, Any]:
    return {"finding": finding}
