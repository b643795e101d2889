"""What a publication was made from: the registry that was last loaded into the warehouse."""

from dataclasses import dataclass

import duckdb

NEWEST = "select arg_max(registry_sha256, (fetched_at, load_id)) from raw.registry"
FIGURES = """
    select distinct campaign_id, unnest(body ->> '$.published_figures[*].figure_id') as figure_id
    from raw.registry
    where registry_sha256 = ?
    order by all
"""


@dataclass(frozen=True, slots=True)
class LoadedRegistry:
    """The registry as loaded: its hash, and campaign and figure of every published figure in it."""

    sha256: str | None
    figures: tuple[tuple[str, str], ...]


def loaded_registry(connection: duckdb.DuckDBPyConnection) -> LoadedRegistry:
    """The newest registry in raw; nothing in it when none was loaded."""
    (sha256,) = connection.execute(NEWEST).fetchone() or (None,)
    return LoadedRegistry(sha256, tuple(connection.execute(FIGURES, [sha256]).fetchall()))
