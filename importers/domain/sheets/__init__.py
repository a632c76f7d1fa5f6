"""Reads spreadsheets and separated text into rows, with the row numbers that the spreadsheet shows.

Knows nothing of what is in them; shared by the client list and the files with entries.
"""

from importers.domain.sheets.reading import read_tables
from importers.domain.sheets.stream import open_tables
from importers.domain.sheets.table import Broken, Cell, Stream, Table, Uncomputed, is_blank

__all__ = ["Broken", "Cell", "Stream", "Table", "Uncomputed", "is_blank", "open_tables", "read_tables"]
