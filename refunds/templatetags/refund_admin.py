"""What the staff's templates say about refunds."""

from django import template
from django.utils.translation import gettext, ngettext

from importers.wording import plain_date
from refunds.domain.refund_path import Path
from refunds.models import labels

register = template.Library()
register.filter(labels.by_whom)
register.filter(labels.cape_phase)
register.filter(labels.rules_name)


@register.filter
def time_left(path: Path) -> str:
    if path.act_until is None or path.days_left is None:
        return gettext("no deadline yet")
    days = max(path.days_left, 0)
    left = ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    return f"{plain_date(path.act_until)} ({left})"
