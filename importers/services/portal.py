"""What belongs to the whole portal: the broker firm, its campaigns, its people."""

from allauth.mfa.models import Authenticator
from django.db import connection
from django.utils import timezone

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.models import BrokerFirm, Campaign, MailState, Notification, User
from importers.services.change import deed
from importers.services.readiness import refresh_all
from importers.services.roster import ONE_LIST_AT_A_TIME

MOVED = _("the campaign's dates were changed before it went out")
SEEN_BY_RULES = frozenset({"email", "importer_number", "ach_enrolled_at"})


def edit_firm(*, by: User, ach_enrolled: bool | None = None, **fields: str) -> None:
    """Writes what is given and differs. `ach_enrolled` is the firm's own ACH refund enrolment, without which no
    Form 4811 refund can be paid. Every importer's readiness follows when the rules look at what has changed."""
    with deed("edit broker firm", by=by):
        firm = BrokerFirm.objects.select_for_update().get(pk=BrokerFirm.current().pk)
        wanted: dict[str, object] = dict(fields)
        if ach_enrolled is not None and ach_enrolled != (firm.ach_enrolled_at is not None):
            enrolled = (timezone.now(), by) if ach_enrolled else (None, None)
            wanted["ach_enrolled_at"], wanted["ach_enrolled_by"] = enrolled
        changed = {name for name, value in wanted.items() if getattr(firm, name) != value}
        for name in changed:
            setattr(firm, name, wanted[name])
        if changed:
            firm.save(update_fields=sorted(changed))
        if changed & SEEN_BY_RULES:
            _wait_for_the_client_list()
            refresh_all()


def _wait_for_the_client_list() -> None:
    """Whom a list adds at this moment was computed with the firm as it was, and is not seen before its commit; the next
    list waits for ours. Importers who are there already are locked by whoever writes to them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_LIST_AT_A_TIME])


def save_campaign(campaign: Campaign, *, by: User) -> None:
    """Nothing is computed ahead from a deadline. Only the reminders that wait to be sent are taken back when the dates
    change: the next schedule puts in again what is due then."""
    with deed("edit campaign" if campaign.pk else "add campaign", by=by):
        if goes_in_circles(campaign):
            raise RuleViolation("circle", _("These campaigns would replace each other in a circle."))
        before = Campaign.objects.select_for_update().filter(pk=campaign.pk).first()
        campaign.save()
        if before is not None and (before.timetable, before.time_zone) != (campaign.timetable, campaign.time_zone):
            waiting = Notification.objects.filter(campaign=campaign, state=MailState.PENDING)
            waiting.update(state=MailState.DROPPED, answer=MOVED)


def goes_in_circles(campaign: Campaign) -> bool:
    seen = {campaign.pk}
    following = campaign.superseded_by
    while following is not None:
        if following.pk in seen:
            return True
        seen.add(following.pk)
        following = following.superseded_by
    return False


def save_person(person: User, *, by: User) -> None:
    with deed("edit person" if person.pk else "add staff", by=by):
        if person.pk == by.pk and not (person.is_active and person.is_staff and person.is_superuser):
            raise RuleViolation("yourself", _("You cannot take your own rights away. Ask a colleague to do it."))
        if not person.pk:
            person.set_unusable_password()
        person.save()


def forget_second_factor(person: User, *, by: User) -> int:
    """For somebody who lost the phone: at the next sign-in a new second factor is set up."""
    with deed("forget second factor", by=by):
        count: int = Authenticator.objects.filter(user=person).delete()[0]
    return count
