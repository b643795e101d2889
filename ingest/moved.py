"""What has moved in the marts from one version to the next: sums of all posts and of each campaign, in short lines."""

from collections.abc import Iterator, Mapping
from pathlib import Path

SUMS = """
    select 'all posts' as name, count(*) as posts, sum(views)::bigint as views, sum(reach)::bigint as duplicated_reach
    from marts.dim_posts left join marts.fct_post_performance using (post_id)
    union all
    select campaign_name, posts, views, duplicated_reach
    from marts.agg_campaign_reach inner join marts.dim_campaigns using (campaign_id)
"""
MEASURES = ("posts", "views", "duplicated reach")
Sums = Mapping[str, tuple[int | None, ...]]


def sums_of(database: Path) -> Sums:
    """Posts, views and duplicated reach of all posts and of each campaign, in a published file."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        return {name: tuple(numbers) for name, *numbers in connection.execute(SUMS).fetchall()}


def moved(before: Sums, after: Sums) -> Iterator[str]:
    """A line for each name whose sums are others now: what was, what is, and the difference."""
    for name in [*after, *(name for name in before if name not in after)]:
        pairs = zip(MEASURES, before.get(name, (None,) * 3), after.get(name, (None,) * 3), strict=True)
        parts = [_part(measure, was, now) for measure, was, now in pairs if was != now]
        if parts:
            yield f"{name}: {', '.join(parts)}"


def _part(measure: str, was: int | None, now: int | None) -> str:
    difference = f" ({now - was:+,})" if was is not None and now is not None else ""
    return f"{measure} {_number(was)} → {_number(now)}{difference}"


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"
