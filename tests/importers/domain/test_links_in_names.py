"""A web address in a name is refused, and no name of a company or person is taken for one."""

from importers.domain.errors import RuleViolation
from importers.domain.free_text import refuse_links

NAMES = """
Booking.com B.V.
Amazon.com, Inc.
Nordlys Cykler A/S
Nordlys I/S
c/o Mette Holm
Hansen & Søn K/S v/Mette Holm
A.P. Møller - Mærsk A/S
S.p.A. / Milano
Dr. Oetker KG
3M Danmark a/s
Marks and Spencer plc
Data: Systems ApS
1. Mai GmbH
www A/S
St. Gallen / Basel AG
Mette Sørensen, M.Sc.
Co., Ltd.
""".strip().splitlines()
LINKS = """
https://evil.example
see HTTP://evil.example now
evil.example/login
Nordlys (evil.example/a) ApS
evil.example:8080
evil.example?x=1
evil.example#x
www.evil.example
(www.evil.example)
www2.evil.example
evil。example/login
ｗｗｗ．evil.example
evil\u200b.example/login
hxxps:evil
mailto:x
javascript:alert(1)
xn--evil.xn--p1ai/x
бест.рф/вход
//evil.example/x
""".strip().splitlines()


def refusal(name: str) -> str:
    try:
        refuse_links(name)
    except RuleViolation as refused:
        return refused.code
    return ""


def test_names_of_companies_and_people_are_no_links() -> None:
    assert [name for name in NAMES if refusal(name)] == []


def test_a_web_address_in_a_name_is_refused() -> None:
    assert [name for name in LINKS if refusal(name) != "link"] == []
