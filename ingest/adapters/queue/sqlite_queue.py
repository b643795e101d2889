"""The embedded queue: one SQLite file in WAL mode, where a commit returns only after the disk has it.

The file is made by `create` before anybody writes: the first switch to WAL leaves a rollback journal that, replayed
after a power failure, would empty a young file. One process writes at a time; readers never wait.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from ingest.adapters.queue.deliveries import KEPT_RAW, LEASE, MOST_ATTEMPTS, Claim, Delivery, QueueFacts
from ingest.domain.errors import StorageFailed

SCHEMA = """
    create table if not exists receipts (
        receipt integer primary key, sha256 text not null, received_at text not null
    );
    create table if not exists deliveries (
        seq integer primary key, sha256 text not null unique, received_at text not null, body blob,
        repeats integer not null default 0, state text not null default 'waiting', attempts integer not null default 0,
        batch_id text, leased_until text, done_at text
    );
    create index if not exists deliveries_open on deliveries (seq) where state in ('waiting', 'leased');
    create index if not exists deliveries_with_bytes on deliveries (done_at) where body is not null;
"""
DELIVERIES = "select sha256, state, received_at, repeats from deliveries order by seq"
RECEIPTS = "select sha256, received_at from receipts order by receipt"
RECEIPT = "insert into receipts (sha256, received_at) values (?, ?)"
PUT = """
    insert into deliveries (sha256, received_at, body) values (?, ?, ?)
    on conflict (sha256) do update set repeats = repeats + 1
"""
BUSY_SECONDS = 5.0
CLAIMABLE = "(state = 'waiting' or (state = 'leased' and leased_until <= :at))"
LEASE_OLDEST = f"""
    update deliveries set state = 'leased', attempts = attempts + 1, batch_id = :batch, leased_until = :until
    where seq in (select seq from deliveries where {CLAIMABLE} order by seq limit :most)
"""  # noqa: S608 - our own condition


class SqliteQueue:
    """Deliveries in a file of this machine; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: sqlite3.Connection | None = None
        self._written_file = 0

    def create(self) -> None:
        """Make the file and its folder, durable, before the first delivery.

        Raises: StorageFailed.
        """
        with _explained(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect(mode="rwc")
            connection.execute("pragma journal_mode = wal")
            connection.executescript(SCHEMA)
            connection.execute("pragma wal_checkpoint(truncate)")
            connection.close()
            self.path.chmod(0o600)
            handle = os.open(self.path.parent, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)

    def takes(self, delivery: Delivery) -> bool:
        """Whatever the receiver lets in, a file can hold."""
        return True

    def put_many(self, deliveries: Sequence[Delivery]) -> None:
        """Keep deliveries in one commit; the receipts say how many there were, the repeats included.

        The connection stays open between calls of one thread: the receiver's writer. A file that was put in the place
        of the one that is open (a backup, say) is the queue from then on.
        Raises: StorageFailed.
        """
        keyed = [(one.sha256, text_of(one.received_at), self._kept(one)) for one in deliveries]
        with _explained(self.path):
            if self._writer is None or self.path.stat().st_ino != self._written_file:
                self.close()
                self._written_file = self.path.stat().st_ino
                self._writer = self._connect()
            try:
                self._writer.execute("begin immediate")
                self._writer.executemany(RECEIPT, [(sha256, at) for sha256, at, _ in keyed])
                self._writer.executemany(PUT, keyed)
                self._writer.execute("commit")
                self._require_same_file()
            except BaseException:
                self.close()
                raise

    def _kept(self, delivery: Delivery) -> bytes | None:
        """The bytes that are kept of a delivery."""
        return delivery.body

    def _require_same_file(self) -> None:
        if self.path.stat().st_ino != self._written_file:
            raise OSError("it was put away while it was written")

    def close(self) -> None:
        """Close the writing connection; the next `put_many` opens another."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def claim(self, *, at: datetime, most: int) -> Claim | None:
        """Lease the oldest deliveries that nobody holds; those that were claimed too often die."""
        batch_id = uuid4().hex
        moments = {"at": text_of(at), "until": text_of(at + LEASE), "batch": batch_id, "most": most}
        with self._open() as file:
            file.execute("begin immediate")
            file.execute(
                f"update deliveries set state = 'dead', done_at = :at "  # noqa: S608 - our own condition
                f"where {CLAIMABLE} and attempts >= {MOST_ATTEMPTS}",
                moments,
            )
            file.execute(LEASE_OLDEST, moments)
            rows = file.execute(
                "select body, received_at from deliveries where batch_id = ? order by seq", (batch_id,)
            ).fetchall()
            file.execute("commit")
        return Claim(batch_id, tuple(Delivery(body, moment_of(came)) for body, came in rows)) if rows else None

    def extend(self, claim: Claim, *, at: datetime) -> None:
        """Keep a claim for another lease."""
        with self._open() as file:
            file.execute(
                "update deliveries set leased_until = ? where batch_id = ? and state = 'leased'",
                (text_of(at + LEASE), claim.batch_id),
            )

    def acknowledge(self, claim: Claim, *, at: datetime) -> None:
        """They are done."""
        with self._open() as file:
            file.execute(
                "update deliveries set state = 'done', done_at = ?, leased_until = null "
                "where batch_id = ? and state = 'leased'",
                (text_of(at), claim.batch_id),
            )

    def forget_bytes(self, *, at: datetime) -> int:
        """Drop the bytes of what was done or dead a week ago, and overwrite them on the disk; hashes stay."""
        if not self.path.exists():
            return 0
        with self._open() as file:
            file.execute("pragma secure_delete = on")
            forgotten = file.execute(
                "update deliveries set body = null "
                "where body is not null and state in ('done', 'dead') and done_at < ?",
                (text_of(at - KEPT_RAW),),
            ).rowcount
            if forgotten:
                file.execute("pragma wal_checkpoint(truncate)").fetchall()
        return forgotten

    def release(self, claim: Claim) -> None:
        """Give a claim back; it does not count as an attempt."""
        with self._open() as file:
            file.execute(
                "update deliveries set state = 'waiting', leased_until = null, attempts = attempts - 1 "
                "where batch_id = ? and state = 'leased'",
                (claim.batch_id,),
            )

    def work_mark(self, *, at: datetime) -> int:
        """The newest delivery that can be claimed; 0 when none can."""
        if not self.path.exists():
            return 0
        with self._open() as file:
            found = file.execute(f"select max(seq) from deliveries where {CLAIMABLE}", {"at": text_of(at)})  # noqa: S608
            return found.fetchone()[0] or 0

    def facts(self) -> QueueFacts:
        """What the queue holds."""
        if not self.path.exists():
            return QueueFacts(0, 0, 0, 0, 0, None)
        with self._open() as file:
            counts = dict(file.execute("select state, count(*) from deliveries group by state").fetchall())
            (repeats,) = file.execute("select coalesce(sum(repeats), 0) from deliveries").fetchone()
            (oldest,) = file.execute(
                "select min(received_at) from deliveries where state in ('waiting', 'leased')"
            ).fetchone()
        waiting, leased, done, dead = (counts.get(name, 0) for name in ("waiting", "leased", "done", "dead"))
        return QueueFacts(waiting, leased, done, dead, repeats, moment_of(oldest) if oldest else None)

    def redrive(self) -> int:
        """Let dead deliveries wait again, with all their attempts; how many."""
        with self._open() as file:
            return file.execute(
                "update deliveries set state = 'waiting', attempts = 0, done_at = null "
                "where state = 'dead' and body is not null"
            ).rowcount

    def ledgers(self) -> tuple[list[tuple[str, str, str, int]], list[tuple[str, str]]]:
        """Deliveries (SHA-256, state, when it came first, repeats) and receipts (SHA-256, moment) as of one moment.

        A receipt is what the receiver has acknowledged, one row per POST: they are only ever appended to.
        """
        with self._open() as file:
            file.execute("begin")
            deliveries = file.execute(
                "select sha256, state, received_at, repeats from deliveries order by seq"
            ).fetchall()
            receipts = file.execute("select sha256, received_at from receipts order by receipt").fetchall()
            file.execute("commit")
        return deliveries, receipts

    def delivery_facts(self, sha256: str) -> tuple[str, str, int, int, int | None] | None:
        """State, when it came, repeats, attempts and bytes kept of a delivery; None when it is unknown."""
        with self._open() as file:
            found: tuple[str, str, int, int, int | None] | None = file.execute(
                "select state, received_at, repeats, attempts, length(body) from deliveries where sha256 = ?", (sha256,)
            ).fetchone()
        return found

    def body(self, sha256: str) -> bytes | None:
        """The bytes of a delivery; None when it is unknown or done for longer than a week."""
        with self._open() as file:
            row = file.execute("select body from deliveries where sha256 = ?", (sha256,)).fetchone()
        return row[0] if row else None

    def _connect(self, *, mode: str = "rw") -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(
            address, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True
        )
        connection.execute("pragma synchronous = full")
        connection.execute("pragma journal_size_limit = 67108864")
        return connection

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with _explained(self.path):
            if not self.path.exists():
                self.create()
            connection = self._connect()
            try:
                yield connection
            finally:
                connection.close()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StorageFailed(
            f"The queue {path} cannot be used: {error}. Nothing was acknowledged. Free some space, or set it right."
        ) from None


def text_of(at: datetime) -> str:
    """A moment as the file holds it: UTC, so that the text sorts as the moments do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def moment_of(text: str) -> datetime:
    """The moment that a text of the file means."""
    return datetime.fromisoformat(text)
