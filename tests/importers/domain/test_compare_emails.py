import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.domain.people import REASONS, compare_emails

SAME_AS_JENS = [
    "jens@firm.dk",
    "JENS@Firm.DK",
    "  jens@firm.dk\n",
    "Jens Rahbek <jens@firm.dk>",
    '"Rahbek, Jens" <jens@firm.dk>',
    "Jens @ Nordlys <jens@firm.dk>",
    "jens@firm.dk (Jens Rahbek)",
    "jens@firm.dk <jens@firm.dk>",
    "jens@firm.dk <mailto:JENS@firm.dk>",
    "mailto:jens@firm.dk",
    "MAILTO:jens@firm.dk",
    "<mailto:jens@firm.dk>",
    "mailto:jens@firm.dk?subject=ACE",
    "E-mail: jens@firm.dk",
    "(jens@firm.dk)",
    "[jens@firm.dk]",
    "{jens@firm.dk}",
    "<jens@firm.dk>;",
    "jens@firm.dk,",
    "jens@firm.dk.",
    "jens@firm.dk…",
    "'jens@firm.dk'",
    "“jens@firm.dk”",
    "«jens@firm.dk»",
    "*jens@firm.dk*",
    "• jens@firm.dk",
    "jens\u200b@firm.dk\ufeff",
]
OTHERS = [
    ("jens@firm.dk", "jens+ace@firm.dk", "plus_tag"),
    ("jens+a@firm.dk", "jens+b@firm.dk", "plus_tag"),
    ("j.ens+a@firm.dk", "jens@firm.dk", "plus_tag"),
    ("jens.rahbek@firm.dk", "jensrahbek@firm.dk", "dots"),
    ("jens@firm.dk", "peter@firm.dk", "mailbox"),
    ("jens@firm.dk", "_jens@firm.dk", "mailbox"),
    ("jens@firm.dk", "jens2@firm.dk", "mailbox"),
    ("jens@firm.dk", "jens@firm.com", "domain"),
    ("jens@firm.dk", "jens@mail.firm.dk", "domain"),
    ("jens@strasse.de", "jens@straße.de", "look_alike"),
    ("jens@firm.dk", "peter@other.dk", "address"),
    ("jens@firm.dk", "jens@xn--zzzzzz99999.dk", "domain"),
    ("jens@firm.dk", "j\u0435ns@firm.dk", "look_alike"),
    ("jens@firm.dk", "jens@f\u0456rm.dk", "look_alike"),
    ("jens@firm.dk", "jens@xn--frm-jhd.dk", "look_alike"),
    ("jens@alpi.dk", "jens@a1pi.dk", "look_alike"),
    ("jens@alpi.dk", "jens@aipi.dk", "look_alike"),
    ("jo@alpi.dk", "j0@alpi.dk", "look_alike"),
    ("jens@modern.dk", "jens@modem.dk", "look_alike"),
    ("søren@firm.dk", "soren@firm.dk", "look_alike"),
    ("jens@firm.dk", "\uff4aens@firm.dk", "look_alike"),
    ("jens@firm.dk", "jens@firm.dk; peter@firm.dk", "several_addresses"),
    ("jens@firm.dk", "jens@firm.dk, jens@firm.dk", "several_addresses"),
    ("jens@firm.dk", "jens@firm.dk/peter@firm.dk", "several_addresses"),
    ("jens@firm.dk", "jens@firm.dk peter@firm.dk", "several_addresses"),
    ("jens@firm.dk", "peter@firm.dk <jens@firm.dk>", "several_addresses"),
    ("jens@firm.dk", "mailto:jens@firm.dk?cc=peter@firm.dk", "several_addresses"),
    ("a@x.dk; b@x.dk", "a@x.dk; b@x.dk", "several_addresses"),
    ("jens@firm.dk", "", "no_address"),
    ("", "", "no_address"),
    ("jens", "jens", "no_address"),
    ("jens@", "jens@", "no_address"),
    ("@firm.dk", "@firm.dk", "no_address"),
    ("jens@@firm.dk", "jens@firm.dk", "no_address"),
    ("jens@firm@dk", "jens@firm", "no_address"),
    ("jens@firm.dk", "jens at firm.dk", "no_address"),
    ("jens@firm.dk" + " " * 1000, "jens@firm.dk", "too_long"),
    ("x@" * 10**6, "y@" * 10**6, "too_long"),
]


def test_same_mailbox(subtests: pytest.Subtests) -> None:
    for cell in SAME_AS_JENS:
        with subtests.test(cell=cell):
            result = compare_emails(cell, "jens@firm.dk")
            assert (result.value, result.reason, result.sentence) == ("same", "", "")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("jens@rødgrød.dk", "jens@xn--rdgrd-vuad.dk"),
        ("jens@RØDGRØD.DK", "jens@XN--RDGRD-VUAD.dk"),
        ("jens@ro\u0308d.dk", "jens@röd.dk"),
        ("jens@例え。jp", "jens@xn--r8jz45g.jp"),
        ("jens@ｆｉｒｍ.dk", "jens@firm.dk"),
        ("søren@firm.dk", "SØREN@firm.dk"),
        ("so\u0308ren@firm.dk", "sören@firm.dk"),
        ("jens@my_firm.dk", "jens@MY_FIRM.DK"),
        ("jens@" + "x" * 64 + ".dk", "Jens@" + "X" * 64 + ".dk"),
        ("o'brien@firm.dk", "O'Brien <O'Brien@firm.dk>"),
    ],
)
def test_same_mailbox_with_other_letters(a: str, b: str) -> None:
    assert compare_emails(a, b).value == "same"


def test_another_mailbox_and_why(subtests: pytest.Subtests) -> None:
    for a, b, reason in OTHERS:
        with subtests.test(a=a, b=b, reason=reason):
            result = compare_emails(a, b)
            assert (result.value, result.reason) == ("different", reason)
            assert result.sentence == REASONS[reason]
            assert compare_emails(b, a) == result


LOCAL = st.text("abcABC019.!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=12)
DOMAIN = st.sampled_from(["firm.dk", "FIRM.dk", "mail.firm.dk", "x1.co", "a-b.example", "xn--rdgrd-vuad.dk"])
ADDRESS = st.builds("{}@{}".format, LOCAL, DOMAIN)


@given(ADDRESS)
def test_an_address_is_the_same_as_itself_however_it_is_written(address: str) -> None:
    for cell in (address, address.upper(), f" {address} ", f"Jens <{address}>", f"mailto:{address}", f"({address}),"):
        assert compare_emails(address, cell).value == "same"


@given(ADDRESS, ADDRESS)
def test_two_addresses_are_the_same_only_letter_by_letter(a: str, b: str) -> None:
    same = compare_emails(a, b).value == "same"
    if a[0].isalnum() and b[0].isalnum():
        assert same == (a.lower() == b.lower())
    assert compare_emails(a, b) == compare_emails(b, a)
