"""A small SQLite file of ours: made when first used, open as long as its object lives, one transaction at a time."""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.domain.errors import StorageFailed


class SqliteFile:
    """One file, for one thread. `synchronous` is SQLite's word for what a commit waits for."""

    def __init__(self, path: Path, schema: str, *, synchronous: str, consequence: str = "") -> None:
        self._path = path
        self._schema = schema
        self._synchronous = synchronous
        self._consequence = consequence
        self._connection: sqlite3.Connection | None = None
        self._is_together = False

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The file, whose changes within are kept whole or not at all; within `together`, as a part of its changes.

        Raises: StorageFailed, with what follows from it.
        """
        try:
            if self._connection is None:
                self._connection = self._opened()
            if self._is_together:
                yield self._connection
                return
            with self._connection:
                yield self._connection
        except (OSError, sqlite3.Error) as error:
            raise StorageFailed(
                f"{self._path} cannot be used: {error}. {self._consequence}It may be deleted; it is made anew."
            ) from None

    @contextmanager
    def together(self) -> Iterator[None]:
        """All transactions within are one.

        Raises: StorageFailed.
        """
        with self.transaction():
            self._is_together = True
            try:
                yield
            finally:
                self._is_together = False

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self._path, timeout=30, check_same_thread=False)  # the collector may close it elsewhere
        weakref.finalize(self, file.close)
        file.execute(f"pragma synchronous = {self._synchronous}")
        if self._synchronous == "full":
            file.execute("pragma journal_mode = persist")  # to make and remove it on disk takes five times as long
        file.executescript(self._schema)
        return file
