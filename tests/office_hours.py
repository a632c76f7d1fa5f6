"""When and where reminders go out, at whatever hour and on whatever day the tests run."""

from datetime import datetime, timedelta

from importers.domain.hours import Place, is_open

COUNTRY = "DK"
# Around the world in office hours: one of them is always open, but for weekends and holidays.
ZONES = ("Pacific/Auckland", "Asia/Kolkata", "Europe/Copenhagen", "America/New_York", "Pacific/Honolulu")
HOUR = timedelta(hours=1)


def office_hours(now: datetime) -> tuple[datetime, Place]:
    """The next moment at which an office of these is open and stays so for an hour, and where. Mostly it is now."""
    places = [Place(COUNTRY, zone) for zone in ZONES]
    moments = (now + HOUR * n for n in range(24 * 14))
    return next((at, place) for at in moments for place in places if is_open(at, place) and is_open(at + HOUR, place))
