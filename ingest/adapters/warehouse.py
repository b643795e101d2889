"""The warehouse: a private DuckDB file. Here its schema `raw` is made and filled from landed files."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import zstandard

from ingest.adapters.compiled_models import note_build
from ingest.adapters.exports.loading import load_exports
from ingest.adapters.exports.offline_loading import load_offline
from ingest.adapters.landing.envelope import READABLE, SCHEMA_VERSION
from ingest.adapters.row_files import insert_rows
from ingest.adapters.warehouse_file import explained, shared
from ingest.domain.errors import LandingDamaged, StorageFailed

HERE = Path(__file__).parent
SCHEMA = (HERE / "raw_schema.sql").read_text(encoding="utf-8")
LOAD = (HERE / "raw_load.sql").read_text(encoding="utf-8")
ROWS = """
    select coalesce(sum(rows), 0)::bigint from (
        select count(*) as rows from raw.snapshots where load_id >= getvariable('first')
        union all select count(*) from raw.posts where load_id >= getvariable('first')
        union all select count(*) from raw.accounts where load_id >= getvariable('first')
        union all select count(*) from raw.registry where load_id >= getvariable('first')
        union all select count(*) from raw.survey_results where load_id >= getvariable('first')
        union all select count(*) from raw.activities where load_id >= getvariable('first')
        union all select count(*) from raw.ads where load_id >= getvariable('first')
        union all select count(*) from raw.quarantine where load_id >= getvariable('first')
    )
"""
VERSION = re.compile(rb'^\{"schema_version":(\d+),', re.MULTILINE)
SMALLEST_BUFFER = 128 * 1024
"""DuckDB holds several buffers of the longest line that it is told of, in each thread."""
SMALL_LOAD = 4 * 1024 * 1024
"""So few landed bytes are read by one thread: a second one costs its buffers and saves nothing."""


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
    products: str
    map_key: str | None
    breakdown: str | None
    unit: str
    adds: bool
    shape: str
    valid_from: object
    valid_to: object
    in_marts: bool
    meaning: str


@contextmanager
def open_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A writing connection to the warehouse, which is made when it is not there; its lock is free at the end.

    Raises: WarehouseBusy when another process holds it, WarehouseBroken when it cannot be read.
    """
    known = shared(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = known or duckdb.connect(str(path))
    except OSError as error:
        raise StorageFailed(
            f"{path.parent} cannot be made: {error.strerror}. Free some space, or set it right."
        ) from None
    except duckdb.Error as error:
        raise explained(path, error) from None
    with connection:
        connection.execute("set enable_progress_bar = false; set TimeZone = 'UTC'")
        if not known:
            connection.execute(SCHEMA)
        yield connection


def loaded_keys(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The keys of the landed files that the load log holds."""
    return {key for (key,) in connection.execute("select file from raw.load_log").fetchall()}


def load_files(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[LandedFile],
    metrics: Iterable[MetricRow],
    *,
    at: datetime,
    local_path: Callable[[str], Path],
) -> tuple[list[int], int]:
    """Append the files to raw, all or nothing; the load ids, one per file in the order given, and how many rows.

    `local_path` gives the place of a landed file by its key: of the imported files that lie beside their lines.

    Raises: LandingDamaged, naming the file; StorageFailed when the disk is full.
    """
    whole = [require_whole(file) for file in files]
    first = _next_load_id(connection)
    load_ids = list(range(first, first + len(files)))
    connection.execute("begin")
    try:
        _replace_metrics(connection, metrics)
        if files:
            _append(
                connection, files, load_ids, [digest for digest, _ in whole], at=at, longest=max(n for _, n in whole)
            )
            load_exports(connection, local_path)
            load_offline(connection, local_path)
            _withdraw_superseded(connection)
        connection.execute(f"set variable first = {first:d}")
        rows = connection.execute(ROWS).fetchall()[0][0]
        connection.execute("commit")
    except duckdb.Error as error:
        connection.execute("rollback")
        raise _why(error, files) from None
    return load_ids, int(rows)


def require_whole(file: LandedFile) -> tuple[str, int]:
    """The SHA-256 of a landed file that is whole, and its longest line in bytes.

    DuckDB itself reads a cut file to the cut, and says nothing.

    Raises: LandingDamaged.
    """
    try:
        content = file.path.read_bytes()
        lines = zstandard.ZstdDecompressor().decompress(content)
    except zstandard.ZstdError as error:
        raise _damaged(file, str(error)) from None
    except OSError as error:
        raise _damaged(file, str(error.strerror)) from None
    if not lines.endswith(b"\n"):
        raise _damaged(file, "its last line has no end")
    if newer := {int(version) for version in VERSION.findall(lines)} - READABLE:
        raise LandingDamaged(
            f"{file.key} has schema version {max(newer)}; this release reads up to {SCHEMA_VERSION}. Nothing was "
            "loaded. A newer release wrote it: update campaign-reach."
        )
    return hashlib.sha256(content).hexdigest(), max(map(len, lines.splitlines()))


def _append(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[LandedFile],
    load_ids: list[int],
    digests: list[str],
    *,
    at: datetime,
    longest: int,
) -> None:
    connection.execute(
        "create or replace temp table files "
        "(load_id bigint, file varchar, path varchar, sha256 varchar, loaded_at timestamp)"
    )
    loaded_at = at.replace(tzinfo=None)
    given = zip(load_ids, files, digests, strict=True)
    insert_rows(connection, "files", [(one, file.key, file.path, sha256, loaded_at) for one, file, sha256 in given])
    connection.execute("set variable paths = (select list(path order by load_id) from files)")
    connection.execute(f"set variable longest_line = {max(longest + 1, SMALLEST_BUFFER):d}::uinteger")
    if sum(file.path.stat().st_size for file in files) < SMALL_LOAD:
        connection.execute("set threads = 1")
    connection.execute(LOAD)
    connection.execute("reset threads")
    connection.execute(
        """
        insert into raw.load_log
        select files.file, files.sha256, files.load_id, count(landed.load_id), files.loaded_at
        from files
        left join landed using (load_id)
        group by all
        order by files.load_id
        """
    )


def _replace_metrics(connection: duckdb.DuckDBPyConnection, metrics: Iterable[MetricRow]) -> None:
    connection.execute("drop table raw.metrics")
    connection.execute(SCHEMA)
    insert_rows(connection, "raw.metrics", [astuple(metric) for metric in metrics])


def _next_load_id(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("select coalesce(max(load_id), 0) + 1 from raw.load_log").fetchall()[0][0])


def _why(error: duckdb.Error, files: Sequence[LandedFile]) -> Exception:
    """What a failed load means: a file that is not what was written, a full disk, or a fault of ours."""
    first = str(error).splitlines()[0]
    if "No space left" in first:
        return StorageFailed(f"The disk is full: {first}. Nothing was loaded. Free some space and load again.")
    if isinstance(error, duckdb.InvalidInputException | duckdb.ConversionException):
        named = next((file for file in files if str(file.path) in str(error)), None)
        if named:
            return _damaged(named, first)
    return error


def _damaged(file: LandedFile, reason: str) -> LandingDamaged:
    return LandingDamaged(
        f"{file.key} is not what was written: {reason}. Nothing was loaded. "
        f"Restore {file.path} from a backup, or move it away and refresh again."
    )


def uncounted_keys(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The keys of loaded files of which an older release did not count the objects."""
    found = "select file from raw.load_log anti join raw.loaded_objects using (load_id) order by load_id"
    return [key for (key,) in connection.execute(found).fetchall()]


def replace_refused_answers(connection: duckdb.DuckDBPyConnection, refused: Sequence[tuple[str, str]]) -> None:
    """Put what lies in the quarantine folder (SHA-256, when it was read) in the place of what lay there."""
    connection.execute("begin")
    connection.execute("delete from raw.refused_answers")
    insert_rows(connection, "raw.refused_answers", refused)
    connection.execute("commit")


IMPORTED = ("snapshots", "posts", "ads", "imports", "survey_results", "activities", "quarantine")
"""The tables that rows of imported files stand in."""


def _withdraw_superseded(connection: duckdb.DuckDBPyConnection) -> None:
    """Take out the rows of imported files whose place a newer reading has taken, in whichever order they are loaded.

    What was built holds no more then: the next build makes everything anew.
    """
    connection.execute(
        "insert into raw.superseded select distinct request ->> '$.params.instead_of', landing_file from landed "
        "where source = 'export' and (request ->> '$.params.instead_of') is not null"
    )
    superseded = (
        "select landing_file from raw.superseded where by_file in (select file from files) "
        "or landing_file in (select file from files)"
    )
    if not connection.execute(f"{superseded} limit 1").fetchall():
        return
    for table in IMPORTED:
        connection.execute(f"delete from raw.{table} where landing_file in ({superseded})")  # noqa: S608
    note_build(connection, None)


def forget_files(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> None:
    """Take landed files out of raw and out of the load log, so that the next load reads them again; all or nothing."""
    connection.execute("begin")
    for table in (*IMPORTED, "accounts", "registry"):
        connection.execute(f"delete from raw.{table} where landing_file in (select unnest($1))", [keys])  # noqa: S608
    connection.execute("delete from raw.superseded where by_file in (select unnest($1))", [keys])
    forgotten = "(select load_id from raw.load_log where file in (select unnest($1)))"
    connection.execute(f"delete from raw.loaded_objects where load_id in {forgotten}", [keys])  # noqa: S608
    connection.execute("delete from raw.load_log where file in (select unnest($1))", [keys])
    note_build(connection, None)
    connection.execute("commit")
