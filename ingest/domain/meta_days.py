"""Meta's days, which end at midnight in California: as moments, and in windows that Meta serves in one call."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

META_ZONE = ZoneInfo("America/Los_Angeles")
ONE_DAY = timedelta(days=1)


def meta_day(at: datetime) -> date:
    """The day that it is for Meta."""
    return at.astimezone(META_ZONE).date()


def begin_of(day: date) -> datetime:
    """When Meta's day begins, UTC: at 7 or 8 o'clock."""
    return datetime.combine(day, time.min, META_ZONE).astimezone(UTC)


def meta_windows(first: date, until: date, *, longest: timedelta) -> list[tuple[datetime, datetime]]:
    """The days from `first` to the one before `until` in pieces of whole days, the oldest first.

    None lasts longer than `longest`, which Meta counts in seconds: a day of autumn has 25 hours.
    """
    pieces = []
    while first < until:
        end = min(first + longest, until)
        if begin_of(end) - begin_of(first) > longest and end - first > ONE_DAY:
            end -= ONE_DAY
        pieces.append((begin_of(first), begin_of(end)))
        first = end
    return pieces
