"""What a publication was made from: the registry that was last loaded into the warehouse, and the newest posts."""

from dataclasses import dataclass

import duckdb

NEWEST = "select arg_max(registry_sha256, (fetched_at, load_id)) from raw.registry"
FIGURES = """
    select distinct campaign_id, unnest(body ->> '$.published_figures[*].figure_id') as figure_id
    from raw.registry
    where registry_sha256 = ?
    order by all
"""
NEWEST_LOADS = 100
NOT_IN_MARTS = f"""
    with posts as (
        select distinct post_id from raw.posts
        where load_id > (select coalesce(max(load_id), 0) - {NEWEST_LOADS} from raw.load_log)
    )
    select count(*), count(*) filter (where is_lost), min(post_id) filter (where is_lost)
    from (select post_id, post_id not in (select post_id from marts.dim_posts) as is_lost from posts)
"""  # noqa: S608 - a constant above


@dataclass(frozen=True, slots=True)
class LoadedRegistry:
    """The registry as loaded: its hash, and campaign and figure of every published figure in it."""

    sha256: str | None
    figures: tuple[tuple[str, str], ...]


def loaded_registry(connection: duckdb.DuckDBPyConnection) -> LoadedRegistry:
    """The newest registry in raw; nothing in it when none was loaded."""
    (sha256,) = connection.execute(NEWEST).fetchone() or (None,)
    return LoadedRegistry(sha256, tuple(connection.execute(FIGURES, [sha256]).fetchall()))


def posts_not_in_marts(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, str | None]:
    """How many posts the newest loads brought, how many of them are not in the marts, and one of those.

    Raises: duckdb.Error when raw or the marts are not there.
    """
    row = connection.execute(NOT_IN_MARTS).fetchone() or (0, 0, None)
    return int(row[0]), int(row[1]), row[2]
