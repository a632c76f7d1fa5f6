"""Text on its way into a sheet that somebody opens in Excel."""

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def neutral(text: str) -> str:
    """The text as a cell that Excel shows and never reckons."""
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text
