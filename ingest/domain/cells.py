"""Cells of the aggregates: which posts one speaks of, which of their numbers it holds, and how these come together.

The sums here are written apart from the SQL of the marts, so that one can be held against the other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from ingest.domain.errors import ArgumentInvalid

Values = Mapping[str, int | None]
"""The numbers of one post, by part."""
Adding = Literal["sum", "rate", "without", "count", "contents", "largest", "mixes"]
People = Literal["at_most", "estimate", "plausible", "why_no_upper", "why_no_estimate"]
Kind = Adding | People

ENGAGEMENTS = ("reactions", "comments", "shares", "saves")
TABLES = {
    (): "agg_campaign_reach",
    ("platform",): "agg_campaign_platform_reach",
    ("phase_id",): "agg_phase_reach",
    ("phase_id", "platform"): "agg_phase_platform_reach",
    ("phase_id", "content_type", "platform", "ownership"): "agg_phase_content_type_reach",
}
"""The aggregate whose rows are given by these dimensions, beside the campaign."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is asked for: a metric of a campaign, of all its posts or of those that the dimensions name."""

    campaign_id: str
    metric: str = "views"
    phase_id: str | None = None
    content_type: str | None = None
    platform: str | None = None
    ownership: str | None = None
    post_id: str | None = None

    @property
    def dimensions(self) -> dict[str, str]:
        """The dimensions that are given, by name."""
        names = [one.name for one in fields(self)[2:]]
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    @property
    def table(self) -> str | None:
        """The mart that has this cell; None when it is part of a cell, or spans several."""
        return TABLES.get(tuple(self.dimensions))


@dataclass(frozen=True, slots=True)
class Measure:
    """How a column of the aggregates comes from its posts: of which parts, how each post has it, how they meet."""

    kind: Kind
    parts: tuple[str, ...]
    how: str
    below: tuple[str, ...] = ()

    @property
    def all_parts(self) -> tuple[str, ...]:
        """The parts of the numerator and of the denominator, each once."""
        return tuple(dict.fromkeys((*self.parts, *self.below)))


def _sum(part: str) -> Measure:
    return Measure("sum", (part,), "the sum over the posts that report it")


DAYS = ("views at the phase's end", "views before the phase's start")
MEASURES: dict[str, Measure] = {
    **{
        name: _sum(name)
        for name in (
            *("views", "impressions", "reactions", "comments", "shares", "saves", "clicks"),
            *("video_views_3s", "watch_time_ms", "views_paid", "views_organic"),
        )
    },
    "duplicated_reach": Measure("sum", ("reach",), "the sum over the posts: a person is counted once per post"),
    "engagements": Measure("sum", ENGAGEMENTS, "reactions, comments, shares, and saves on Instagram, over the posts"),
    "engagements_per_view_pct": Measure(
        "rate", ENGAGEMENTS, "engagements per hundred views, of the posts that report both", ("views",)
    ),
    "engagements_per_duplicated_reach_pct": Measure(
        "rate", ENGAGEMENTS, "engagements per hundred reached, of the posts that report both", ("reach",)
    ),
    "posts": Measure("count", ("views",), "the number of posts"),
    "contents": Measure("contents", ("views",), "the number of contents: the same words on several accounts are one"),
    "posts_without_views": Measure("without", ("views",), "the posts that report no views"),
    "posts_without_impressions": Measure("without", ("impressions",), "the posts that report no impressions"),
    "posts_without_reach": Measure("without", ("reach",), "the posts that report no reach"),
    "posts_without_engagements": Measure("without", ENGAGEMENTS, "the posts that report no engagements"),
    "people_reached_lower": Measure("largest", ("reach",), "the largest post: its people were reached, at least"),
    "people_reached_upper": Measure(
        "at_most", ("reach",), "the sum of the accounts, each capped by its own windows, all by the campaign's audience"
    ),
    "people_reached_est": Measure(
        "estimate", ("reach",), "the power mean of the posts, calibrated per account, then of the accounts"
    ),
    "people_reached_est_low": Measure("plausible", ("reach",), "0.70 of the estimate, and the largest post at least"),
    "people_reached_est_high": Measure("plausible", ("reach",), "1.35 of the estimate, and the upper bound at most"),
    "upper_reason": Measure("why_no_upper", ("reach",), "why there is no bound from above; nothing when there is one"),
    "estimate_reason": Measure("why_no_estimate", ("reach",), "why there is no estimate; nothing when there is one"),
    "mixes_definitions": Measure(
        "mixes", ("views", "reach"), "whether views, or reach, were counted by more than one platform's definition"
    ),
    "views_in_phase": Measure("sum", DAYS, "views on the phase's last day, less those before its first"),
}
TARGETS = ("target_metric", "target_value", "target_expected", "attainment_pct")
"""Columns of a phase that the campaign file states, or that are held against what it states."""


def measure_of(metric: str) -> Measure:
    """How a metric comes from its posts.

    Raises: ArgumentInvalid, naming those that can be explained.
    """
    if metric not in MEASURES:
        known = ", ".join((*MEASURES, *TARGETS))
        raise ArgumentInvalid(f"{metric} is no metric that can be explained. There are: {known}.")
    return MEASURES[metric]


def of_post(measure: Measure, values: Values) -> int | None:
    """What one post gives to the numerator; None when it does not report it."""
    if measure.parts == ENGAGEMENTS:
        return _engagements(values)
    if measure.parts == DAYS:
        end, before = (values.get(part) for part in DAYS)
        return None if end is None or before is None else end - before
    return values.get(measure.parts[0])


def _engagements(values: Values) -> int | None:
    reactions, comments, shares, saves = (values.get(part) for part in ENGAGEMENTS)
    if reactions is None or comments is None or shares is None:
        return None
    return reactions + comments + shares + (saves or 0)


def added(measure: Measure, posts: Sequence[Values], *, contents: Sequence[str] = ()) -> float | int | None:
    """What the aggregate must hold: the posts' numbers brought together.

    A bound from above and an estimate need more than the posts: those come from `people`.
    """
    return _ADDING[measure.kind](measure, posts, contents)


def _summed(measure: Measure, posts: Sequence[Values], _: Sequence[str]) -> int | None:
    found = [of_post(measure, one) for one in posts]
    reported = [value for value in found if value is not None]
    if measure.parts == DAYS and len(reported) < len(found):
        return None
    return sum(reported) if reported else None


def _rate(measure: Measure, posts: Sequence[Values], _: Sequence[str]) -> float | None:
    pairs = [(of_post(measure, one), one.get(measure.below[0])) for one in posts]
    both = [(above, below) for above, below in pairs if above is not None and below is not None]
    whole = sum(below for _, below in both)
    return round(100 * sum(above for above, _ in both) / whole, 4) if whole else None


def _largest(measure: Measure, posts: Sequence[Values], _: Sequence[str]) -> int | None:
    return max((value for one in posts if (value := of_post(measure, one)) is not None), default=None)


def mixes(counted: Iterable[tuple[str, str, str | None]]) -> bool:
    """Whether one metric was counted by several definitions: of each number platform, metric and definition."""
    found: dict[str, set[tuple[str, str]]] = {}
    for platform, metric, definition in counted:
        if definition is not None:
            found.setdefault(metric, set()).add((platform, definition))
    return any(len(several) > 1 for several in found.values())


_ADDING: dict[Kind, Callable[[Measure, Sequence[Values], Sequence[str]], float | int | None]] = {
    "sum": _summed,
    "rate": _rate,
    "without": lambda measure, posts, _: sum(of_post(measure, one) is None for one in posts),
    "count": lambda _, posts, __: len(posts),
    "contents": lambda _, __, contents: len(set(contents)),
    "largest": _largest,
}
