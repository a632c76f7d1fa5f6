"""The client list: what an office keeps in a spreadsheet, read without guessing."""

from importers.domain.roster.columns import COLUMNS, Column, Field
from importers.domain.roster.reading import Entry, Roster, read_roster
from importers.domain.roster.values import Staff

__all__ = ["COLUMNS", "Column", "Entry", "Field", "Roster", "Staff", "read_roster"]
