"""Cells of the aggregates: which posts one speaks of, which of their numbers it holds, and how these come together.

The sums here are written apart from the SQL of the marts, so that one can be held against the other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from ingest.domain.errors import SettingsInvalid

Values = Mapping[str, int | None]
"""The numbers of one post, by part."""
Kind = Literal["sum", "rate", "without", "count", "contents", "largest", "at_most", "estimate", "plausible"]

ENGAGEMENTS = ("reactions", "comments", "shares", "saves")
ACROSS_ACCOUNTS, PLAUSIBLE = 0.74, (0.70, 1.35)
"""dbt's variables `q_across_accounts`, `plausible_low` and `plausible_high`: a test holds them together."""
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
    "views_in_phase": Measure("sum", DAYS, "views on the phase's last day, less those before its first"),
}


def measure_of(metric: str) -> Measure:
    """How a metric comes from its posts.

    Raises: SettingsInvalid, naming those that can be explained.
    """
    if metric not in MEASURES:
        raise SettingsInvalid(f"{metric} is no metric that can be explained. There are: {', '.join(MEASURES)}.")
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


_ADDING: dict[Kind, Callable[[Measure, Sequence[Values], Sequence[str]], float | int | None]] = {
    "sum": _summed,
    "rate": _rate,
    "without": lambda measure, posts, _: sum(of_post(measure, one) is None for one in posts),
    "count": lambda _, posts, __: len(posts),
    "contents": lambda _, __, contents: len(set(contents)),
    "largest": _largest,
}


@dataclass(frozen=True, slots=True)
class AccountPeople:
    """What is known of one account of a set beside its posts: its windows' cap, and how its audiences overlap."""

    platform: str
    account_id: str
    covered: float | None
    q: float | None


def at_most(
    accounts: Mapping[AccountPeople, Sequence[int | None]],
    audience: tuple[int | None, bool],
    *,
    is_of_one_platform: bool,
) -> int | None:
    """At most how many people the accounts' posts reached: their sum, capped by windows and by the audience.

    Over several platforms None where a cap is below the largest post: then one of the two is wrong.
    """
    if not accounts:
        return None
    ceiling = audience[0] if audience[1] else None
    caps: dict[str, list[float | None]] = {}
    for account, reaches in accounts.items():
        known = [one for one in reaches if one is not None]
        whole = sum(known) if len(known) == len(reaches) else None
        caps.setdefault(account.platform, []).append(_least(account.covered, whole))
    platforms = {platform: _least(_total(each), ceiling) for platform, each in caps.items()}
    is_wrong = any(most is not None and _largest_of(accounts, one) > most for one, most in platforms.items())
    most = _least(_total(list(platforms.values())), ceiling)
    return None if most is None or (is_wrong and not is_of_one_platform) else round(most)


def _largest_of(accounts: Mapping[AccountPeople, Sequence[int | None]], platform: str) -> int:
    return max(
        (one or 0 for each, reaches in accounts.items() if each.platform == platform for one in reaches), default=0
    )


def estimate(
    accounts: Mapping[AccountPeople, Sequence[int | None]], audience: tuple[int | None, bool], upper: int | None
) -> float | None:
    """About how many people the accounts' posts of one platform reached; None where one account allows no estimate."""
    people = [_of_account(account, reaches) for account, reaches in accounts.items()]
    largest = max((one or 0 for reaches in accounts.values() for one in reaches), default=0)
    if upper is not None and largest >= upper:
        return largest if largest == upper else None
    known = [one for one in people if one is not None]
    if len(known) < len(people) or not known:
        return None
    found = power_mean(known, ACROSS_ACCOUNTS)
    size, is_ceiling = audience
    if size is not None and found > size:
        return size if is_ceiling else None
    return found


def plausible(metric: str, people: float | None, largest: int, upper: int | None) -> float | None:
    """One end of the range around an estimate; None without an estimate, or where the bounds leave no room for one."""
    if people is None or upper is None or largest >= upper:
        return None
    if metric.endswith("_low"):
        return max(largest, PLAUSIBLE[0] * people)
    return min(upper, PLAUSIBLE[1] * people)


def _of_account(account: AccountPeople, reaches: Sequence[int | None]) -> float | None:
    known = [one for one in reaches if one is not None]
    if len(known) < len(reaches) or not known:
        return None
    if len(known) == 1 or max(known) == 0:
        return max(known)
    if account.q is None:
        return None
    mean = power_mean(known, account.q)
    return max(*known, mean if account.covered is None else min(mean, account.covered))


def power_mean(reaches: Sequence[float], q: float) -> float:
    """How many people the audiences hold together: all of them for q = 1, the largest alone as q comes to 0."""
    largest = max(reaches)
    return largest * float(sum((one / largest) ** (1 / q) for one in reaches) ** q) if largest else 0.0


def _least(*several: float | None) -> float | None:
    return min((one for one in several if one is not None), default=None)


def _total(several: Sequence[float | None]) -> float | None:
    return None if any(one is None for one in several) else sum(one for one in several if one is not None)
