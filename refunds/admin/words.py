"""What staff read about a refund path."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from importers.domain.errors import Msgid, fill
from importers.models.labels import label
from importers.wording import money, plain_date
from refunds.domain.refund_path import Link, LinkKey, LinkState, Reason

LINKS = {
    LinkKey.CONTACT_5106: _("Contact on Form 5106"),
    LinkKey.ACE_ACCOUNT: _("ACE account"),
    LinkKey.ACH_OR_4811: _("ACH or Form 4811"),
    LinkKey.ENTRIES: _("Entries"),
    LinkKey.CLAIM: _("Claim"),
    LinkKey.PAYMENT: _("Payment"),
}
STATES = {
    LinkState.OK: _("In place"),
    LinkState.BROKEN: _("Stops here"),
    LinkState.NOT_REACHED: _("Not reached yet"),
    LinkState.NOT_NEEDED: _("Not needed"),
}


@dataclass(frozen=True, slots=True)
class ShownLink:
    """`tone` colours only what somebody must act on; `step` is where on the checklist it is done."""

    title: str
    state: str
    tone: str
    who: str
    reasons: list[str]
    remedy: str
    step: str


def reason_text(reason: Reason) -> str:
    return fill(gettext(reason.template), {name: _shown(value) for name, value in reason.params.items()})


def _shown(value: object) -> object:
    match value:
        case Msgid():
            return gettext(value)
        case Decimal():
            return money(value)
        case date():
            return plain_date(value)
        case _:
            return value


def shown_link(link: Link) -> ShownLink:
    return ShownLink(
        title=str(LINKS[link.key]),
        state=str(STATES[link.state]),
        tone="warning" if link.state is LinkState.BROKEN else "",
        who=str(label(link.who)) if link.who else "",
        reasons=[reason_text(reason) for reason in link.reasons],
        remedy=gettext(link.remedy) if link.remedy else "",
        step=link.step,
    )
