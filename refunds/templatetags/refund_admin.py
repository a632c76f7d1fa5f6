"""Words about a refund path for the staff's templates."""

from django import template
from django.utils.translation import gettext, ngettext

from importers.wording import plain_date
from refunds.domain.refund_path import Path

register = template.Library()


@register.filter
def time_left(path: Path) -> str:
    if path.act_until is None or path.days_left is None:
        return gettext("no date runs yet")
    days = max(path.days_left, 0)
    left = ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    return f"{plain_date(path.act_until)} ({left})"
