"""Events: what the deliveries ask for, each known once, with its state; in an SQLite file beside the queue.

`drained` says of each delivery how many changes it held: all of them are events, or came before, or are quarantined.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path

from ingest.domain.errors import StorageFailed
from ingest.domain.events import Event

SCHEMA = """
    create table if not exists events (
        event_id text primary key, delivery_sha256 text not null, kind text not null, platform text not null,
        account_id text not null, object_id text not null, field text not null, verb text not null, occurred_at text,
        received_at text not null, state text not null, reason text not null, attempts integer not null default 0,
        not_before_at text, done_at text
    );
    create index if not exists events_waiting on events (received_at) where state = 'waiting';
    create table if not exists drained (
        delivery_sha256 text primary key, changes integer not null, events integer not null,
        coalesced integer not null, quarantined integer not null, drained_at text not null
    );
"""
COLUMNS = (
    "event_id, delivery_sha256, kind, platform, account_id, object_id, field, verb, occurred_at, received_at, state, "
    "reason, attempts"
)
MOST_EVENT_ATTEMPTS = 5


class EventStore:
    """The events' file; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, delivery_sha256: str, events: Sequence[Event], *, at: datetime) -> int:
        """Keep what one delivery holds; how many were news. The same delivery again is nothing."""
        with self._open() as file:
            file.execute("begin immediate")
            if file.execute("select 1 from drained where delivery_sha256 = ?", (delivery_sha256,)).fetchone():
                file.execute("commit")
                return 0
            fresh = [event for event in events if _insert(file, event)]
            kept = sum(event.state == "quarantined" for event in fresh)
            row = (delivery_sha256, len(events), len(fresh) - kept, len(events) - len(fresh), kept, _text(at))
            file.execute("insert into drained values (?, ?, ?, ?, ?, ?)", row)
            file.execute("commit")
        return len(fresh)

    def due(self, *, at: datetime) -> list[Event]:
        """Events that wait for nothing but us, the oldest first."""
        with self._open() as file:
            rows = file.execute(
                f"select {COLUMNS} from events where state = 'waiting' "  # noqa: S608 - our own columns
                "and (not_before_at is null or not_before_at <= ?) order by received_at, event_id",
                (_text(at),),
            ).fetchall()
        return [_event(row) for row in rows]

    def due_count(self, *, at: datetime) -> int:
        """How many events wait for nothing but us."""
        if not self._path.exists():
            return 0
        with self._open() as file:
            found = file.execute(
                "select count(*) from events where state = 'waiting' and (not_before_at is null or not_before_at <= ?)",
                (_text(at),),
            )
            return int(found.fetchone()[0])

    def finish(self, events: Iterable[Event], *, at: datetime) -> None:
        """What they asked for has landed."""
        with self._open() as file:
            file.execute("begin immediate")
            file.executemany(
                "update events set state = 'done', done_at = ? where event_id = ?",
                [(_text(at), event.event_id) for event in events],
            )
            file.execute("commit")

    def put_off(self, events: Iterable[Event], *, until: datetime, reason: str, counts: bool = True) -> None:
        """Let events wait. Those that were tried too often die, unless the attempt does not count (a quota, say)."""
        step = 1 if counts else 0
        with self._open() as file:
            file.execute("begin immediate")
            file.executemany(
                "update events set attempts = attempts + ?, not_before_at = ?, reason = ?, "
                "state = case when attempts + ? >= ? then 'dead' else 'waiting' end where event_id = ?",
                [(step, _text(until), reason, step, MOST_EVENT_ATTEMPTS, event.event_id) for event in events],
            )
            file.execute("commit")

    def redrive(self, event_ids: Sequence[str] = (), *, states: Sequence[str] = ("dead",)) -> int:
        """Let events wait again that are dead (or quarantined), all or those named; how many."""
        marks = ", ".join("?" * len(states))
        chosen = f" and event_id in ({', '.join('?' * len(event_ids))})" if event_ids else ""
        with self._open() as file:
            return file.execute(
                "update events set state = 'waiting', attempts = 0, not_before_at = null, reason = '' "  # noqa: S608
                f"where state in ({marks}) and kind <> 'unreadable'{chosen}",
                (*states, *event_ids),
            ).rowcount

    def quarantine(self, event_ids: Sequence[str], *, reason: str) -> int:
        """Take waiting or dead events out of the way, with a reason; how many."""
        with self._open() as file:
            return file.execute(
                "update events set state = 'quarantined', reason = ? where state in ('waiting', 'dead') "  # noqa: S608
                f"and event_id in ({', '.join('?' * len(event_ids))})",
                (reason, *event_ids),
            ).rowcount

    def listed(self, *, state: str | None = None, most: int = 100) -> list[Event]:
        """Events for people, the newest first."""
        with self._open() as file:
            rows = file.execute(
                f"select {COLUMNS} from events where state = coalesce(?, state) "  # noqa: S608
                "order by received_at desc, event_id limit ?",
                (state, most),
            ).fetchall()
        return [_event(row) for row in rows]

    def named(self, ids: Sequence[str]) -> list[Event]:
        """Events by their ids, or by how these begin."""
        with self._open() as file:
            rows = [
                row
                for one in ids
                for row in file.execute(f"select {COLUMNS} from events where event_id glob ? || '*'", (one,))  # noqa: S608
            ]
        return [_event(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many events are in each state."""
        if not self._path.exists():
            return {}
        with self._open() as file:
            return dict(file.execute("select state, count(*) from events group by state order by state").fetchall())

    def oldest_waiting(self) -> datetime | None:
        """When the oldest event that waits was received; None when none waits."""
        if not self._path.exists():
            return None
        with self._open() as file:
            (oldest,) = file.execute("select min(received_at) from events where state = 'waiting'").fetchone()
        return datetime.fromisoformat(oldest) if oldest else None

    def last_read(self, object_id: str) -> datetime | None:
        """When an event last had this object read."""
        with self._open() as file:
            (done,) = file.execute(
                "select max(done_at) from events where object_id = ? and state = 'done'", (object_id,)
            ).fetchone()
        return datetime.fromisoformat(done) if done else None

    def ledger(self) -> list[tuple[str, int, int, int, int]]:
        """Every drained delivery: SHA-256, changes, events, coalesced, quarantined."""
        with self._open() as file:
            return file.execute(
                "select delivery_sha256, changes, events, coalesced, quarantined from drained order by 1"
            ).fetchall()

    def states(self) -> list[tuple[str, str, str]]:
        """Every event: its id, the delivery that brought it first, its state."""
        with self._open() as file:
            return file.execute("select event_id, delivery_sha256, state from events order by 1").fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not self._path.exists()
            connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
            try:
                connection.execute("pragma synchronous = full")
                if is_new:
                    connection.execute("pragma journal_mode = wal")
                connection.executescript(SCHEMA)
                yield connection
            finally:
                connection.close()
        except (OSError, sqlite3.Error) as error:
            raise StorageFailed(f"The events in {self._path} cannot be used: {error}. They wait.") from None


def _insert(file: sqlite3.Connection, event: Event) -> bool:
    values = [_text(one) if isinstance(one, datetime) else one for one in astuple(event)]
    found = file.execute(
        f"insert into events ({COLUMNS}) values ({', '.join('?' * 13)}) on conflict (event_id) do nothing",  # noqa: S608
        values,
    )
    return found.rowcount == 1


def _event(row: Sequence[object]) -> Event:
    values = list(row)
    values[8] = datetime.fromisoformat(str(values[8])) if values[8] else None
    values[9] = datetime.fromisoformat(str(values[9]))
    return Event(*values)  # type: ignore[arg-type]


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
