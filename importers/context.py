"""What every page of ours shows: the firm behind the portal. Read only when a template asks for it."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from importers.contact import contact_for
from importers.models import BrokerFirm


def portal(request: HttpRequest) -> dict[str, Any]:
    firm = cast(BrokerFirm, SimpleLazyObject(BrokerFirm.current))
    return {
        "firm": firm,
        "firm_contact": SimpleLazyObject(lambda: contact_for(None, firm)),
        "languages": settings.LANGUAGES,  # each under its own name, whatever language is active
    }
