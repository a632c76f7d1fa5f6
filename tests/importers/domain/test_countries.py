from django_countries.data import COUNTRIES

from importers.domain.countries import codes, countries, country_name


def test_countries_are_called_what_they_are_called_today() -> None:
    assert country_name("SZ", "da") == "Eswatini"
    assert country_name("NL", "da") == "Nederlandene"
    assert country_name("DK", "en") == "Denmark"


def test_all_countries_that_a_row_can_hold_are_there() -> None:
    assert codes() == set(COUNTRIES)
    assert len(countries("da")) == len(codes())


def test_a_danish_list_ends_with_the_danish_letters() -> None:
    assert [code for code, _name in countries("da")][-3:] == ["GQ", "AT", "AX"]
    assert [code for code, _name in countries("en")][:2] == ["AF", "AX"]
