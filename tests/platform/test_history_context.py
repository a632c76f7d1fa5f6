import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from ace_onboarding.history import HistoryWithoutTokens


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/start/secret:stamp:signature/", "/start/…/"),
        ("/account/password/reset/key/1-secret/", "/account/password/reset/key/…/"),
        ("/importers/", "/importers/"),
    ],
)
def test_no_token_of_a_mailed_link_is_kept(path: str, kept: str) -> None:
    middleware = HistoryWithoutTokens(lambda request: HttpResponse())
    assert middleware.get_context(RequestFactory().post(path))["url"] == kept
    assert "ace_onboarding.history.HistoryWithoutTokens" in settings.MIDDLEWARE
