"""What an importer sees of its refunds: what was shared, and nothing else."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from importers.access import importer_for_reading, may_write, signed_in
from importers.contact import contact_for
from importers.domain.checklist import Stage
from importers.models import BrokerFirm, Readiness
from refunds.models import Pack
from refunds.pages.shared import Question, shared_page

KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@never_cache
@require_safe
def refunds(request: HttpRequest, uuid: UUID) -> HttpResponse:
    importer = importer_for_reading(request, uuid)
    firm = BrokerFirm.current()
    context = {
        "importer": importer,
        "firm": firm,
        "contact": contact_for(importer, firm),
        "may_write": may_write(signed_in(request)),
    }
    page = shared_page(importer, Question.of(request.GET), firm.own_filer)
    if page is None:
        return render(request, "refunds/nothing_shared.html", context)
    is_ready = Readiness.objects.filter(importer=importer, stage=Stage.READY).exists()
    return render(request, "refunds/shared.html", context | {"page": page, "is_ready": is_ready})


@never_cache
@require_safe
def download(request: HttpRequest, uuid: UUID, pk: int, ending: str) -> HttpResponse:
    """A pack that was shared and not taken back."""
    importer = importer_for_reading(request, uuid)
    return pack_file(Pack.objects.filter(importer=importer, pk=pk).shared(), ending)


def pack_file(packs: QuerySet[Pack], ending: str) -> HttpResponse:
    """Of the first of them, as it was when it was shared."""
    found = packs.values_list("importer__name", "as_of", ending).first() if ending in KINDS else None
    if found is None:
        raise Http404
    name, as_of, data = found
    return file_response(data, ending, f"{slugify(name)[:60] or 'importer'}-{as_of.isoformat()}.{ending}")


def file_response(data: bytes, ending: str, name: str) -> HttpResponse:
    response = HttpResponse(bytes(data), content_type=KINDS[ending])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
