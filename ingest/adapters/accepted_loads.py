"""The loads that the landed-batch gate has let pass, kept in the warehouse's schema `gate`.

A stopped load stays in the load log: without this list the next run would build on it unseen. After a rebuild
the list is empty and everything is judged again.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path

import duckdb

from ingest.domain.errors import NoWarehouse, WarehouseBroken, WarehouseBusy

SCHEMA = """
    create schema if not exists gate;
    create table if not exists gate.accepted_loads (load_id bigint not null, accepted_at timestamp not null);
"""
NOT_ACCEPTED = "select load_id, file from raw.load_log anti join {accepted} using (load_id) order by load_id"


_held: ContextVar[tuple[Path, duckdb.DuckDBPyConnection] | None] = ContextVar("held", default=None)
SMALL_WAREHOUSE = 64 * 1024 * 1024
"""Below so many bytes a second thread costs more than it gives: DuckDB shares work by 120,000 rows."""


def use_threads(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """Let a connection work with one thread as long as the warehouse is small: an event saves a quarter of its CPU."""
    if warehouse.exists() and warehouse.stat().st_size < SMALL_WAREHOUSE:
        connection.execute("set threads = 1")


@contextmanager
def held(warehouse: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Until the end, whoever opens this warehouse shares its open file: to open and close it anew takes 40 ms."""
    token = _held.set((warehouse, connection))
    try:
        yield
    finally:
        _held.reset(token)


def shared(warehouse: Path) -> duckdb.DuckDBPyConnection | None:
    """Another connection to the file that is held open; None when none is, or another one."""
    path, connection = _held.get() or (None, None)
    return connection.cursor() if connection is not None and path == warehouse else None


@contextmanager
def opened(warehouse: Path, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the warehouse, offline; closed at the end, so that its lock is free.

    Raises: WarehouseBusy when another process holds it, WarehouseBroken when it is not there or cannot be read.
    """
    if not warehouse.exists():
        raise NoWarehouse(f"There is no warehouse at {warehouse}. Run `campaign-reach load` and `build` first.")
    try:
        connection = shared(warehouse) or duckdb.connect(str(warehouse), read_only=read_only)
    except duckdb.Error as error:
        raise explained(warehouse, error) from None
    try:
        with connection:
            yield connection
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise explained(warehouse, error) from None


def explained(warehouse: Path, error: duckdb.Error) -> WarehouseBusy | WarehouseBroken:
    """What an error on opening the warehouse means, and what to do."""
    first = str(error).splitlines()[0]
    if "lock" in first:
        return WarehouseBusy(f"Another process has {warehouse} open: {first}. Try again when it has ended.")
    return WarehouseBroken(
        f"The warehouse {warehouse} cannot be read: {first}. Delete it, then load and build: landing has it all."
    )


def loaded_hashes(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """SHA-256 of each landed file when it was loaded, by landing key."""
    return dict(connection.execute("select file, sha256 from raw.load_log").fetchall())


def not_accepted(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str]]:
    """Load id and landing key of each loaded file that the gate has not let pass yet."""
    has_list = connection.execute("select 1 from duckdb_tables() where schema_name = 'gate'").fetchone()
    accepted = "gate.accepted_loads" if has_list else "(select 0::bigint as load_id where false)"
    return connection.execute(NOT_ACCEPTED.format(accepted=accepted)).fetchall()


def accept(connection: duckdb.DuckDBPyConnection, load_ids: Iterable[int], *, at: datetime) -> None:
    """Note that the gate has let these loads pass."""
    connection.execute(SCHEMA)
    connection.execute("insert into gate.accepted_loads select unnest(?), ?", [list(load_ids), at.replace(tzinfo=None)])
