"""Decides by what is in the file, not by its name, how it is read; says what to do with what it cannot read."""

from collections.abc import Iterator

from importers.domain.errors import RuleViolation
from importers.domain.errors import gettext_noop as _
from importers.domain.sheets.separated import read_separated
from importers.domain.sheets.table import MAX_BYTES, TOO_LARGE, KnownHeadings, Table
from importers.domain.sheets.workbook import read_workbook

ZIP = b"PK\x03\x04"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

EMPTY = _("The file is empty. Save the list again and choose that file.")
PASSWORD = _("The file is protected by a password. Open it, take the password off, save it, and load that file.")
OLD_EXCEL = _("This is the old Excel format (.xls). Open it and save it as Excel workbook (.xlsx) or as CSV UTF-8.")
PDF = _("This is a PDF. Load the spreadsheet it was made from, as .xlsx or CSV.")
WEB_PAGE = _("This is a web page, not a spreadsheet. Open it in Excel and save it as Excel workbook (.xlsx).")


def read_tables(data: bytes, known: KnownHeadings) -> Iterator[Table]:
    """The sheets that are not hidden, in order; a text file is one table. `known` counts the headings in a row
    that the caller knows: the separator of a text file is the one with which most are found.

    Raises RuleViolation for the whole file.
    """
    if is_empty(data):
        raise RuleViolation("empty", EMPTY)
    if len(data) > MAX_BYTES:
        raise RuleViolation("too_large", TOO_LARGE, megabytes=MAX_BYTES // 1024**2)
    refuse_other_kinds(data)
    if data.startswith(ZIP):
        yield from read_workbook(data)
    else:
        yield read_separated(data, known)


def is_empty(data: bytes) -> bool:
    return not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe")


def refuse_other_kinds(data: bytes) -> None:
    """What is known by its first bytes and cannot be read."""
    if data.startswith(OLD_OFFICE):
        raise RuleViolation("password", PASSWORD) if ENCRYPTED in data else RuleViolation("old_excel", OLD_EXCEL)
    if data.startswith(b"%PDF"):
        raise RuleViolation("pdf", PDF)
    if data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<html", b"<!doctype", b"<table")):
        raise RuleViolation("web_page", WEB_PAGE)
