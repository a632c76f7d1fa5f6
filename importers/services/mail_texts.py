"""The broker's own wording of the reminders."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.mail_lint import FREE_MAIL, Found, lint
from importers.domain.mail_text import check_places
from importers.models import BrokerFirm, MailText, Occasion, User
from importers.reminder_words import PLACES
from importers.services.change import deed

REFUSED = _("This text says what no mail of ours may say.")


def own_hosts() -> set[str]:
    """Where a link or an address in a mail may lead: to the portal, and to the firm's own domain or mailboxes."""
    email = BrokerFirm.current().email.lower()
    domain = email.rpartition("@")[2]
    portal = urlsplit(settings.PUBLIC_URL).netloc
    if domain not in FREE_MAIL:
        return {portal, domain}
    staff = User.objects.filter(is_staff=True, is_active=True).values_list("email", flat=True)
    return {portal, email, *staff}


def broken_places(text: str, occasion: Occasion) -> RuleViolation | None:
    try:
        check_places(text, PLACES[occasion])
    except RuleViolation as violation:
        return violation
    return None


def not_to_be_said(text: str) -> list[Found]:
    return lint(text, hosts=own_hosts())


def save_mail_text(text: MailText, *, by: User) -> None:
    """Raises RuleViolation; the form tells the same with more words."""
    for violation in _violations(text):
        raise violation
    with deed("edit mail text" if text.pk else "add mail text", by=by):
        text.save()


def _violations(text: MailText) -> Iterator[RuleViolation]:
    for part in (text.subject, text.body):
        if broken := broken_places(part, Occasion(text.occasion)):
            yield broken
        if not_to_be_said(part):
            yield RuleViolation("mail_text", REFUSED)


def delete_mail_text(text: MailText, *, by: User) -> None:
    """The shipped text takes its place again."""
    with deed("remove mail text", by=by):
        text.delete()
