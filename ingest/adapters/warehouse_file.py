"""The warehouse's file: opened by whoever asks, shared while somebody holds it open, and what an error of it means."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import duckdb

from ingest.domain.errors import NoWarehouse, WarehouseBroken, WarehouseBusy

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
