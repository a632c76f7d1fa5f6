"""What every page of ours shows: the firm behind the portal. Read only when a template asks for it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from importers.models import BrokerFirm


def portal(request: HttpRequest) -> dict[str, Any]:
    return {
        "firm": SimpleLazyObject(BrokerFirm.current),
        "languages": settings.LANGUAGES,  # each under its own name, whatever language is active
    }
