"""Names and addresses of people whom an officer names: mails in the broker's name go to them."""

from collections.abc import Callable

import pytest

from importers.domain.errors import RuleViolation
from importers.domain.free_text import refuse_in_addresses, refuse_in_names, refuse_links

PEOPLE = """
Mette Sørensen
Mette S. Holm
Søren Aabye Kierkegaard-Møller, cand. merc.
Dr. J. P. Hansen Jr.
O'Brien, Seán
Ph.D. Karen Bak
""".strip().splitlines()
NO_PEOPLE = """
evil.example
Go to evil.example now
evil.example.
xn--evil.xn--p1ai
evil。example
jens@nordlys.example
Jens (jens at x.dk)
Jens @ Nordlys
https://evil.example
""".strip().splitlines()


def refused(rule: Callable[[str], None], text: str) -> str:
    """The code with which the text is refused; "" when it passes."""
    try:
        rule(text)
    except RuleViolation as violation:
        return violation.code
    return ""


def test_the_name_of_a_person_holds_no_address_of_any_kind() -> None:
    assert [name for name in PEOPLE if refused(refuse_in_names, name)] == []
    assert [name for name in NO_PEOPLE if refused(refuse_in_names, name) != "link"] == []
    assert refused(refuse_links, "Booking.com B.V.") == "", "a company is called so"


def test_the_name_of_a_person_has_at_most_eighty_characters() -> None:
    assert refused(refuse_in_names, "å" * 80) == ""
    assert refused(refuse_in_names, "a" * 81) == "too_long"


@pytest.mark.parametrize("sign", "?&=%#/")
def test_an_address_with_a_sign_of_links_is_refused(sign: str) -> None:
    assert refused(refuse_in_addresses, f"a{sign}bcc=b@c.example") == "address"


def test_addresses_as_people_have_them_are_not() -> None:
    for email in ("jens+ace@nordlys.example", "o'brien@x.example", "j_h-1.b@x.co.uk", "søren@nørre.example"):
        refuse_in_addresses(email)
