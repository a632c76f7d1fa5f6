"""Countries by ISO code or by name, in English or Danish."""

import unicodedata
from difflib import get_close_matches
from functools import lru_cache

from babel import Locale
from babel.core import get_global

from importers.domain.countries import codes, country_name

ALSO = {
    "US": "USA, U.S.A., U.S., United States of America, De Forenede Stater, Forenede Stater, Amerikas Forenede Stater",
    "GB": "UK, U.K., Great Britain, Britain, England, Scotland, Wales, Northern Ireland, Skotland, Nordirland, "
    "Det Forenede Kongerige",
    "NL": "Holland, The Netherlands, Nederland",
    "DK": "Kongeriget Danmark, Kingdom of Denmark",
    "DE": "Deutschland, Federal Republic of Germany, Forbundsrepublikken Tyskland",
    "SE": "Sverige",
    "NO": "Norge",
    "FI": "Suomi",
    "CZ": "Czech Republic, Den Tjekkiske Republik",
    "HK": "Hong Kong, Hongkong",
    "MO": "Macao, Macau",
    "TR": "Turkey",
    "CN": "People's Republic of China, PR China, PRC, Folkerepublikken Kina",
    "KR": "Republic of Korea, Republikken Korea",
    "TW": "Taiwan, Taiwan R.O.C.",
    "VN": "Viet Nam",
    "CI": "Ivory Coast",
    "MM": "Burma, Myanmar",
    "AE": "UAE, Emiraterne",
    "RU": "Russian Federation",
    "MK": "Macedonia, Makedonien",
    "SZ": "Swaziland",
    "IE": "Republic of Ireland",
    "CH": "Schweiz",
    "AT": "Østrig",
    "FO": "Færøerne, Faroe Islands",
    "GL": "Grønland, Greenland",
}


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ø", "o").replace("&", "and"))
    return "".join(c for c in plain if c.isalnum())


def _names() -> dict[str, str]:
    names = {_key(name): code for code, text in ALSO.items() for name in text.split(", ")}
    for locale in ("en", "da"):
        names |= {_key(name): code for code, name in Locale.parse(locale).territories.items() if code in codes()}
    three_letters = {alias: to[0] for alias, to in get_global("territory_aliases").items() if len(to) == 1}
    names |= {_key(a): code for a, code in three_letters.items() if len(a) == 3 and a.isalpha() and code in codes()}
    return names | {_key(code): code for code in codes()}


NAMES = _names()


@lru_cache
def country_code(text: str) -> str:
    """The ISO code, "" when the text names none."""
    return NAMES.get(_key(text), "")


def nearest_country(text: str) -> str:
    close = get_close_matches(_key(text), [name for name in NAMES if len(name) > 3], n=1, cutoff=0.75)
    return country_name(NAMES[close[0]], "en") if close else ""
