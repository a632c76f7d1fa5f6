"""The admin in the broker's own accent colour, wherever that lies between black and white."""

from django.http import HttpRequest
from django.templatetags.static import static

from importers.brand import colour_or_default, contrast
from importers.models import BrokerFirm

Rgb = tuple[float, float, float]

WHITE: Rgb = (255, 255, 255)
BLACK: Rgb = (0, 0, 0)
NIGHT: Rgb = (17, 24, 39)  # about the background in dark mode
READABLE = 4.5  # WCAG 2.2 AA
LIGHTER = {"50": 0.95, "100": 0.9, "200": 0.78, "300": 0.62, "400": 0.5}
DARKER = {"700": 0.15, "800": 0.3, "900": 0.45, "950": 0.6}


def firm_of(request: HttpRequest) -> BrokerFirm:
    """The firm, read once a request."""
    if not hasattr(request, "_broker_firm"):
        request._broker_firm = BrokerFirm.current()  # type: ignore[attr-defined]
    return request._broker_firm  # type: ignore[attr-defined]


def firm_name(request: HttpRequest) -> str:
    return firm_of(request).name


def primary(request: HttpRequest) -> dict[str, str]:
    return palette(firm_of(request).colour)


def palette(accent: str) -> dict[str, str]:
    """Eleven shades. 600 carries white text, 500 stands on the dark background; both are moved until readable."""
    colour = _parse(accent)
    solid = _until_readable(colour, on=WHITE, towards=BLACK)
    shades = {name: _mix(solid, WHITE, share) for name, share in LIGHTER.items()}
    shades["500"] = _until_readable(solid, on=NIGHT, towards=WHITE)
    shades["600"] = solid
    shades |= {name: _mix(solid, BLACK, share) for name, share in DARKER.items()}
    return {name: _hex(shade) for name, shade in shades.items()}


def _parse(accent: str) -> Rgb:
    digits = colour_or_default(accent)[1:]
    return (int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))


def _hex(colour: Rgb) -> str:
    return "#" + "".join(f"{round(part):02x}" for part in colour)


def _mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def _until_readable(colour: Rgb, *, on: Rgb, towards: Rgb) -> Rgb:
    tries = (_mix(colour, towards, share / 20) for share in range(21))
    return next(shade for shade in tries if contrast(_hex(shade), _hex(on)) >= READABLE)


def style_sheet(request: HttpRequest) -> str:
    return static("admin-portal/admin.css")


def icon(request: HttpRequest) -> str:
    return static("icon.svg")
