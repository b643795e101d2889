"""The ledger of answers: how many each reading was given, and whether they landed or lie in quarantine.

It is written before an answer lands, durable, in the client's file: every landed file is expected here. When the file
is lost, a new ledger begins, and what landed before it is not asked for.
"""

from datetime import UTC, datetime
from pathlib import Path

from ingest.adapters.sqlite_file import SqliteFile

SCHEMA = """
    create table if not exists answers (place text primary key, answers integer not null, outcome text not null);
    create table if not exists answers_began (began_at text not null);
"""
READ, LANDED, QUARANTINED = "read", "landed", "quarantined"
AnswerRow = tuple[str, int, str, str]
"""Place (a batch, or the SHA-256 of a refused answer), how many answers, outcome, and when the ledger began."""


class AnswerLedger:
    """What was read; for one thread; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = SqliteFile(path, SCHEMA, synchronous="full", consequence="Nothing was landed. ")

    def note_read(self, batch_id: str, answers: int, *, at: datetime) -> None:
        """So many answers are about to land as this batch."""
        self._note(batch_id, answers, READ, at)

    def note_landed(self, batch_id: str) -> None:
        """The batch has landed."""
        with self._file.transaction() as file:
            file.execute("update answers set outcome = ? where place = ?", (LANDED, batch_id))

    def note_quarantined(self, sha256: str, *, at: datetime) -> None:
        """One answer was none; its bytes are about to lie in quarantine."""
        self._note(sha256, 1, QUARANTINED, at)

    def forget(self, place: str) -> None:
        """A batch or a refused answer was erased: it is expected no more."""
        with self._file.transaction() as file:
            file.execute("delete from answers where place = ?", (place,))

    def rows(self) -> list[AnswerRow]:
        """Every reading that was noted."""
        if not self._path.exists():
            return []
        with self._file.transaction() as file:
            return file.execute(
                "select place, answers, outcome, began_at from answers cross join answers_began order by place"
            ).fetchall()

    def _note(self, place: str, answers: int, outcome: str, at: datetime) -> None:
        with self._file.transaction() as file:
            began = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
            file.execute("insert into answers_began select ? where not exists (select 1 from answers_began)", (began,))
            file.execute("insert or ignore into answers values (?, ?, ?)", (place, answers, outcome))
