"""What the portal needs before it can serve: the answers behind /health/ready/."""

import dataclasses
import datetime
from typing import Any

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, QueryDict
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable
from health_check.views import HealthCheckView
from kombu.exceptions import OperationalError

from ace_onboarding.celery import app
from ace_onboarding.schema import is_up_to_date

BROKER_SECONDS = 3


@dataclasses.dataclass
class Schema(HealthCheck):
    """The database answers and every migration has been applied."""

    timeout: datetime.timedelta = dataclasses.field(default=datetime.timedelta(seconds=5), repr=False)

    def run(self) -> None:
        try:
            current = is_up_to_date()
        except Error as error:
            raise ServiceUnavailable("The database does not answer.") from error
        finally:
            connection.close()  # checks run in threads of their own
        if not current:
            raise ServiceUnavailable("Migrations are missing: run 'manage.py migrate'.")


@dataclasses.dataclass
class Broker(HealthCheck):
    """The doorbell works. Reminders are late without it, but not lost."""

    timeout: datetime.timedelta = dataclasses.field(default=datetime.timedelta(seconds=5), repr=False)

    def run(self) -> None:
        try:
            with app.connection_for_write() as broker:
                broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS, reraise_as_library_errors=True)
        except (OperationalError, OSError) as error:
            raise ServiceUnavailable("The message broker does not answer.") from error


class ReadyView(HealthCheckView):
    """In plain text, or in JSON for whoever asks for it. The library's own page, which a browser would be shown, and
    its feeds tell strangers more than they need."""

    checks = (Schema, Broker)

    async def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.headers.get("accept", "").partition(",")[0]
        as_json = request.GET.get("format") == "json" or asked.startswith("application/json")
        request.GET = QueryDict("format=json" if as_json else "format=text")
        response: HttpResponse = await super().get(request, *args, **kwargs)
        return response
