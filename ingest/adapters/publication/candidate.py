"""The candidate: the marts copied out of the warehouse into a file of their own.

The file has storage version v1.0.0, which every DuckDB client from 1.0 on opens, and nothing but the schema `marts`.
Rows lie in the order of their key, so that the same content gives the same Parquet bytes.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from ingest.adapters.publication.engine import (
    Connection,
    detaching,
    engine_beside,
    in_order,
    literal,
    opened,
    quoted,
    tables_in,
)
from ingest.adapters.warehouse_file import explained
from ingest.domain.errors import NoWarehouse
from ingest.domain.gates import Verdict
from ingest.domain.marts import key_of


@dataclass(frozen=True, slots=True)
class PublicationRow:
    """The one row of `marts.publication`, in the order of its columns."""

    version: str
    built_at: datetime
    content_hash: str
    source_watermark: datetime | None
    registry_hash: str | None
    code_revision: str
    gate_result: str


def copy_marts(warehouse: Path, candidate: Path) -> Path:
    """Copy every table of the warehouse's schema `marts`, with its comments and NOT NULLs, into a new file; gives it.

    Tables about the publication itself come empty from dbt, and are filled by `record`.
    Raises: WarehouseBusy, WarehouseBroken, StorageFailed.
    """
    with engine_beside(candidate) as engine, detaching(engine, "candidate", "warehouse"):
        candidate.parent.mkdir()
        _attach_warehouse(engine, warehouse)
        engine.execute(f"attach {literal(candidate)} as candidate (storage_version 'v1.0.0')")
        engine.execute("begin")
        engine.execute("create schema candidate.marts")
        columns = _columns(engine)
        about = {table: facts for table, *facts in engine.execute(ABOUT).fetchall()}
        for table in tables_in(engine, "warehouse"):
            comment, rows = about[table]
            _copy_table(engine, table, columns[table], comment, is_large=rows >= LARGE)
        engine.execute("commit")
    return candidate


def columns_of(candidate: Path) -> list[tuple[str, str, str, bool]]:
    """Table, name, type and whether it may be null of each column of the candidate, in their order."""
    listing = """
        select table_name, column_name, data_type, is_nullable from duckdb_columns()
        where database_name = 'candidate' and schema_name = 'marts' order by table_name, column_index
    """
    with opened(candidate) as engine:
        return engine.execute(listing).fetchall()


def watermark_of(candidate: Path) -> datetime | None:
    """When the newest number in the candidate was fetched, UTC; None when there is none."""
    with opened(candidate) as engine:
        if "fct_post_metrics" not in tables_in(engine, "candidate"):
            return None
        row = engine.execute("select max(fetched_at) from candidate.marts.fct_post_metrics").fetchone()
    return row[0] if row else None


def record(candidate: Path, row: PublicationRow, verdicts: tuple[Verdict, ...] = ()) -> None:
    """Write what this publication is, and what the gates found, into the candidate.

    Raises: StorageFailed.
    """
    results = [
        (
            verdict.gate,
            r.rule,
            r.severity,
            r.passed,
            r.evaluated,
            r.frame,
            r.observed,
            r.expected,
            r.description,
            r.what_to_do,
        )
        for verdict in sorted(verdicts, key=lambda verdict: verdict.gate)
        for r in sorted(verdict.results, key=lambda result: result.rule)
    ]
    with opened(candidate, read_only=False) as engine:
        engine.execute("begin")
        _refill(engine, "publication", [astuple(row)])
        _refill(engine, "rpt_gate_results", results)
        engine.execute("commit")


def _refill(engine: Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Replace the rows of a small table. One that is not there is left to the gate, which stops for it."""
    if table not in tables_in(engine, "candidate"):
        return
    engine.execute(f"delete from candidate.marts.{table}")  # noqa: S608 - a constant of ours
    if rows:  # a few dozen
        marks = ", ".join(f"({', '.join('?' * len(row))})" for row in rows)
        values = [value for row in rows for value in row]
        engine.execute(f"insert into candidate.marts.{table} values {marks}", values)  # noqa: S608 - as above


def _attach_warehouse(engine: Connection, warehouse: Path) -> None:
    if not warehouse.exists():
        raise NoWarehouse(f"There is no warehouse at {warehouse}. Run `campaign-reach load` and `build` first.")
    try:
        engine.execute(f"attach {literal(warehouse)} as warehouse (read_only)")
    except duckdb.Error as error:
        raise explained(warehouse, error) from None


Column = tuple[str, str, bool, str | None]
ABOUT = """
    select table_name, comment, estimated_size from duckdb_tables()
    where database_name = 'warehouse' and schema_name = 'marts'
"""
LARGE = 1_000_000
"""From so many rows on it pays to number the ids before rows are sorted by them."""


def _columns(engine: Connection) -> dict[str, list[Column]]:
    """Name, type, whether it may be null, and comment of each column of the marts, by table."""
    found: dict[str, list[Column]] = {}
    listing = """
        select table_name, column_name, data_type, is_nullable, comment from duckdb_columns()
        where database_name = 'warehouse' and schema_name = 'marts' order by table_name, column_index
    """
    for table, *column in engine.execute(listing).fetchall():
        found.setdefault(table, []).append(tuple(column))
    return found


def _copy_table(
    engine: Connection, table: str, columns: Sequence[Column], comment: str | None, *, is_large: bool
) -> None:
    """Copy one table: its columns as they are, but a time with a zone becomes UTC without one for old readers."""
    zoned = "TIMESTAMP WITH TIME ZONE"
    made = ", ".join(
        f"{quoted(name)} {'TIMESTAMP' if kind == zoned else kind}{'' if nullable else ' not null'}"
        for name, kind, nullable, _ in columns
    )
    taken = ", ".join(
        f"{quoted(name)} at time zone 'UTC' as {quoted(name)}" if kind == zoned else quoted(name)
        for name, kind, _, _ in columns
    )
    target = f"candidate.marts.{quoted(table)}"
    engine.execute(f"create table {target} ({made})")
    rows = f"warehouse.marts.{quoted(table)} {in_order(table)}"
    if is_large and len(key_of(table)) > 1:
        rows = _numbered(table)
    engine.execute(f"insert into {target} select {taken} from {rows}")  # noqa: S608 - names come from the catalogue, quoted
    texts = [f"comment on column {target}.{quoted(name)} is {literal(text)}" for name, _, _, text in columns if text]
    texts += [f"comment on table {target} is {literal(comment)}"] if comment else []
    engine.execute("; ".join(texts) or "select 1")


def _numbered(table: str) -> str:
    """The rows of a table in the order of its key, by the place of its first part among all of them.

    Ids are long and begin alike: as numbers, thirty million rows are sorted in two thirds of the time.
    """
    rows, (first, *others) = f"warehouse.marts.{quoted(table)}", map(quoted, key_of(table))
    ids = f"select distinct {first} from {rows}"  # noqa: S608 - as above
    places = f"select {first}, row_number() over (order by {first}) as place_of_key from ({ids})"  # noqa: S608 - as above
    return f"{rows} left join ({places}) using ({first}) order by place_of_key, {', '.join(others)}"
