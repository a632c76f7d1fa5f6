"""Who may see and change which importer. No right to see means 404: not even that it exists is told."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from importers.models import ImporterOfRecord, User


def importer_for_reading(request: HttpRequest, uuid: UUID) -> ImporterOfRecord:
    """The importer, for its own people and for staff; everybody else gets 404."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    importer = ImporterOfRecord.objects.visible_to(user).filter(uuid=uuid).first()
    if importer is None:
        raise Http404
    return importer


def may_write(user: User) -> bool:
    """The checklist is the importer's own; staff look at it and act in the admin, under their own name."""
    return not user.is_staff


def importer_for_writing(request: HttpRequest, uuid: UUID) -> ImporterOfRecord:
    importer = importer_for_reading(request, uuid)
    if not (isinstance(request.user, User) and may_write(request.user)):
        raise PermissionDenied
    return importer
