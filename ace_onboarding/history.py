"""From where a change came, without the secret part of a mailed link: history rows can never be changed afterwards."""

from typing import Any

from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware

from importers.domain.links import without_tokens


class HistoryWithoutTokens(HistoryMiddleware):
    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request)
        return context | {"url": without_tokens(request.path)}
