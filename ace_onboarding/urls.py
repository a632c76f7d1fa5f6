from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from ace_onboarding.health import ReadyView


@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked."""
    return HttpResponse("OK\n", content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("health/", alive, name="health"),
    path("health/ready/", login_not_required(ReadyView.as_view()), name="health-ready"),
    path("admin/", admin.site.urls),
    path("account/", include("importers.sign_in")),
    path("", include("refunds.urls")),  # before importers, where any word could be a step
    path("", include("importers.urls")),
]
