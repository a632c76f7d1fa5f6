"""Whatever accent a broker picks, the staff's pages can be read."""

import pytest
from django.test import Client

from importers.admin.theme import palette
from importers.brand import contrast
from importers.models import BrokerFirm

ACCENTS = ["#0b4f6c", "#000000", "#ffffff", "#ffcc00", "#ff0000", "#00ff00", "#7f7f7f", "nonsense"]


@pytest.mark.parametrize("accent", ACCENTS)
def test_every_accent_is_made_readable(accent: str) -> None:
    shades = palette(accent)
    assert contrast(shades["600"], "#ffffff") >= 4.5
    assert contrast(shades["500"], "#111827") >= 4.5


def test_a_good_accent_is_taken_as_it_is() -> None:
    assert palette("#0b4f6c")["600"] == "#0b4f6c"


def test_the_shades_go_from_light_to_dark() -> None:
    shades = palette("#0b4f6c")
    names = ["50", "100", "200", "300", "400", "600", "700", "800", "900", "950"]
    light = [contrast(shades[name], "#000000") for name in names]
    assert light == sorted(light, reverse=True)


def test_the_pages_take_it_from_the_firm(as_staff: Client) -> None:
    BrokerFirm.objects.update(colour="#7a1f5c", name="Harbour Brokers")
    page = as_staff.get("/admin/").content.decode()
    assert "--color-primary-600: rgb(122, 31, 92)" in page
    assert "Harbour Brokers" in page
