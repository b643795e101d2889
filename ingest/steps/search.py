"""Search: in which stores an object is mentioned, in whatever form these keep it; the proof of an erasure."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.adapters.landing.files import SUFFIX
from ingest.adapters.landing.forgetting import Forgotten
from ingest.adapters.landing.lines import open_landed
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.publication.open_publication import open_publication
from ingest.adapters.publication.publication import DATABASE, Publication
from ingest.adapters.queue.open_queue import is_sqs, open_sqs
from ingest.settings import Settings

ENDS = ("", "-wal", "-journal")
"""What SQLite keeps of a database: the file, and beside it its logs."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A store that was searched: how many things in it, and which of them mention the object."""

    store: str
    looked_at: int
    found: tuple[str, ...]


def search(settings: Settings, object_id: str) -> list[Searched]:
    """Every store, and what in it mentions the object.

    Raises: StorageFailed, LandingDamaged.
    """
    return [
        _landing(settings, object_id),
        _files("queue, events, state", databases(settings), object_id),
        *_sqs(settings, object_id),
        _files("quarantine", _below(settings.quarantine_dir), object_id),
        _files("logs", _below(settings.logs_dir), object_id),
        _warehouse(settings, object_id),
        _publication(settings, object_id),
    ]


def _landing(settings: Settings, object_id: str) -> Searched:
    landing, gone = open_landing(settings), Forgotten.of(object_id)
    keys = landing.keys()
    found = [key for key in keys if gone.names(key)]
    for key in keys:
        if key.endswith(SUFFIX):
            text = b"\n".join(open_landed(landing, key).lines)
        else:
            text = landing.local_path(key).read_bytes()
        if object_id.encode() in text and gone.names(text.decode("utf-8", errors="replace")):
            found.append(key)
    return Searched("landing", len(keys), tuple(sorted(set(found))))


def _sqs(settings: Settings, object_id: str) -> list[Searched]:
    if not is_sqs(settings):
        return []
    from ingest.adapters.queue.sqs_forgetting import mentions

    looked_at, found = mentions(open_sqs(settings), Forgotten.of(object_id).names)
    return [Searched("queue on SQS", looked_at, tuple(found))]


def databases(settings: Settings) -> list[Path]:
    """The SQLite files, with their logs and journals: searched byte by byte, so that no free page holds anything."""
    queue = Path(settings.queue_uri.removeprefix("sqlite:///"))
    paths = [settings.events_path, settings.state_path, *([] if is_sqs(settings) else [queue])]
    return [one for path in paths for end in ENDS if (one := path.with_name(path.name + end)).is_file()]


def _below(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _files(store: str, paths: list[Path], object_id: str) -> Searched:
    found = [str(path) for path in paths if object_id in path.name or object_id.encode() in path.read_bytes()]
    return Searched(store, len(paths), tuple(found))


def _warehouse(settings: Settings, object_id: str) -> Searched:
    folder = settings.warehouse_path.parent
    paths = [settings.warehouse_path, *sorted((folder / "as_of").glob("*.duckdb"))]
    there = [path for path in paths if path.exists()]
    found = [f"{path}: {table}" for path in there for table in tables_naming(path, object_id)]
    return Searched("warehouse", len(there), tuple(found))


def _publication(settings: Settings, object_id: str) -> Searched:
    publication = open_publication(settings)
    paths = publication.paths()
    found = [path for path in paths if holds(publication, path, object_id)]
    return Searched("publication", len(paths), tuple(found))


def holds(publication: Publication, path: str, object_id: str) -> bool:
    """Whether a published file mentions the object: tables are asked, all else is searched as text."""
    local = publication.local_file(path)
    if path.endswith(DATABASE):
        return any(True for _ in tables_naming(local, object_id))
    if path.endswith(".parquet"):
        with duckdb.connect() as engine:
            engine.execute(f"create view t as select * from '{local}'")  # noqa: S608 - a path of ours
            return any(True for _ in _naming(engine, object_id))
    return Forgotten.of(object_id).names(local.read_bytes().decode("utf-8", errors="replace"))


def tables_naming(database: Path, object_id: str) -> Iterator[str]:
    """The tables of a DuckDB file that mention the object in any column."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as engine:
        engine.execute(f"set temp_directory = '{folder}'")
        engine.execute(f"attach '{database}' as asked (read_only)")
        yield from _naming(engine, object_id, database="asked")


def _naming(engine: duckdb.DuckDBPyConnection, object_id: str, *, database: str = "memory") -> Iterator[str]:
    gone = Forgotten.of(object_id)
    tables = engine.execute(
        "select schema_name, table_name from (select database_name, schema_name, table_name from duckdb_tables() "
        "union all select database_name, schema_name, view_name from duckdb_views() where not internal and "
        "database_name = 'memory') where database_name = ? order by all",
        [database],
    ).fetchall()
    for schema, table in tables:
        name = f'"{database}"."{schema}"."{table}"'
        rows = engine.execute(
            f"select t::varchar from {name} as t where contains(t::varchar, ?)",  # noqa: S608 - names of the catalogue
            [object_id],
        ).fetchall()
        if any(gone.names(text) for (text,) in rows):
            yield f"{schema}.{table}"
