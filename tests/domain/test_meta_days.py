"""Meta's days: from midnight to midnight in California, whatever the clocks do there."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.meta_days import META_ZONE, begin_of, meta_day, meta_windows


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2024, 2, 1, 7, 59, tzinfo=UTC), date(2024, 1, 31)),
        (datetime(2024, 2, 1, 8, tzinfo=UTC), date(2024, 2, 1)),
        (datetime(2024, 7, 1, 6, 59, tzinfo=UTC), date(2024, 6, 30)),
        (datetime(2024, 7, 1, 7, tzinfo=UTC), date(2024, 7, 1)),
        (datetime(2024, 3, 10, 8, tzinfo=UTC), date(2024, 3, 10)),  # a day of 23 hours
        (datetime(2024, 11, 4, 7, 59, tzinfo=UTC), date(2024, 11, 3)),  # a day of 25 hours
    ],
)
def test_a_day_begins_at_midnight_in_california(at: datetime, day: date) -> None:
    assert meta_day(at) == day
    assert begin_of(day) <= at < begin_of(day + timedelta(days=1))


@given(
    first=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    days=st.integers(0, 800),
    longest=st.integers(2, 100).map(lambda found: timedelta(days=found)),
)
def test_windows_tile_the_days_at_midnights_and_none_is_longer_than_meta_allows(
    first: date, days: int, longest: timedelta
) -> None:
    until = first + timedelta(days=days)
    pieces = meta_windows(first, until, longest=longest)
    edges = [moment for piece in pieces for moment in piece]
    assert all(moment.astimezone(META_ZONE).hour == 0 for moment in edges)
    assert all(end - begin <= longest for begin, end in pieces)
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    assert [edges[0], edges[-1]] == [begin_of(first), begin_of(until)] if days else edges == []
