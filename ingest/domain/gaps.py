"""Gaps: years of an account of which as many posts were listed as Meta lists of any year, so that some may be missing.

Source: GET /{page}/published_posts, "approximately 600 ranked, published posts per year" (confidence high; which ones
are left out is not said, see docs/live-checklist.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

LISTED_PER_YEAR = 600
NEARLY = 0.95
"""Meta says "approximately": so near to its cap a year counts as cut."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A year of which as many posts were listed as Meta lists of one; the oldest of them is of `listed_since`."""

    account_id: str
    year: int
    listed: int
    listed_since: datetime
    seen_at: datetime


def gaps_in(account_id: str, published: Iterable[datetime], *, at: datetime) -> list[Gap]:
    """The years of a whole listing that reach Meta's yearly cap, the oldest first."""
    by_year: dict[int, list[datetime]] = {}
    for moment in published:
        by_year.setdefault(moment.year, []).append(moment)
    return [
        Gap(account_id, year, len(moments), min(moments), at)
        for year, moments in sorted(by_year.items())
        if len(moments) >= NEARLY * LISTED_PER_YEAR
    ]
