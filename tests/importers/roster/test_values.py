import pytest
from django_countries import countries

from importers.domain.errors import RuleViolation
from importers.domain.facts import Route
from importers.domain.identifiers import NumberKind
from importers.domain.roster import values
from importers.domain.roster.contacts import read_email, read_phone
from importers.domain.roster.countries import country_code
from importers.domain.roster.text import cell_text, free_text, shown
from tests.lists import PEOPLE, codes, csv_list, read, row, xlsx_list

YES = ["yes", "Yes ", "Y", "ja", "JA", "j", "x", "X", "true", "1", "✓", "yes."]
NO = ["no", "No", "n", "nej", "Nej ", "false", "FALSK", "0"]


@pytest.mark.parametrize(("text", "meant"), [*((t, True) for t in YES), *((t, False) for t in NO)])
def test_yes_and_no(text: str, meant: bool) -> None:
    assert values.read_yes_no(text) is meant


@pytest.mark.parametrize("text", ["-", "?", "maybe", "måske", "yes/no", "ikke", "yesno", "2", "n/a"])
def test_what_is_neither_yes_nor_no_is_refused(text: str) -> None:
    with pytest.raises(RuleViolation, match="neither yes nor no"):
        values.read_yes_no(text)


@pytest.mark.parametrize(("cell", "meant"), [(True, True), (False, False), (1, True), (0, False), ("", None)])
def test_a_tick_box_cell_is_yes_or_no_and_an_empty_one_says_nothing(cell: object, meant: bool | None) -> None:
    assert read(xlsx_list(row(Officer=cell))).entries[0].officer is meant


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("own account", Route.OWN_ACCOUNT), ("Own Account", Route.OWN_ACCOUNT), ("egen konto", Route.OWN_ACCOUNT),
        ("form 4811", Route.FORM_4811), ("Form4811", Route.FORM_4811), ("4811", Route.FORM_4811),
        ("CBP Form 4811", Route.FORM_4811), ("own_account", Route.OWN_ACCOUNT),
    ],
)  # fmt: skip
def test_refund_route(text: str, route: Route) -> None:
    assert values.read_route(text) is route


def test_a_number_cell_4811_is_the_form() -> None:
    assert read(xlsx_list(row(Refund_route=4811))).entries[0].route is Route.FORM_4811


@pytest.mark.parametrize(
    ("text", "code"), [("da", "da"), ("DA", "da"), ("Dansk", "da"), ("en", "en"), ("Engelsk", "en")]
)
def test_language(text: str, code: str) -> None:
    assert values.read_language(text) == code


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("EIN", "EIN"),
        ("ein", "EIN"),
        ("ssn", "SSN"),
        ("CBP_ASSIGNED", "CBP_ASSIGNED"),
        ("CBP assigned", "CBP_ASSIGNED"),
    ],
)
def test_kind(text: str, kind: str) -> None:
    assert values.read_kind(text) == NumberKind(kind)


@pytest.mark.parametrize(
    "read_value", [values.read_language, values.read_kind, values.read_route, values.read_country, values.read_yes_no]
)
@pytest.mark.parametrize("text", ["IRS", "tysk", "check", "Europa", "123-45-6789"])
def test_other_values_are_refused_and_a_number_is_never_repeated(read_value: object, text: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        read_value(text)  # type: ignore[operator]
    assert "6789" not in caught.value.message


@pytest.mark.parametrize("country", list(countries), ids=lambda c: c.code)
def test_every_country_is_known_by_its_code(country: object) -> None:
    assert country_code(country.code) == country.code  # type: ignore[attr-defined]
    assert country_code(f" {country.code.lower()} ") == country.code  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ("Danmark Denmark DNK danmark", "DK"),
        ("USA|U.S.A.|United States|United States of America|Forenede Stater", "US"),
        ("Tyskland Germany Deutschland", "DE"), ("Sverige Sweden SVERIGE", "SE"), ("Norge Norway", "NO"),
        ("UK|England|Storbritannien|Great Britain|United Kingdom", "GB"), ("Holland|Netherlands|The Netherlands", "NL"),
        ("Færøerne|Faroe Islands", "FO"), ("Grønland Greenland", "GL"), ("Kina China", "CN"), ("Polen Poland", "PL"),
        ("Østrig Austria", "AT"), ("Schweiz Switzerland", "CH"), ("Turkey Tyrkiet Türkiye", "TR"),
        ("Taiwan", "TW"), ("Sydkorea|South Korea", "KR"), ("Hong Kong|Hongkong", "HK"), ("Åland", "AX"),
    ],
)  # fmt: skip
def test_country_names_in_both_languages(names: str, code: str) -> None:
    for name in names.split("|" if "|" in names else " "):
        assert values.read_country(name) == code


@pytest.mark.parametrize("text", ["Korea", "Congo", "XX", "EU", "Skandinavien", "ZZ", "12"])
def test_a_country_that_is_none_or_two_is_refused(text: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        values.read_country(text)
    assert caught.value.code == "country"


def test_a_misspelt_country_names_the_nearest() -> None:
    with pytest.raises(RuleViolation, match="Is Denmark meant"):
        values.read_country("Danmak")


@pytest.mark.parametrize(
    ("text", "pk"), [("Kirsten Holm", 1), ("kirsten  holm", 1), ("KIRSTEN@broker.example", 1), ("ml@broker.example", 3)]
)
def test_assigned_to_is_a_name_or_an_address_of_staff(text: str, pk: int) -> None:
    assert read(csv_list(row(Assigned_to=text))).entries[0].assigned_to == pk


def test_a_name_that_two_of_the_staff_have_asks_for_the_address() -> None:
    with pytest.raises(RuleViolation, match=r"maria@broker\.example, ml@broker\.example"):
        values.read_staff("Maria Lund", PEOPLE)


def test_an_unknown_colleague_names_the_candidates() -> None:
    with pytest.raises(RuleViolation, match="Kirsten Holm"):
        values.read_staff("Kirsten Hansen", PEOPLE)
    with pytest.raises(RuleViolation, match="nobody is set up"):
        values.read_staff("Kirsten Holm", [])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mette@nordlys.example", "mette@nordlys.example"),
        (" Mette@Nordlys.EXAMPLE ", "mette@nordlys.example"),
        ("mailto:mette@nordlys.example", "mette@nordlys.example"),
        ("Mette Sørensen <mette@nordlys.example>", "mette@nordlys.example"),
        ('"Sørensen, Mette" <m.s+ace@nord-lys.co.example>', "m.s+ace@nord-lys.co.example"),
        ("<mette@nordlys.example>", "mette@nordlys.example"),
        ("mette@nordlys.example;", "mette@nordlys.example"),
        ("bo@smørrebrød.example", "bo@smørrebrød.example"),
    ],
)
def test_email(text: str, address: str) -> None:
    assert read_email(cell_text(text)) == address


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a@x.example, b@x.example", "several_emails"), ("a@x.example b@x.example", "several_emails"),
        ("a@x.example\nb@x.example", "several_emails"), ("mette", "email"), ("mette@nordlys", "email"),
        ("mette(at)nordlys.example", "email"), ("me tte@nordlys.example", "email"), ("@nordlys.example", "email"),
        ("mette@.example", "email"), ("mette@nordlys..example", "email"), ("mette.@nordlys.example", "email"),
        ("søren@nordlys.example", "email"), ("mette@nordlys.example (private)", "email"), ("m@1.2.3.4", "email"),
        ("mette@-nordlys.example", "email"), ("m@" + "x" * 64 + ".example", "email"),
        ("a" * 250 + "@x.example", "email"),
        ("m@xn--zzzz-ø.example", "email"),
    ],
)  # fmt: skip
def test_what_is_no_single_email_is_refused(text: str, code: str) -> None:
    assert codes(csv_list(row(E_mail=text))) == [(2, "E-mail", code)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("021000021@prairie.example", "bank_details"), ("123-45-6789@prairie.example", "ssn"),
        ("123456789@prairie.example", "ssn"), ("mette021000021@prairie.example", "bank_details"),
        ("Mette <021000021@prairie.example>", "bank_details"), ("mette@021000021.example", "bank_details"),
    ],
)  # fmt: skip
def test_an_email_holds_no_bank_details(text: str, code: str) -> None:
    (error,) = read(csv_list(row(E_mail=text))).errors
    assert (error.column, error.code) == ("E-mail", code)
    assert "6789" not in error.message
    assert "021" not in error.message


@pytest.mark.parametrize("column", ["Company_name", "Contact_name", "Title"])
@pytest.mark.parametrize("text", ["https://evil.example", "Nordlys evil.example/login", "www.evil.example"])
def test_a_name_holds_no_web_address(column: str, text: str) -> None:
    assert codes(csv_list(row(**{column: text}))) == [(2, column.replace("_", " "), "link")]


def test_a_company_may_be_called_like_its_web_site() -> None:
    assert read(csv_list(row(Company_name="Booking.com B.V. A/S"))).entries[0].name == "Booking.com B.V. A/S"


@pytest.mark.parametrize("sign", ["\r\n", "\n", "\t", "\x1c", "\x85", "\u2028", "\u2029", "\u200b\n"])
def test_a_name_is_one_line(sign: str) -> None:
    assert free_text(f"Nordlys{sign}Bcc: x", 200) == "Nordlys Bcc: x"


@pytest.mark.parametrize(
    ("text", "country", "written"),
    [
        ("+45 99 28 78 17", "US", "+4599287817"), ("99287817", "DK", "+4599287817"),
        ("0045 99287817", "DK", "+4599287817"),
        ("(402) 555-0151", "US", "+14025550151"), ("031-701 20 44", "SE", "+46317012044"),
        ("+1 402 555 0151 ext. 12", "US", "+1 402-555-0151 ext. 12"), ("+45-99-28-78-17", "", "+4599287817"),
    ],
)  # fmt: skip
def test_phone(text: str, country: str, written: str) -> None:
    assert read_phone(text, country) == written


def test_a_phone_in_a_number_cell_is_read_with_the_country() -> None:
    assert read(xlsx_list(row(Phone=99287817))).entries[0].contact_phone == "+4599287817"
    assert read(xlsx_list(row(Phone=4599287817.0))).entries[0].contact_phone == "+4599287817"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("56 48", "phone"), ("ring", "phone"), ("+4599287817 / +4599287818", "several_phones"),
        ("+999 1234567", "phone"),
        ("99287817 og 99287818", "several_phones"), ("99287817; 99287818", "several_phones"), ("1" * 40, "phone"),
    ],
)  # fmt: skip
def test_what_is_no_single_phone_is_refused(text: str, code: str) -> None:
    assert codes(csv_list(row(Phone=text))) == [(2, "Phone", code)]


def test_nothing_is_said_of_a_phone_whose_country_cannot_be_read() -> None:
    assert codes(csv_list(row(Phone="99287817", Country="Danmak"))) == [(2, "Country", "country")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("=A1&B1", "formula"), ('=HYPERLINK("http://x.example")', "formula"), ("#N/A", "not_text"),
        ("#REF!", "not_text"),
        ("-", "not_text"), ("?", "not_text"), ("x" * 201, "too_long"), ("DK50 0040 0440 1162 43", "bank_details"),
        ("Account 000123456789", "bank_details"), ("219-09-9999", "ssn"), ("", "empty"), (" \u200b\u00a0", "empty"),
    ],
)  # fmt: skip
def test_what_may_not_stand_in_a_name(text: str, code: str) -> None:
    assert codes(csv_list(row(Company_name=text))) == [(2, "Company name", code)]


@pytest.mark.parametrize("text", ["@Home A/S", "+Plus ApS", "-18 Grader ApS", "3M", "7", "A=B ApS", 'Bo\'s "Best" A/S'])
def test_odd_names_are_names(text: str) -> None:
    assert read(csv_list(row(Company_name=text))).entries[0].name == text


def test_text_is_cleaned_of_what_nobody_sees() -> None:
    assert cell_text("  Nord\u200blys\u00a0 Cykler\r\nApS\ufeff ") == "Nordlys Cykler ApS"
    assert cell_text("Sø\u0301n") == "S\u01ffn"
    assert cell_text('="0123"') == "0123"
    assert cell_text(7.0) == "7"


def test_the_limit_is_named() -> None:
    with pytest.raises(RuleViolation, match="201 characters, at most 200"):
        free_text("x" * 201, 200)


def test_messages_repeat_no_number_and_not_much_else() -> None:
    assert shown("123-45-6789") == "•••-••-••••"
    assert shown("Maj 2026") == "Maj 2026"
    assert len(shown("x" * 500)) < 50
