"""How far DuckDB is with what it was asked, told while it works: so that a bar moves while a large file is read."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

EVERY_SECONDS = 0.2


@contextmanager
def told_while_working(
    connection: duckdb.DuckDBPyConnection, told: Callable[[float], None], *, every: float = EVERY_SECONDS
) -> Iterator[None]:
    """Tell now and then which part of the work is done, from 0 to 1, never less than before.

    How many queries the work has is not known: each takes half of what is left, the first and longest the first half.
    """
    connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    is_over = threading.Event()

    def watch() -> None:
        queries, before = 0, 0.0
        while not is_over.wait(every):
            now = max(0.0, connection.query_progress() / 100)
            queries += now < before
            before = now
            told(1 - 0.5 ** (queries + now))

    watcher = threading.Thread(target=watch, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
        connection.execute("set enable_progress_bar = false")
