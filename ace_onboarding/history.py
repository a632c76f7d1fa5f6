"""From where a change came, without the secret part of a mailed link: history rows can never be changed afterwards."""

from typing import Any

from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware

from ace_onboarding.logs import SECRET_PATHS


class HistoryWithoutTokens(HistoryMiddleware):
    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request)
        return context | {"url": SECRET_PATHS.sub(r"\1…", request.path)}
