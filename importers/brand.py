"""The firm's accent colour as a style sheet of its own: no inline style, and text on it that can be read."""

import re

DEFAULT = "#0b4f6c"
LIGHT, DARK = "#ffffff", "#14212b"


def colour_or_default(text: str) -> str:
    return text.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", text) else DEFAULT


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, 0 (black) to 1 (white)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(colour: str) -> str:
    """White or near-black, whichever reads better; one of them always reaches 4.5:1 or black does."""
    best = max((LIGHT, DARK), key=lambda ink: contrast(ink, colour))
    return best if contrast(best, colour) >= 4.5 else "#000000"


def style_sheet(colour: str) -> str:
    brand = colour_or_default(colour)
    return f":root{{--brand:{brand};--brand-ink:{ink_on(brand)}}}\n"
