"""The lives of Graph API versions: when Meta stops to serve each, and how long before that somebody must be told.

Meta ends a version two years after the next one came out, so the newest has no end yet. Where a version is over, Meta
serves the oldest living one in its place and says nothing but a header: numbers may change their meaning unseen.
Source: section 0 of the project's notes on the Graph API, developers.facebook.com/docs/graph-api/changelog; high.
"""

from datetime import date, timedelta

ENDS_ON: dict[str, date | None] = {
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
    "v26.0": None,
}
"""The first day on which a version is not served any more; None while Meta has not named one."""
TOLD_BEFORE = timedelta(days=60)


def ends_on(version: str) -> date | None:
    """When a version ends; None when no end is known. One older than all that are known is over."""
    oldest = next(iter(ENDS_ON))
    if version not in ENDS_ON and _number(version) < _number(oldest):
        return ENDS_ON[oldest]
    return ENDS_ON.get(version)


def newest_version() -> str:
    """The newest version that this release knows."""
    return max(ENDS_ON, key=_number)


def _number(version: str) -> float:
    return float(version.removeprefix("v"))
