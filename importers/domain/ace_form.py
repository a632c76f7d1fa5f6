"""What CBP's application form for ACE asks for, in its own words: they stand in English in every language."""

from collections.abc import Mapping
from types import MappingProxyType

# The kinds of company as Form 5106 names them (box 1G, DOMAIN 7); the application offers the same.
STRUCTURES: Mapping[str, str] = MappingProxyType(
    {
        "corporation": "Corporation",
        "llc": "Limited Liability Company",
        "partnership": "Partnership",
        "sole_proprietor": "Sole Proprietorship",
        "individual": "Individual",
    }
)


def structure_in_ace(structure: str, country: str) -> str:
    """The choice in the list; "" when the company has not told its kind."""
    if structure == "government":
        return "U.S. Government" if country == "US" else "Foreign Government"
    return STRUCTURES.get(structure, "")
