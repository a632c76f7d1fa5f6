"""Who may see and change which importer. No right to see means 404: not even that it exists is told."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from importers.domain.delegation import SentStep
from importers.models import Delegation, ImporterAccess, ImporterOfRecord, User
from importers.models.delegation import open_to, sent_steps, with_sent
from importers.models.importer import ImporterQuerySet
from importers.models.questions import asked_at_steps


def signed_in(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def importer_for_reading(request: HttpRequest, uuid: UUID, *, with_facts: bool = False) -> ImporterOfRecord:
    """The importer, for its own people and for staff; everybody else gets 404.

    `with_facts` loads what a checklist page needs too, `not_yet_visited` (by this person), and at which
    steps something was asked."""
    user = signed_in(request)
    rows = ImporterOfRecord.objects.visible_to(user).select_related("assigned_to")
    if with_facts:
        rows = _with_facts(rows, user)
    importer = rows.filter(uuid=uuid).first()
    if importer is None:
        raise Http404
    return importer


def _with_facts(rows: ImporterQuerySet, user: User) -> ImporterQuerySet:
    unvisited = ImporterAccess.objects.filter(importer=OuterRef("pk"), user=user, first_visit_at=None)
    rows = with_sent(rows.with_facts().select_related("assigned_to", "readiness"))
    return rows.annotate(not_yet_visited=Exists(unvisited), **asked_at_steps(timezone.now(), user))


def may_write(user: User) -> bool:
    """The checklist is the importer's own; staff look at it and act in the admin, under their own name."""
    return not user.is_staff


def may_open(user: User, uuid: UUID) -> bool:
    return ImporterOfRecord.objects.visible_to(user).filter(uuid=uuid).exists()


def importer_for_writing(request: HttpRequest, uuid: UUID, *, with_facts: bool = False) -> ImporterOfRecord:
    importer = importer_for_reading(request, uuid, with_facts=with_facts)
    if not may_write(signed_in(request)):
        raise PermissionDenied
    return importer


def _own(user: User) -> Exists:
    return Exists(ImporterOfRecord.objects.visible_to(user).filter(pk=OuterRef("pk")))


def _perhaps_sent_to(user: User) -> QuerySet[Delegation]:
    """Of the importer in the outer query."""
    return Delegation.objects.may_be_open(timezone.now()).filter(importer=OuterRef("pk"), colleague=user)


def step_for_reading(request: HttpRequest, uuid: UUID, key: str) -> tuple[ImporterOfRecord, SentStep | None]:
    """As `importer_for_reading` with facts, and this one step also for a colleague to whom it was sent: then with how.
    Nothing else of the importer is there for that colleague."""
    user = signed_in(request)
    own, sent = _own(user), Exists(_perhaps_sent_to(user).filter(step=key))
    rows = ImporterOfRecord.objects.filter(own | sent, uuid=uuid).annotate(is_own=own)
    importer = _with_facts(rows, user).first()
    if importer is None:
        raise Http404
    if importer.is_own:  # type: ignore[attr-defined]
        return importer, None
    found = open_to(importer, user, key, timezone.now())
    if found is None:
        raise Http404
    return importer, found


def step_for_writing(request: HttpRequest, uuid: UUID, key: str) -> tuple[ImporterOfRecord, SentStep | None]:
    importer, sent = step_for_reading(request, uuid, key)
    if not may_write(signed_in(request)):
        raise PermissionDenied
    return importer, sent


def steps_sent_to(user: User, now: datetime) -> Iterator[tuple[ImporterOfRecord, SentStep]]:
    """What is open to a colleague, each with its importer, who comes with facts; not of importers that are open as a
    whole."""
    rows = ImporterOfRecord.objects.filter(~_own(user), Exists(_perhaps_sent_to(user)))
    for importer in with_sent(rows.with_facts()):
        for step in sent_steps(importer, now):
            if step.colleague == user.pk and step.is_open:
                yield importer, step
