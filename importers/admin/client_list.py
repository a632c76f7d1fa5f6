"""Where the upload of a client list hangs in the importers' pages."""

from typing import Any

from django.contrib.admin import AdminSite
from django.urls import NoReverseMatch, reverse

try:
    from importers.admin import roster
except ImportError:  # pragma: no cover
    roster = None  # type: ignore[assignment]


def urls(site: AdminSite) -> list[Any]:
    return list(roster.roster_urls(site)) if roster else []


def roster_url() -> str:
    try:
        return reverse("admin:importers_roster")
    except NoReverseMatch:
        return ""
