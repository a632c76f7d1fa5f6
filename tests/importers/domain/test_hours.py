from datetime import date, datetime

import pytest

from importers.domain.hours import (
    Place,
    country_of,
    first_working_day,
    is_open,
    is_working_day,
    last_working_day,
    zone_of,
)

DK = Place("DK", "Europe/Copenhagen")
US = Place("US", "America/New_York")


@pytest.mark.parametrize(
    ("country", "day", "is_off"),
    [
        ("DK", date(2027, 3, 25), True),  # Maundy Thursday
        ("DK", date(2027, 3, 29), True),  # Easter Monday
        ("DK", date(2027, 4, 23), False),  # Great Prayer Day, abolished from 2024
        ("DK", date(2027, 5, 6), True),  # Ascension Day
        ("DK", date(2028, 6, 5), True),  # Constitution Day, and Pentecost Monday
        ("DK", date(2026, 6, 5), True),  # Constitution Day: no public holiday, but offices are closed
        ("DK", date(2026, 12, 24), True),
        ("DK", date(2026, 12, 31), True),
        ("DK", date(2027, 7, 5), False),
        ("US", date(2027, 7, 5), True),  # Independence Day, observed
        ("US", date(2027, 11, 25), True),  # Thanksgiving
        ("US", date(2027, 1, 18), True),  # Martin Luther King Jr. Day
        ("US", date(2027, 3, 26), False),  # Good Friday is none
        ("US", date(2028, 2, 29), False),
        ("DK", date(2028, 2, 29), False),
        ("DK", date(2027, 4, 17), True),  # a Saturday
        ("ZZ", date(2027, 12, 24), False),  # where the holidays are not known, weekends only
        ("ZZ", date(2027, 4, 18), True),
        ("", date(2027, 4, 19), False),
    ],
)
def test_days_on_which_nobody_works(country: str, day: date, is_off: bool) -> None:
    assert is_working_day(day, country) is not is_off


def test_the_working_days_around_easter() -> None:
    assert last_working_day(date(2027, 3, 28), "DK") == date(2027, 3, 24)
    assert first_working_day(date(2027, 3, 25), "DK") == date(2027, 3, 30)
    assert last_working_day(date(2027, 3, 30), "DK") == date(2027, 3, 30)


@pytest.mark.parametrize(
    ("place", "moment", "answer"),
    [
        (DK, "2027-04-07T07:59+02:00", False),
        (DK, "2027-04-07T08:00+02:00", True),
        (DK, "2027-04-07T17:59+02:00", True),
        (DK, "2027-04-07T18:00+02:00", False),
        (DK, "2027-04-10T12:00+02:00", False),  # a Saturday
        (US, "2027-04-07T08:00+02:00", False),  # 2 in the morning there
        (US, "2027-04-07T14:00+02:00", True),
        (US, "2027-03-16T13:00+01:00", True),  # summer time has begun there, not here: 8 o'clock
        (US, "2027-03-09T13:00+01:00", False),  # nor there yet: 7
    ],
)
def test_office_hours_are_those_of_the_place(place: Place, moment: str, answer: bool) -> None:
    assert is_open(datetime.fromisoformat(moment), place) is answer


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("DK", "Europe/Copenhagen"),
        ("FO", "Atlantic/Faroe"),
        ("DE", "Europe/Berlin"),
        ("GB", "Europe/London"),
        ("US", "America/New_York"),
        ("CN", "Asia/Shanghai"),
        ("KI", "Europe/Copenhagen"),  # several zones, and none that most firms live in
        ("", "Europe/Copenhagen"),
    ],
)
def test_the_time_zone_of_a_country(country: str, zone: str) -> None:
    assert zone_of(country, otherwise="Europe/Copenhagen") == zone


@pytest.mark.parametrize(("zone", "country"), [("Europe/Copenhagen", "DK"), ("America/New_York", "US"), ("UTC", "")])
def test_the_country_of_a_time_zone(zone: str, country: str) -> None:
    assert country_of(zone) == country
