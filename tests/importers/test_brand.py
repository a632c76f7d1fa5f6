import pytest

from importers import brand


@pytest.mark.parametrize(
    "colour", ["#0b4f6c", "#ffffff", "#000000", "#ffd100", "#767676", "#808080", "#ff0000", "#0B4F6C"]
)
def test_text_on_any_accent_can_be_read(colour: str) -> None:
    assert brand.contrast(brand.ink_on(colour), colour) >= 4.5


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert brand.contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("text", ["", "red", "#fff", "#0b4f6c;}body{display:none", "#gggggg", "#0b4f6c\n"])
def test_what_is_no_colour_never_reaches_the_style_sheet(text: str) -> None:
    assert brand.colour_or_default(text) == brand.DEFAULT


def test_every_grey_finds_an_ink() -> None:
    greys = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]
    assert all(brand.contrast(brand.ink_on(grey), grey) >= 4.5 for grey in greys)
