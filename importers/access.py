"""Who may see and change which importer. No right to see means 404: not even that it exists is told."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest
from django.utils import timezone

from importers.models import ImporterAccess, ImporterOfRecord, User
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
    rows = ImporterOfRecord.objects.visible_to(user)
    if with_facts:
        unvisited = ImporterAccess.objects.filter(importer=OuterRef("pk"), user=user, first_visit_at=None)
        rows = rows.with_facts().select_related("assigned_to")
        rows = rows.annotate(not_yet_visited=Exists(unvisited), **asked_at_steps(timezone.now()))
    importer = rows.filter(uuid=uuid).first()
    if importer is None:
        raise Http404
    return importer


def may_write(user: User) -> bool:
    """The checklist is the importer's own; staff look at it and act in the admin, under their own name."""
    return not user.is_staff


def importer_for_writing(request: HttpRequest, uuid: UUID, *, with_facts: bool = False) -> ImporterOfRecord:
    importer = importer_for_reading(request, uuid, with_facts=with_facts)
    if not may_write(signed_in(request)):
        raise PermissionDenied
    return importer
