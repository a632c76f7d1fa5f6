"""What an importer's browser fetches, as it comes over the wire from the production server."""

import re

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import reverse

from importers.models import ImporterOfRecord
from tests.browser.states import STATES, State
from tests.deployment.conftest import Site
from tests.deployment.test_settings import PRODUCTION
from tests.factories import ImporterFactory, StaffFactory
from tests.sessions import session_key

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("production"),
    pytest.mark.django_db(transaction=True),
]
FIRST_VISIT = 60_000
AFTERWARDS = 15_000


def pages(importer: ImporterOfRecord, state: State) -> list[str]:
    return [
        reverse("checklist", args=[importer.uuid]),
        *(reverse("step", args=[importer.uuid, key]) for key in state.steps),
    ]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_pages_are_light(site: Site, state: State) -> None:
    importer = ImporterFactory(language="da", **dict(state.fields))
    who = state.bring(importer, StaffFactory())
    with override_settings(SECRET_KEY=PRODUCTION["SECRET_KEY"]):
        session = session_key(who)
    asked = {"Cookie": f"sessionid={session}; {settings.LANGUAGE_COOKIE_NAME}=da", "Accept_Encoding": "gzip, deflate"}
    for path in pages(importer, state):
        page = site.get(path, **asked)
        assert page.status == 200
        assert page.weight <= AFTERWARDS, path
        linked = re.findall(r"<(?:link|script)[^>]+(?:href|src)=\"(/[^\"]+)\"", page.page)
        assert linked
        files = [site.get(file, **asked) for file in linked]
        assert all(file.status == 200 and "max-age" in str(file.headers["Cache-Control"]) for file in files)
        assert page.weight + sum(file.weight for file in files) <= FIRST_VISIT, path
