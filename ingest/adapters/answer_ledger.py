"""The ledger of answers: how many each reading was given, and whether they landed or lie in quarantine.

It is written before an answer lands, durable, in the client's file: every landed file is expected here. When the file
is lost, a new ledger begins, and what landed before it is not asked for.
"""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from ingest.domain.errors import StorageFailed

SCHEMA = """
    create table if not exists answers (place text primary key, answers integer not null, outcome text not null);
    create table if not exists answers_began (began_at text not null);
"""
READ, LANDED, QUARANTINED = "read", "landed", "quarantined"
AnswerRow = tuple[str, int, str, str]
"""Place (a batch, or the SHA-256 of a refused answer), how many answers, outcome, and when the ledger began."""


class AnswerLedger:
    """What was read; every method is one transaction. It stays open, for one thread, as long as the object lives."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: sqlite3.Connection | None = None

    def note_read(self, batch_id: str, answers: int, *, at: datetime) -> None:
        """So many answers are about to land as this batch."""
        self._note(batch_id, answers, READ, at)

    def note_landed(self, batch_id: str) -> None:
        """The batch has landed."""
        with self._open() as file:
            file.execute("update answers set outcome = ? where place = ?", (LANDED, batch_id))

    def note_quarantined(self, sha256: str, *, at: datetime) -> None:
        """One answer was none; its bytes are about to lie in quarantine."""
        self._note(sha256, 1, QUARANTINED, at)

    def forget(self, place: str) -> None:
        """A batch or a refused answer was erased: it is expected no more."""
        with self._open() as file:
            file.execute("delete from answers where place = ?", (place,))

    def rows(self) -> list[AnswerRow]:
        """Every reading that was noted."""
        if not self._path.exists():
            return []
        with self._open() as file:
            return file.execute(
                "select place, answers, outcome, began_at from answers cross join answers_began order by place"
            ).fetchall()

    def _note(self, place: str, answers: int, outcome: str, at: datetime) -> None:
        with self._open() as file:
            began = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
            file.execute("insert into answers_began select ? where not exists (select 1 from answers_began)", (began,))
            file.execute("insert or ignore into answers values (?, ?, ?)", (place, answers, outcome))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._file is None:
                self._file = self._opened()
            self._file.execute("begin immediate")
            try:
                yield self._file
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    self._file.execute("rollback")
                raise
            self._file.execute("commit")
        except (OSError, sqlite3.Error) as error:
            raise StorageFailed(
                f"{self._path} cannot be used: {error}. Nothing was landed. It may be deleted; it is made anew."
            ) from None

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, file.close)
        file.execute("pragma synchronous = full")
        file.executescript(SCHEMA)
        return file
