"""The ZIP that an XLSX is: what kind of file it is, how large it would become, and which sheet stands in which part."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _

BOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
MAX_CONTENTS = 1024**2  # the list of the sheets

NOT_A_WORKBOOK = _("This is not a spreadsheet. Load an Excel workbook (.xlsx) or a CSV file.")
DAMAGED = _("The workbook is damaged and cannot be read. Open it in Excel, save it again, and load that file.")
OTHER_FORMAT = _("This kind of spreadsheet cannot be read. Open it and save it as Excel workbook (.xlsx) or CSV UTF-8.")
UNPACKS_TOO_LARGE = _(
    "The workbook is far larger than its list (whole columns filled, or pictures). Copy the list alone into a new "
    "workbook and load that."
)


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    part: str
    visible: bool


@dataclass(frozen=True, slots=True)
class Contents:
    sheets: tuple[Sheet, ...]
    from_1904: bool


@contextmanager
def opened(file: BinaryIO, *, most_unpacked: int) -> Iterator[ZipFile]:
    """Refuses what is no workbook or says that it becomes too large; whatever the ZIP then turns out to be is told as
    a RuleViolation."""
    try:
        with ZipFile(file) as archive:
            names = set(archive.namelist())
            if BOOK not in names:
                other = names & {"xl/workbook.bin", "mimetype", "Index/Document.iwa"}
                raise RuleViolation("format", OTHER_FORMAT if other else NOT_A_WORKBOOK)
            if any(archive.getinfo(part).file_size > MAX_CONTENTS for part in {BOOK, RELATIONS} & names):
                raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
            if sum(part.file_size for part in archive.infolist()) > most_unpacked:
                raise RuleViolation("too_large", UNPACKS_TOO_LARGE)
            yield archive
    except (BadZipFile, KeyError, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error):
        raise RuleViolation("damaged", DAMAGED) from None
    except (ElementTree.ParseError, ValueError):
        raise RuleViolation("damaged", DAMAGED) from None


def contents(archive: ZipFile) -> Contents:
    relations = ElementTree.fromstring(archive.read(RELATIONS))  # noqa: S314 - size was checked
    targets = {r.get("Id"): r.get("Target", "") for r in relations}
    book = ElementTree.fromstring(archive.read(BOOK))  # noqa: S314
    sheets = tuple(_sheet(element.attrib, targets) for element in book.iter() if element.tag.endswith("}sheet"))
    properties = next((element for element in book.iter() if element.tag.endswith("}workbookPr")), None)
    from_1904 = properties is not None and properties.get("date1904") in ("1", "true")
    return Contents(sheets, from_1904)


def _sheet(attributes: dict[str, str], targets: dict[str | None, str]) -> Sheet:
    relation = next((value for key, value in attributes.items() if key.endswith("}id")), "")
    target = targets.get(relation, "")
    part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return Sheet(attributes.get("name", ""), part, attributes.get("state", "visible") == "visible")
