"""A DuckDB engine beside a prepared version: offline, in UTC, its errors said as what could not be stored."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from pathlib import Path

import duckdb

from ingest.adapters.warehouse_file import use_threads
from ingest.domain.errors import StorageFailed
from ingest.domain.marts import key_of

Connection = duckdb.DuckDBPyConnection

OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


_shared: ContextVar[Connection | None] = ContextVar("engine", default=None)


@contextmanager
def one_engine(candidate: Path, warehouse: Path) -> Iterator[None]:
    """Until the end, everything beside the candidate of a warehouse is done by one engine: to make one takes 20 ms."""
    with _made(candidate) as engine:
        use_threads(engine, warehouse)
        token = _shared.set(engine)
        try:
            yield
        finally:
            _shared.reset(token)


@contextmanager
def engine_beside(candidate: Path) -> Iterator[Connection]:
    """An engine beside the candidate, offline; what does not fit into memory lies in a sibling of its folder."""
    shared = _shared.get()
    with _explained(candidate), nullcontext(shared) if shared else _made(candidate) as engine:
        yield engine


@contextmanager
def _made(candidate: Path) -> Iterator[Connection]:
    with duckdb.connect(config=OFFLINE | {"temp_directory": str(candidate.parent.with_name("spill"))}) as engine:
        engine.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        yield engine


@contextmanager
def _explained(candidate: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException, OSError) as error:
        first = str(error).splitlines()[0]
        raise StorageFailed(
            f"The candidate could not be written in {candidate.parent}: {first}. "
            "The served version stays as it was. Make room or set the permissions, then publish again."
        ) from None


@contextmanager
def opened(candidate: Path, *, read_only: bool = True) -> Iterator[Connection]:
    """An engine with the candidate attached as `candidate`."""
    with engine_beside(candidate) as engine:
        engine.execute(f"attach {literal(candidate)} as candidate {'(read_only)' if read_only else ''}")
        with detaching(engine, "candidate"):
            yield engine


@contextmanager
def detaching(engine: Connection, *databases: str) -> Iterator[None]:
    """Detach databases at the end, whatever happened, so that their locks are free."""
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):
            engine.execute("rollback")
        raise
    finally:
        for one in databases:
            engine.execute(f"detach database if exists {one}")


def tables_in(engine: Connection, database: str) -> list[str]:
    """The tables of the schema `marts` of an attached database, by name."""
    listing = """
        select table_name from information_schema.tables
        where table_catalog = ? and table_schema = 'marts' order by table_name
    """
    return [name for (name,) in engine.execute(listing, [database]).fetchall()]


def in_order(table: str) -> str:
    """The ORDER BY of a table: its key, which is unique, or all columns of a table that has none."""
    return f"order by {', '.join(map(quoted, key_of(table))) or 'all'}"


def quoted(identifier: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A text as SQL takes it, whatever is in it."""
    return "'" + str(value).replace("'", "''") + "'"
