"""Sharing entries with one importer or many: first what each would see, and what speaks against it; then the deed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from importers.admin.base import staff
from importers.admin.theme import firm_of
from importers.domain.errors import RuleViolation
from importers.models import BrokerFirm, ImporterOfRecord
from importers.services.bounces import dead_among
from importers.wording import plain_date, violation_text
from refunds.services.packs import Draft, draft, publish, readers

AT_ONCE = 50  # of each all entries are read, and somebody waits for the page
OLD = timedelta(days=31)
FILERS_SHOWN = 5


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
    importers = ImporterOfRecord.objects.filter(pk__in=pks[:AT_ONCE]).select_related("officer")
    firm = firm_of(request)
    offers = [_offer(importer, firm) for importer in importers]
    if not offers:
        raise Http404
    context = {
        "title": _("Share entries"),
        "offers": offers,
        "possible": [offer for offer in offers if not offer.refusal],
    }
    answer: HttpResponse = page.page(request, "admin/refunds/share.html", context)
    return answer


def _offer(importer: ImporterOfRecord, firm: BrokerFirm) -> Offer:
    shown = draft(importer)
    refusal = ""
    if not shown.lines:
        refusal = _("There are no entries of this importer.")
    elif not shown.is_new:
        refusal = _("Nothing has changed since it was shared last.")
    return Offer(shown, refusal, [] if refusal else list(_warnings(shown, firm)))


def _warnings(shown: Draft, firm: BrokerFirm) -> Iterator[str]:
    people = readers(shown.importer)
    if not people:
        yield _("Nobody of theirs can come in yet, so nobody is told. Invite them first.")
    for email in sorted(dead_among(person.email for person, _name in people)):
        yield _("Earlier mail to %(email)s came back.") % {"email": email}
    if shown.reports_as_of and shown.as_of - shown.reports_as_of > OLD:
        told = _("The oldest report used is of %(day)s. Load a newer one first?")
        yield told % {"day": plain_date(shown.reports_as_of)}
    filers = Counter(line.number[:3] for line in shown.lines if line.number[:3] != firm.filer_code)
    if firm.filer_code and filers:
        told = ngettext(
            "%(n)s entry was filed by another broker (%(codes)s).",
            "%(n)s entries were filed by other brokers (%(codes)s).",
            filers.total(),
        )
        codes = ", ".join(code for code, _n in filers.most_common(FILERS_SHOWN))
        yield told % {"n": filers.total(), "codes": codes}


def _share(request: HttpRequest) -> None:
    chosen = dict(key.partition(":")[::2] for key in request.POST.getlist("share")[:AT_ONCE])
    importers = ImporterOfRecord.objects.filter(pk__in=[int(pk) for pk in chosen if pk.isdecimal() and len(pk) < 19])
    done = 0
    for importer in importers:
        try:
            publish(importer, by=staff(request), seen=chosen[str(importer.pk)])
        except RuleViolation as error:
            told = _("Not shared with %(name)s. %(why)s")
            messages.error(request, told % {"name": importer.name, "why": violation_text(error)})
        else:
            done += 1
    if done:
        told = ngettext("Shared with %(n)s importer.", "Shared with %(n)s importers.", done)
        messages.success(request, told % {"n": done})
    elif not importers:
        messages.warning(request, _("Nobody was chosen, so nothing was shared."))
