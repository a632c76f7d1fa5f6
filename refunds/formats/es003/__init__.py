"""ACE's report ES-003, "Entry Summary Line Tariff Details": one row for each tariff line of each entry line.

Its headings as three parsers of real exports have them; the liquidation columns are not in the default layout. Says
what a row says; what the rows of one entry say together is judged where all of them are known.
"""

from refunds.formats.es003.columns import COLUMNS, Field
from refunds.formats.es003.reading import Line, Lines, lines, read, read_line

__all__ = ["COLUMNS", "Field", "Line", "Lines", "lines", "read", "read_line"]
