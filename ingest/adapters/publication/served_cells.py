"""Cells of the served publication: what one holds, which posts it is of, and what the marts say of each of them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from ingest.domain.cells import Cell
from ingest.domain.errors import ArgumentInvalid, WarehouseBroken
from ingest.domain.explanation import Value

Connection = duckdb.DuckDBPyConnection
POSTS = """
    select
        campaign_posts.post_id, posts.platform, posts.account_id, accounts.account_name, accounts.ownership,
        campaign_posts.phase_id, campaign_posts.content_type, campaign_posts.published_on,
        campaign_posts.attribution_rule, posts.permalink, posts.content_id
    from marts.fct_campaign_posts as campaign_posts
    inner join marts.dim_posts as posts using (post_id)
    inner join marts.dim_accounts as accounts using (account_id, platform)
    where
        campaign_posts.campaign_id = $campaign_id
        and coalesce(campaign_posts.phase_id = $phase_id, true)
        and coalesce(campaign_posts.content_type = $content_type, true)
        and coalesce(posts.platform = $platform, true)
        and coalesce(accounts.ownership = $ownership, true)
        and coalesce(campaign_posts.post_id = $post_id, true)
    order by posts.platform, campaign_posts.content_type, campaign_posts.post_id
"""
NUMBERS = """
    select post_id, metric, value, status, definition, graph_name, source, fetched_at
    from marts.fct_post_metrics
    where metric in (select unnest($1::varchar[])) and post_id in (select unnest($2::varchar[]))
"""
PHASE = """
    select phases.target_metric, phases.target_value, phases.starts_on, phases.ends_on, campaigns.time_zone
    from marts.dim_phases as phases inner join marts.dim_campaigns as campaigns using (campaign_id)
    where phases.campaign_id = ? and phases.phase_id = ?
"""
NEWEST = """
    select post_id, metric, value, status, definition, graph_name, source, fetched_at
    from marts.fct_post_metrics
    where value is not null and fetched_at = (select max(fetched_at) from marts.fct_post_performance)
    order by post_id, metric limit 1
"""
CAMPAIGNS = "select campaign_id from marts.dim_campaigns order by 1"
VALUES = {
    "phase_id": "select phase_id from marts.dim_phases where campaign_id = $1",
    "content_type": "select distinct content_type from marts.fct_campaign_posts where campaign_id = $1",
    "platform": "select distinct platform from marts.agg_campaign_platform_reach where campaign_id = $1",
    "ownership": "select distinct ownership from marts.agg_phase_content_type_reach where campaign_id = $1",
    "post_id": "select post_id from marts.fct_campaign_posts where campaign_id = $1",
}
SHOWN = 12


@dataclass(frozen=True, slots=True)
class CellPost:
    """A post of a cell, with what the marts say of where it belongs."""

    post_id: str
    platform: str
    account_id: str
    account_name: str
    ownership: str
    phase_id: str
    content_type: str
    published_on: date
    attribution_rule: str
    permalink: str | None
    content_id: str


@dataclass(frozen=True, slots=True)
class PublishedNumber:
    """One metric of one post as published: its value, or why there is none."""

    post_id: str
    metric: str
    value: int | None
    status: str
    definition: str | None
    graph_name: str | None
    source: str | None
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class PhaseTarget:
    """What a phase was to reach, and its days."""

    target_metric: str | None
    target_value: float | None
    starts_on: date
    ends_on: date
    time_zone: str


@contextmanager
def served_marts(database: Path) -> Iterator[Connection]:
    """A reading connection to a published file.

    Raises: WarehouseBroken when it cannot be read.
    """
    try:
        connection = duckdb.connect(str(database), read_only=True)
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise WarehouseBroken(f"The published file {database} cannot be read: {first}. Publish again.") from None
    with connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def require_known(connection: Connection, cell: Cell) -> None:
    """Let a cell pass whose campaign and dimensions the publication knows.

    Raises: ArgumentInvalid, naming what there is.
    """
    campaigns = [one for (one,) in connection.execute(CAMPAIGNS).fetchall()]
    if cell.campaign_id not in campaigns:
        raise ArgumentInvalid(f"No campaign is called {cell.campaign_id}. There are: {', '.join(campaigns)}.")
    for name, value in cell.dimensions.items():
        known = sorted(str(one) for (one,) in connection.execute(VALUES[name], [cell.campaign_id]).fetchall())
        if value not in known:
            more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
            word = name.removesuffix("_id").replace("_", " ")
            raise ArgumentInvalid(
                f"{cell.campaign_id} has no {word} {value} in the served version. "
                f"There are: {', '.join(known[:SHOWN]) or 'none'}{more}."
            )


def posts_of(connection: Connection, cell: Cell) -> list[CellPost]:
    """The posts that a cell speaks of, by platform, content type and id."""
    given = dict.fromkeys(VALUES) | cell.dimensions
    return [CellPost(*row) for row in connection.execute(POSTS, given | {"campaign_id": cell.campaign_id}).fetchall()]


def numbers_of(connection: Connection, post_ids: Sequence[str], metrics: Sequence[str]) -> list[PublishedNumber]:
    """What the marts say of these metrics of these posts."""
    return [PublishedNumber(*row) for row in connection.execute(NUMBERS, [list(metrics), list(post_ids)]).fetchall()]


def cell_value(connection: Connection, cell: Cell) -> Value:
    """What the mart that has the cell holds; None as well when it says nothing there.

    Raises: ArgumentInvalid when that mart has no such column.
    """
    columns = {
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where schema_name = 'marts' and table_name = ?", [cell.table]
        ).fetchall()
    }
    if cell.metric not in columns:
        return None
    where = " and ".join(f"{name} = ?" for name in ("campaign_id", *cell.dimensions))
    row = connection.execute(
        f"select {cell.metric} from marts.{cell.table} where {where}",  # noqa: S608 - names of ours, checked above
        [cell.campaign_id, *cell.dimensions.values()],
    ).fetchone()
    return row[0] if row else None


def has_cell(connection: Connection, cell: Cell) -> bool:
    """Whether one mart has the cell as a column of one row."""
    found = connection.execute(
        "select 1 from duckdb_columns() where schema_name = 'marts' and table_name = ? and column_name = ?",
        [cell.table, cell.metric],
    ).fetchone()
    return found is not None


def row_of(connection: Connection, table: str, key: Mapping[str, str]) -> dict[str, Value]:
    """The row of a mart that has this key, by column; dates as text. Nothing when there is none."""
    where = " and ".join(f"{name} = ?" for name in key)
    rows = in_columns(connection.execute(f"select * from marts.{table} where {where}", list(key.values())))  # noqa: S608
    return rows[0] if rows else {}


def in_columns(found: Connection) -> list[dict[str, Value]]:
    """The rows of a query by column, with dates as text."""
    names = [name for name, *_ in found.description or ()]
    return [
        {name: f"{value}" if isinstance(value, date) else value for name, value in zip(names, row, strict=True)}
        for row in found.fetchall()
    ]


def phase_of(connection: Connection, campaign_id: str, phase_id: str) -> PhaseTarget:
    """A phase that is known, with its target."""
    return PhaseTarget(*connection.execute(PHASE, [campaign_id, phase_id]).fetchall()[0])


def newest_number(connection: Connection) -> PublishedNumber | None:
    """One of the numbers that were fetched last; None when there is no number at all."""
    row = connection.execute(NEWEST).fetchone()
    return PublishedNumber(*row) if row else None


def platform_of(connection: Connection, post_id: str) -> str:
    """The platform of a post."""
    return str(connection.execute("select platform from marts.dim_posts where post_id = ?", [post_id]).fetchall()[0][0])


def audience_of(connection: Connection, campaign_id: str) -> tuple[int | None, bool]:
    """The campaign's audience, and whether it caps who can be reached."""
    row = connection.execute(
        "select audience_size, audience_is_ceiling from marts.dim_campaigns where campaign_id = ?", [campaign_id]
    ).fetchone()
    return (row[0], bool(row[1])) if row else (None, False)


def platforms_of(connection: Connection, campaign_id: str) -> set[str]:
    """The platforms on which the campaign has posts."""
    return {one for (one,) in connection.execute(VALUES["platform"], [campaign_id]).fetchall()}


def phases_with_posts(connection: Connection, campaign_id: str) -> set[str]:
    """The phases in which the campaign has posts."""
    query = "select distinct phase_id from marts.fct_campaign_posts where campaign_id = ?"
    return {one for (one,) in connection.execute(query, [campaign_id]).fetchall()}


def figure_of(connection: Connection, campaign_id: str, figure_id: str) -> dict[str, Value]:
    """The row of a published figure.

    Raises: ArgumentInvalid, naming the figures that there are.
    """
    row = row_of(connection, "agg_published_figures", {"campaign_id": campaign_id, "figure_id": figure_id})
    if not row:
        known = connection.execute(
            "select figure_id from marts.agg_published_figures where campaign_id = ? order by 1", [campaign_id]
        ).fetchall()
        raise ArgumentInvalid(
            f"{campaign_id} has no published figure {figure_id}. There are: {', '.join(one for (one,) in known)}."
        )
    return row
