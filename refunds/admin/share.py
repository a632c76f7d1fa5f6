"""Sharing entries with one importer or many: first what each would see, and what speaks against it; then the deed."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from importers.admin.base import staff
from importers.admin.theme import firm_of
from importers.domain.errors import fill
from importers.models import BrokerFirm, ImporterOfRecord
from importers.services.bounces import dead_among
from importers.wording import plain_date
from refunds.models import Entry, Sharing
from refunds.services.packs import Draft, draft, readers
from refunds.services.sharing import ask
from refunds.tasks import ring_to_share

AT_ONCE = 50  # of each all entries are read, and somebody waits for the page
MOST_ENTRIES = 100_000  # of all that are looked at at once
OLD = timedelta(days=31)
FILERS_SHOWN = 5
KEY = re.compile(r"(?P<pk>[0-9]{1,18}):(?P<seen>[0-9a-f]{64})")  # of an Offer
PATIENCE = timedelta(minutes=5)  # so long a page looks again for itself
JUST_NOW = timedelta(minutes=10)
KEPT = timedelta(days=7)  # so long it is said why nothing was shared


@dataclass(frozen=True, slots=True)
class Offer:
    """What one importer would be shown. `refusal` is why it cannot be shared, "" when it can."""

    draft: Draft
    refusal: str
    warnings: list[str]

    @property
    def importer(self) -> ImporterOfRecord:
        return self.draft.importer

    @property
    def key(self) -> str:
        return f"{self.importer.pk}:{self.draft.seen}"


def share_address(importers: QuerySet[ImporterOfRecord] | list[ImporterOfRecord]) -> str:
    chosen = ",".join(str(importer.pk) for importer in importers[:AT_ONCE])
    return f"{reverse('admin:refunds_pack_share')}?{urlencode({'importers': chosen})}"


@admin.action(description=gettext_lazy("Share entries"))
def share_selected(page: Any, request: HttpRequest, queryset: QuerySet[ImporterOfRecord]) -> HttpResponse:
    """In the list of importers."""
    left = queryset.count() - AT_ONCE
    if left > 0:
        told = _("At most %(most)s are shared at once: the other %(n)s are left for the next time.")
        messages.warning(request, told % {"most": AT_ONCE, "n": left})
    return HttpResponseRedirect(share_address(queryset))


def share_view(page: Any, request: HttpRequest) -> HttpResponse:
    """`page` is the admin of packs."""
    if request.method == "POST":
        _share(request)
        return HttpResponseRedirect(reverse("admin:refunds_pack_changelist"))
    pks = [
        int(pk) for pk in request.GET.get("importers", "").split(",") if pk.isdecimal() and len(pk) < len(str(2**63))
    ]
    firm = firm_of(request)
    offers = [_offer(importer, firm) for importer in _as_many_as_fit(request, pks[:AT_ONCE])]
    if not offers:
        raise Http404
    context = {
        "title": _("Share entries"),
        "offers": offers,
        "possible": [offer for offer in offers if not offer.refusal],
    }
    answer: HttpResponse = page.page(request, "admin/refunds/share.html", context)
    return answer


def _as_many_as_fit(request: HttpRequest, pks: list[int]) -> list[ImporterOfRecord]:
    """The first ones whose entries are read while somebody waits; one importer always fits."""
    importers = list(ImporterOfRecord.objects.filter(pk__in=pks).select_related("officer"))
    counted = dict(Entry.objects.filter(importer__in=pks).order_by().values_list("importer").annotate(Count("pk")))
    read = accumulate(counted.get(importer.pk, 0) for importer in importers)
    fit = [importer for importer, entries in zip(importers, read, strict=True) if entries <= MOST_ENTRIES]
    fit = fit or importers[:1]
    if left := importers[len(fit) :]:
        told = _("These have so many entries that they are left for the next time: %(names)s.")
        messages.warning(request, told % {"names": ", ".join(importer.name for importer in left)})
    return fit


def _offer(importer: ImporterOfRecord, firm: BrokerFirm) -> Offer:
    shown = draft(importer)
    refusal = ""
    if not shown.lines:
        refusal = _("There are no entries of this importer.")
    elif Sharing.objects.open().filter(importer=importer).exists():
        refusal = _("It is being shared already.")
    elif not shown.is_new:
        refusal = _("Nothing has changed since it was shared last.")
    return Offer(shown, refusal, [] if refusal else list(_warnings(shown, firm)))


def _warnings(shown: Draft, firm: BrokerFirm) -> Iterator[str]:
    people = readers(shown.importer)
    if not people:
        yield _("Nobody at this importer can sign in yet, so nobody sees it or is told. Invite them first.")
    for email in sorted(dead_among(person.email for person, _name in people)):
        yield _("Earlier mail to %(email)s came back.") % {"email": email}
    if shown.reports_as_of and shown.as_of - shown.reports_as_of > OLD:
        told = _("The oldest report used is of %(day)s. Load a newer one first?")
        yield told % {"day": plain_date(shown.reports_as_of)}
    filers = Counter(line.number[:3] for line in shown.lines if line.number[:3] != firm.own_filer)
    if firm.own_filer and filers:
        told = ngettext(
            "%(n)s entry was filed by another broker (%(codes)s).",
            "%(n)s entries were filed by other brokers (%(codes)s).",
            filers.total(),
        )
        codes = ", ".join(code for code, _n in filers.most_common(FILERS_SHOWN))
        yield told % {"n": filers.total(), "codes": codes}


def _share(request: HttpRequest) -> None:
    keys = map(KEY.fullmatch, request.POST.getlist("share")[:AT_ONCE])
    chosen = {int(key["pk"]): key["seen"] for key in keys if key}
    importers = ImporterOfRecord.objects.filter(pk__in=chosen)
    if not importers:
        messages.warning(request, _("Nobody was chosen, so nothing was shared."))
        return
    seen = {importer: chosen[importer.pk] for importer in importers}
    with transaction.atomic():
        asked = ask(seen, by=staff(request))
        transaction.on_commit(partial(ring_to_share, asked))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the wish to share, as far as it is known. `again` is where to look at it once more."""

    sharing: Sharing
    why: str
    again: str


@dataclass(frozen=True, slots=True)
class UnderWay:
    """`is_new` while it is worth looking again in a few seconds."""

    waiting: list[Sharing]
    refused: list[Outcome]
    done: list[Sharing]
    is_new: bool


def under_way(now: datetime) -> UnderWay:
    """Of each importer the last wish only."""
    newest = (
        Sharing.objects.order_by("importer_id", "-asked_at", "-pk")
        .distinct("importer_id")
        .filter(asked_at__gt=now - KEPT)
    )
    rows = Sharing.objects.filter(Q(pk__in=newest.values("pk")) | Q(finished_at=None))
    rows = rows.select_related("importer", "pack").defer("pack__xlsx", "pack__csv").order_by("importer__name", "pk")
    waiting = [row for row in rows if row.finished_at is None]
    just_done = [row for row in rows if row.pack and row.finished_at and row.finished_at > now - JUST_NOW]
    return UnderWay(
        waiting,
        [outcome_of(row) for row in rows if row.refusal],
        [row for row in just_done if row.pack and not row.pack.withdrawn_at],
        any(row.asked_at > now - PATIENCE for row in waiting),
    )


def outcome_of(row: Sharing) -> Outcome:
    why = fill(row.refusal["template"], row.refusal["params"], gettext) if row.refusal else ""
    return Outcome(row, why, share_address([row.importer]))
