"""The warehouse: a private DuckDB file. Here its schema `raw` is made and filled from landed files."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from ingest.adapters.accepted_loads import explained
from ingest.domain.errors import LandingDamaged, StorageFailed

HERE = Path(__file__).parent
SCHEMA = (HERE / "raw_schema.sql").read_text(encoding="utf-8")
LOAD = (HERE / "raw_load.sql").read_text(encoding="utf-8")
ROWS = """
    select coalesce(sum(rows), 0)::bigint from (
        select count(*) as rows from raw.snapshots where load_id >= $first
        union all select count(*) from raw.posts where load_id >= $first
        union all select count(*) from raw.accounts where load_id >= $first
        union all select count(*) from raw.registry where load_id >= $first
        union all select count(*) from raw.quarantine where load_id >= $first
    )
"""


@dataclass(frozen=True, slots=True)
class LandedFile:
    """A landed file: its key, and where its bytes lie."""

    key: str
    path: Path


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A row of `raw.metrics`: what the metric catalogue says, for SQL to read."""

    metric: str
    definition: str
    platform: str
    object_kind: str
    graph_name: str
    map_key: str | None
    unit: str
    adds: bool
    shape: str
    valid_from: object
    valid_to: object
    meaning: str


@contextmanager
def open_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A writing connection to the warehouse, which is made when it is not there; its lock is free at the end.

    Raises: WarehouseBusy when another process holds it, WarehouseBroken when it cannot be read.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(path))
    except OSError as error:
        raise StorageFailed(
            f"{path.parent} cannot be made: {error.strerror}. Free some space, or set it right."
        ) from None
    except duckdb.Error as error:
        raise explained(path, error) from None
    with connection:
        connection.execute("set enable_progress_bar = false; set TimeZone = 'UTC'")
        connection.execute(SCHEMA)
        yield connection


def loaded_keys(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The keys of the landed files that the load log holds."""
    return {key for (key,) in connection.execute("select file from raw.load_log").fetchall()}


def load_files(
    connection: duckdb.DuckDBPyConnection, files: Sequence[LandedFile], metrics: Iterable[MetricRow], *, at: datetime
) -> tuple[list[int], int]:
    """Append the files to raw, all or nothing; the load ids, one per file in the order given, and how many rows.

    Raises: LandingDamaged, naming the file; StorageFailed when the disk is full.
    """
    first = _next_load_id(connection)
    load_ids = list(range(first, first + len(files)))
    connection.execute("begin")
    try:
        _replace_metrics(connection, metrics)
        if files:
            _append(connection, files, load_ids, at=at)
        rows = connection.execute(ROWS, {"first": first}).fetchall()[0][0]
        connection.execute("commit")
    except duckdb.Error as error:
        connection.execute("rollback")
        raise _why(error, files) from None
    return load_ids, int(rows)


def _append(
    connection: duckdb.DuckDBPyConnection, files: Sequence[LandedFile], load_ids: list[int], *, at: datetime
) -> None:
    keys, paths = [file.key for file in files], [str(file.path) for file in files]
    connection.execute(
        "create or replace temp table files as select unnest($1) as load_id, unnest($2) as file, unnest($3) as path",
        [load_ids, keys, paths],
    )
    connection.execute("set variable paths = (select list(path order by load_id) from files)")
    connection.execute(LOAD)
    digests = [hashlib.sha256(file.path.read_bytes()).hexdigest() for file in files]
    connection.execute(
        """
        insert into raw.load_log
        select files.file, log.sha256, files.load_id, count(landed.load_id), $3
        from (select unnest($1) as load_id, unnest($2) as sha256) as log
        inner join files using (load_id)
        left join landed using (load_id)
        group by all
        order by files.load_id
        """,
        [load_ids, digests, at.replace(tzinfo=None)],
    )


def _replace_metrics(connection: duckdb.DuckDBPyConnection, metrics: Iterable[MetricRow]) -> None:
    connection.execute("delete from raw.metrics")
    for metric in metrics:  # a few dozen
        connection.execute("insert into raw.metrics values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(metric))


def _next_load_id(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("select coalesce(max(load_id), 0) + 1 from raw.load_log").fetchall()[0][0])


def _why(error: duckdb.Error, files: Sequence[LandedFile]) -> Exception:
    first = str(error).splitlines()[0]
    if isinstance(error, duckdb.IOException | duckdb.InvalidInputException | duckdb.ConversionException):
        damaged = next((file for file in files if not _can_be_read(file.path)), None)
        if damaged:
            return LandingDamaged(
                f"{damaged.key} is not what was written: {first}. Nothing was loaded. "
                f"Restore {damaged.path} from a backup, or move it away and refresh again."
            )
    if "No space left" in first:
        return StorageFailed(f"The disk is full: {first}. Nothing was loaded. Free some space and load again.")
    return error


def _can_be_read(path: Path) -> bool:
    with duckdb.connect() as scratch:
        try:
            scratch.execute(
                "select count(*), max(length(body::varchar)), max(line_no) from read_json(?, "
                "format = 'newline_delimited', maximum_object_size = 134217728, "
                "columns = {line_no: 'INTEGER', fetched_at: 'TIMESTAMP', body: 'JSON'})",
                [str(path)],
            )
        except duckdb.Error:
            return False
    return True
