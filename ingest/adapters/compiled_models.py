"""The models as dbt compiled them, in the order in which they depend on each other, and how the warehouse runs them.

dbt spends some thirty milliseconds on a model besides its SQL. A build of a few changed rows runs the same SQL without
it, in one transaction; what was last built, and from which project, is noted beside it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

RAW_TABLES = (
    *("snapshots", "posts", "accounts", "ads", "survey_results", "activities", "imports", "registry", "quarantine"),
)
"""The tables whose rows carry the load that brought them."""
MOST_TOUCHED = 2_000
TOUCHED = """
    select object_id from raw.snapshots where load_id > $since and object_kind = 'post'
    union select post_id from raw.posts where load_id > $since
    limit $most
"""
ZONES = """
    with newest as (select arg_max(registry_sha256, (fetched_at, load_id)) as registry_sha256 from raw.registry),

    pairs as (
        select distinct unnest(body ->> '$.accounts[*].account_id') || ' ' || (body ->> '$.time_zone') as pair
        from raw.registry inner join newest using (registry_sha256)
    )

    select coalesce(md5(string_agg(pair, ',' order by pair)), 'none') from pairs
"""
"""What the days of the incremental models depend on beside their own rows: the accounts' time zones."""
SCHEMA = """
    create schema if not exists build;
    create table if not exists build.last_build (load_id bigint not null, revision varchar not null);
"""


@dataclass(frozen=True, slots=True)
class CompiledModel:
    """A model that is a table: its relation, its SQL, the keys it is merged by, the raw tables it comes from.

    `is_per_post` says that a row depends on its own post only, among all posts.
    """

    relation: str
    sql: str
    keys: tuple[str, ...]
    sources: tuple[str, ...]
    is_per_post: bool


@dataclass(frozen=True, slots=True)
class LastBuild:
    """Up to which load the marts are built, and by which revision of the project and of the accounts' time zones."""

    load_id: int
    revision: str


def last_build(connection: duckdb.DuckDBPyConnection) -> LastBuild | None:
    """What was last built; None when nothing was."""
    connection.execute(SCHEMA)
    row = connection.execute("select load_id, revision from build.last_build").fetchone()
    return LastBuild(*row) if row else None


def note_build(connection: duckdb.DuckDBPyConnection, built: LastBuild | None) -> None:
    """Note what is built now, or that nothing holds any more."""
    connection.execute(SCHEMA)
    connection.execute("delete from build.last_build")
    if built:
        connection.execute("insert into build.last_build values (?, ?)", [built.load_id, built.revision])


def newest_load(connection: duckdb.DuckDBPyConnection) -> int:
    """The id of the newest load; 0 when nothing is loaded."""
    row = connection.execute("select coalesce(max(load_id), 0) from raw.load_log").fetchone()
    return int(row[0]) if row else 0


def revision_of(connection: duckdb.DuckDBPyConnection, project: str) -> str:
    """The project's revision with that of the accounts' time zones: another one means that history is built anew."""
    row = connection.execute(ZONES).fetchone()
    return f"{project} {row[0] if row else ''}"


def changed_tables(connection: duckdb.DuckDBPyConnection, *, since: int) -> set[str]:
    """The raw tables that loads after `since` brought rows to."""
    found = "select exists (select 1 from raw.{} where load_id > ?)"
    return {table for table in RAW_TABLES if (connection.execute(found.format(table), [since]).fetchone() or (0,))[0]}


def touched_posts(connection: duckdb.DuckDBPyConnection, *, since: int) -> list[str] | None:
    """The posts that loads after `since` say something of; None when they are so many that everything is built."""
    found = connection.execute(TOUCHED, {"since": since, "most": MOST_TOUCHED + 1}).fetchall()
    return None if len(found) > MOST_TOUCHED else [post_id for (post_id,) in found]


def run_models(
    connection: duckdb.DuckDBPyConnection,
    models: Iterable[CompiledModel],
    built: LastBuild,
    *,
    touched: Sequence[str] | None,
) -> int:
    """Run the models all or none, and note what is built; how many ran. Only of touched posts where that is enough.

    Raises: duckdb.Error, and then nothing has changed.
    """
    ran = 0
    connection.execute("begin")
    try:
        for ran, model in enumerate(models, start=1):  # noqa: B007 - the last number is the answer
            _run(connection, model, touched)
        note_build(connection, built)
        connection.execute("commit")
    except duckdb.Error:
        connection.execute("rollback")
        raise
    return ran


def _run(connection: duckdb.DuckDBPyConnection, model: CompiledModel, touched: Sequence[str] | None) -> None:
    """Put a model's rows in the place of the old ones; the table itself, its constraints and comments stay."""
    relation, sql = model.relation, model.sql
    if model.keys:
        same = " and ".join(f"known.{key} = fresh.{key}" for key in model.keys)
        connection.execute(f"create or replace temp table fresh as {sql}")
        connection.execute(f"delete from {relation} as known using fresh where {same}")  # noqa: S608 - dbt's relation
        connection.execute(f"insert into {relation} by name from fresh")
        return
    chosen = ""
    if model.is_per_post and touched is not None:
        # As literals: only then DuckDB filters below windows and unions.
        chosen = f"where post_id in ({', '.join(map(_literal, touched)) or 'null'})"
    connection.execute(f"delete from {relation} {chosen}")  # noqa: S608
    connection.execute(f"insert into {relation} by name select * from ({sql}) {chosen}")  # noqa: S608


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def read_models(path: Path, revision: str) -> Sequence[CompiledModel] | None:
    """The models that were compiled for this revision; None when there are none, or of another."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["revision"] != revision:
            return None
        return [
            CompiledModel(one["relation"], one["sql"], tuple(one["keys"]), tuple(one["sources"]), one["is_per_post"])
            for one in kept["models"]
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_models(path: Path, revision: str, models: Sequence[CompiledModel]) -> None:
    """Keep compiled models for later processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"revision": revision, "models": [asdict(model) for model in models]}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
