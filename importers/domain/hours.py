"""When a person may be mailed: on working days, in office hours, where they are."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

import holidays
from babel.core import get_global

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _

log = logging.getLogger(__name__)

OPENS, CLOSES = time(8), time(18)  # quiet before and after
DAY = timedelta(days=1)
SATURDAY = 5
NO_PLACES = frozenset({"localtime", "Factory"})  # of the machine, and of none
# Of countries that lie in several zones, the one most firms there live in; others fall back on the campaign's.
BUSIEST = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
}


@dataclass(frozen=True, slots=True)
class Place:
    """`country` as in ISO 3166 ("DK"), `time_zone` as in the IANA database."""

    country: str
    time_zone: str

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.time_zone))

    def opens(self, day: date) -> datetime:
        return datetime.combine(day, OPENS, ZoneInfo(self.time_zone))

    def closes(self, day: date) -> datetime:
        return datetime.combine(day, CLOSES, ZoneInfo(self.time_zone))


def check_time_zone(name: str) -> None:
    if name not in _zones():
        told = _("“%(value)s” is no time zone. Write it like Europe/Copenhagen or America/New_York.")
        raise RuleViolation("time_zone", told, value=name)


@cache
def known_zone(name: str, *, otherwise: str) -> str:
    """What stands in a row may have come there past the check, or have gone out of the IANA database."""
    if name in _zones():
        return name
    log.error("“%s” is no time zone: %s counts.", name, otherwise)
    return otherwise


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - NO_PLACES


def zone_of(country: str, *, otherwise: str) -> str:
    """The time zone of the country's firms; `otherwise` where the country alone does not tell it."""
    return BUSIEST.get(country) or _only_zones().get(country, otherwise)


def country_of(time_zone: str) -> str:
    """Where that time zone is; "" when it is in no one country."""
    countries: dict[str, str] = dict(get_global("zone_territories"))
    return countries.get(time_zone, "")


def is_open(now: datetime, place: Place) -> bool:
    local = place.local(now)
    return OPENS <= local.time() < CLOSES and is_working_day(local.date(), place.country)


def when_open(moment: datetime, place: Place) -> datetime:
    """The moment itself, or when offices there open next."""
    while not is_open(moment, place):
        today = place.local(moment).date()
        morning = place.opens(today)
        moment = morning if morning > moment else place.opens(today + DAY)
    return moment


def is_working_day(day: date, country: str) -> bool:
    return day.weekday() < SATURDAY and not _closed(country, day)


def last_working_day(until: date, country: str) -> date:
    while not is_working_day(until, country):
        until -= DAY
    return until


def first_working_day(since: date, country: str) -> date:
    while not is_working_day(since, country):
        since += DAY
    return since


@cache
def _only_zones() -> dict[str, str]:
    """Countries with one time zone (from CLDR, by Babel)."""
    zones = get_global("zone_territories").items()
    count = Counter(country for _zone, country in zones)
    return {country: zone for zone, country in zones if count[country] == 1}


@cache
def _calendar(country: str) -> holidays.HolidayBase | None:
    """Public holidays, and the days on which offices there are closed all the same (Danish 5 June, 24 and 31
    December). None for a country that the library does not know: there only weekends are off."""
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        return None
    offered = holidays.country_holidays(country).supported_categories
    return holidays.country_holidays(country, categories=[c for c in ("public", "optional") if c in offered])


@lru_cache(maxsize=4096)
def _closed(country: str, day: date) -> bool:
    calendar = _calendar(country)
    return calendar is not None and day in calendar
