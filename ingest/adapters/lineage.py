"""Lineage: in which landed file and line each published number came, and which landed rules attributed its post."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from ingest.domain.cells import Cell
from ingest.domain.metrics import Metric
from ingest.domain.people import AccountPeople

Connection = duckdb.DuckDBPyConnection
LANDED = """
    with wanted as (
        select
            unnest($1::integer[]) as number, unnest($2::varchar[]) as object_id, unnest($3::varchar[]) as graph_name,
            unnest($4::varchar[]) as breakdown, unnest($5::timestamp[]) as fetched_at
    ),

    found as (
        select
            wanted.number,
            snapshots.load_id,
            snapshots.line_no,
            snapshots.value is not null as has_value
        from raw.snapshots as snapshots
        inner join wanted using (object_id, graph_name, fetched_at)
        where
            snapshots.fetched_at between (select min(fetched_at) from wanted) and (select max(fetched_at) from wanted)
            and snapshots.object_kind = 'post'
            and snapshots.end_time is null
            and (snapshots.breakdown || '=' || snapshots.breakdown_value) is not distinct from wanted.breakdown
        qualify row_number() over (partition by wanted.number order by has_value desc, load_id desc, line_no) = 1
    )

    select found.number, load_log.file, found.line_no, load_log.sha256
    from found
    inner join raw.load_log as load_log using (load_id)
"""
DAYS = """
    with ends as (
        select
            campaign_posts.post_id,
            unnest([phases.ends_on, phases.starts_on - 1]) as day_on,
            unnest([false, true]) as is_before,
            campaign_posts.published_on >= phases.starts_on as starts_at_nothing
        from marts.fct_campaign_posts as campaign_posts
        inner join marts.dim_phases as phases using (campaign_id, phase_id)
        where campaign_posts.campaign_id = $1 and campaign_posts.post_id in (select unnest($2::varchar[]))
    )

    select ends.post_id, ends.is_before, ends.day_on, days.value, days.fetched_at, ends.is_before and starts_at_nothing
    from ends
    left join intermediate.int_post_days__observed as days
        on ends.post_id = days.post_id and ends.day_on = days.day_on and days.metric = 'views'
"""
ON_DAY = """
    select post_id, metric, arg_max(value, day_on), arg_max(fetched_at, day_on)
    from intermediate.int_post_days__observed
    where day_on <= $1 and post_id in (select unnest($2::varchar[])) and metric in (select unnest($3::varchar[]))
    group by all
"""
FIGURE_POST = "select post_id from intermediate.int_registry__figures where campaign_id = ? and figure_id = ?"
PEOPLE = """
    select
        posts.platform, posts.account_id, any_value(covers.people_upper), any_value(overlap.q),
        any_value(overlap.reason)
    from (
        select distinct platform, account_id from intermediate.int_reach_sets__posts
        where campaign_id = $1 and phase_id is not distinct from $2
    ) as posts
    left join intermediate.int_reach_sets__covers as covers
        on
            covers.campaign_id = $1 and covers.phase_id is not distinct from $2
            and posts.platform = covers.platform and posts.account_id = covers.account_id
    left join intermediate.int_account_overlap as overlap
        on posts.platform = overlap.platform and posts.account_id = overlap.account_id
    group by all
"""
RULES = """
    select registry.landing_file, registry.line_no, load_log.sha256
    from raw.registry as registry
    inner join raw.load_log as load_log using (load_id)
    where registry.campaign_id = ? and registry.registry_sha256 = ?
    order by registry.load_id desc limit 1
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A number whose landed line is looked for: of a post, by a definition, as it was fetched at that moment."""

    post_id: str
    metric: Metric
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class LandedAt:
    """Where something landed: the file's key, the line, and the file's SHA-256 as the load log has it."""

    file: str
    line_no: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DayEnd:
    """What a post had on the last day of its phase, or on the day before the phase began."""

    post_id: str
    is_before: bool
    day_on: date
    value: int | None
    fetched_at: datetime | None
    is_nothing: bool
    """Whether the post did not exist yet on that day, so that it had nothing."""


@dataclass(frozen=True, slots=True)
class DayNumber:
    """The last number of a post's metric that had been read by the end of a day."""

    post_id: str
    metric: str
    value: int
    fetched_at: datetime


def landed_at(connection: Connection, wanted: Sequence[Wanted]) -> list[LandedAt | None]:
    """Where each number landed, in the order asked; None for what the warehouse does not hold."""
    if not wanted:
        return []
    columns = [
        list(range(len(wanted))),
        [one.post_id for one in wanted],
        [one.metric.graph_name for one in wanted],
        [one.metric.breakdown for one in wanted],
        [one.fetched_at for one in wanted],
    ]
    found: dict[int, LandedAt] = {
        number: LandedAt(file, line, sha256)
        for number, file, line, sha256 in connection.execute(LANDED, columns).fetchall()
    }
    return [found.get(number) for number in range(len(wanted))]


def day_ends(connection: Connection, campaign_id: str, post_ids: Sequence[str]) -> list[DayEnd]:
    """What each post had at both ends of its phase, as the days that were observed say."""
    return [DayEnd(*row) for row in connection.execute(DAYS, [campaign_id, list(post_ids)]).fetchall()]


def numbers_on(connection: Connection, day: date, post_ids: Sequence[str], metrics: Sequence[str]) -> list[DayNumber]:
    """What had been read of these metrics of these posts by the end of a day."""
    rows = connection.execute(ON_DAY, [day, list(post_ids), list(metrics)]).fetchall()
    return [DayNumber(*row) for row in rows]


def figure_post(connection: Connection, campaign_id: str, figure_id: str) -> str | None:
    """The one post that a published figure names; None when it speaks of several."""
    row = connection.execute(FIGURE_POST, [campaign_id, figure_id]).fetchone()
    return row[0] if row else None


def people_of(connection: Connection, cell: Cell) -> list[AccountPeople]:
    """What the accounts' own windows say of the people of a set: their cap, and the overlap of their audiences."""
    return [AccountPeople(*row) for row in connection.execute(PEOPLE, [cell.campaign_id, cell.phase_id]).fetchall()]


def rules_at(connection: Connection, campaign_id: str, registry_sha256: str | None) -> LandedAt | None:
    """Where the campaign's rules landed, as of a registry hash."""
    row = connection.execute(RULES, [campaign_id, registry_sha256]).fetchone()
    return LandedAt(*row) if row else None
