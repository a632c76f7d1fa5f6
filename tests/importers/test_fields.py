"""What a form's line of text becomes."""

import pytest
from django.core.exceptions import ValidationError

from importers.forms.fields import text


def test_a_line_break_that_no_browser_sends_becomes_a_space() -> None:
    assert text("Name", "Missing").clean("Nordlys\r\nBcc: all@evil.example\x1b") == "Nordlys Bcc: all@evil.example"


def test_nothing_but_invisible_characters_is_nothing() -> None:
    with pytest.raises(ValidationError, match="Missing"):
        text("Name", "Missing").clean("\u200b\n")


def test_far_too_long_text_is_refused_at_once() -> None:
    with pytest.raises(ValidationError, match="far too long"):
        text("Name", "Missing").clean("a" + "\u0301\u0316" * 50_000)
