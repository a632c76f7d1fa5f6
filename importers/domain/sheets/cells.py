"""What the XML of a sheet's cell says: numbers, dates, texts, errors (ECMA-376, 18.3.1.4, 18.8.30)."""

import datetime
import re
from collections.abc import Sequence
from math import isfinite
from xml.etree import ElementTree
from zipfile import ZipFile

from importers.domain.errors import RuleViolation
from importers.domain.sheets.package import DAMAGED, UNPACKS_TOO_LARGE
from importers.domain.sheets.table import Broken, Cell, Uncomputed

STYLES = "xl/styles.xml"
MAX_STYLES = 8 * 1024**2
DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
NOT_A_SIGN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
DATE_SIGNS = re.compile(r"[dmyhs]", re.IGNORECASE)
EPOCH, EPOCH_1904 = datetime.datetime(1899, 12, 30), datetime.datetime(1904, 1, 1)  # noqa: DTZ001 - sheets know no zone
LAST_DAY = 2_958_465  # 9999-12-31


def date_styles(archive: ZipFile) -> frozenset[str]:
    """The numbers of the styles that show a number as a date."""
    if STYLES not in archive.namelist():
        return frozenset()
    if archive.getinfo(STYLES).file_size > MAX_STYLES:
        raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
    root = ElementTree.fromstring(archive.read(STYLES))  # noqa: S314 - size was checked
    dates = {str(number) for number in DATE_FORMATS}
    for element in root.iter():
        if element.tag.endswith("}numFmt") and (number := element.get("numFmtId")):
            shows_date = DATE_SIGNS.search(NOT_A_SIGN.sub("", element.get("formatCode", "").partition(";")[0]))
            (dates.add if shows_date else dates.discard)(number)
    styles = next((element for element in root.iter() if element.tag.endswith("}cellXfs")), ())
    return frozenset(str(place) for place, style in enumerate(styles) if style.get("numFmtId") in dates)


class Cells:
    """Makes the value of a cell. `strings` are the book's shared ones."""

    def __init__(self, strings: Sequence[str], dates: frozenset[str], *, from_1904: bool) -> None:
        self.strings, self.dates = strings, dates
        self.epoch = EPOCH_1904 if from_1904 else EPOCH

    def value(self, attributes: dict[str, str], text: str | None, *, has_formula: bool) -> Cell:
        """`text` is None where the cell holds no value. Raises ValueError for what no spreadsheet writes."""
        kind = attributes.get("t", "n")
        if kind == "e":
            return Broken()
        if text is None or (not text and kind not in ("str", "inlineStr")):
            return Uncomputed() if has_formula else None
        if kind == "s":
            return self._shared(text)
        if kind == "n":
            return self._number(text, attributes.get("s", ""))
        if kind == "b":
            return text.strip() in ("1", "true")
        return datetime.datetime.fromisoformat(text) if kind == "d" else text

    def _shared(self, text: str) -> str:
        place = int(text)
        if not 0 <= place < len(self.strings):
            raise RuleViolation("damaged", DAMAGED)
        return self.strings[place]

    def _number(self, text: str, style: str) -> Cell:
        number = float(text)
        if not isfinite(number):
            raise RuleViolation("damaged", DAMAGED)
        if style in self.dates and 0 <= number <= LAST_DAY:
            return self.epoch + datetime.timedelta(seconds=round(number * 86_400))
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
