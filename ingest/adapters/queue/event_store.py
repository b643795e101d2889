"""Events: what the deliveries ask for, each known once, with its state; in an SQLite file beside the queue.

`drained` says of each delivery how many changes it held: all of them are events, or came before, or are quarantined.
`landing_batches` says which batch a delivery was about to land in, so that a drain that died lands nothing twice.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.domain.errors import StorageFailed
from ingest.domain.events import FOLLOWED, NOT_THERE_YET, Event

SCHEMA = """
    create table if not exists events (
        event_id text primary key, delivery_sha256 text not null, kind text not null, platform text not null,
        account_id text not null, object_id text not null, field text not null, verb text not null, occurred_at text,
        received_at text not null, state text not null, reason text not null, attempts integer not null default 0,
        not_before_at text, done_at text
    );
    create index if not exists events_waiting on events (received_at) where state = 'waiting';
    create index if not exists events_done on events (object_id, done_at) where state = 'done';
    create index if not exists events_delivered on events (delivery_sha256) where delivery_sha256 <> '';
    create table if not exists drained (
        delivery_sha256 text primary key, changes integer not null, events integer not null,
        coalesced integer not null, quarantined integer not null, drained_at text not null
    );
    create table if not exists landing_batches (
        delivery_sha256 text not null, account_id text not null, batch_id text not null,
        primary key (delivery_sha256, account_id, batch_id)
    );
    create table if not exists noticed (what text primary key, mark text not null);
"""
COLUMNS = (
    "event_id, delivery_sha256, kind, platform, account_id, object_id, field, verb, occurred_at, received_at, state, "
    "reason, attempts"
)
MOST_EVENT_ATTEMPTS = 5
SWEEPS_KEPT = timedelta(days=2)


class EventStore:
    """The events' file; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add_delivered(self, held: Mapping[str, Sequence[Event]], *, at: datetime) -> int:
        """Keep what deliveries hold, by SHA-256, in one commit; how many were news. A known delivery is nothing."""
        news = 0
        with self._open() as file:
            file.execute("begin immediate")
            for sha256, events in held.items():
                if file.execute("select 1 from drained where delivery_sha256 = ?", (sha256,)).fetchone():
                    continue
                fresh = [event for event in events if _insert(file, event)]
                kept = sum(event.state == "quarantined" for event in fresh)
                row = (sha256, len(events), len(fresh) - kept, len(events) - len(fresh), kept, _text(at))
                file.execute("insert into drained values (?, ?, ?, ?, ?, ?)", row)
                file.execute("delete from landing_batches where delivery_sha256 = ?", (sha256,))
                news += len(fresh)
            file.execute("commit")
        return news

    def add_noticed(self, events: Iterable[Event], marks: Mapping[str, str], *, at: datetime) -> int:
        """Keep what was noticed here, and by which marks, in one commit; how many were news.

        Each is due at the moment it says. What the clock asked for is forgotten two days after it is done.
        """
        with self._open() as file:
            file.execute("begin immediate")
            fresh = [event for event in events if _insert(file, event)]
            file.executemany(
                "update events set not_before_at = ? where event_id = ?",
                [(_text(event.received_at), event.event_id) for event in fresh],
            )
            file.executemany("insert or replace into noticed values (?, ?)", list(marks.items()))
            over = "delete from events where kind = 'sweep' and state = 'done' and done_at < ?"
            file.execute(over, (_text(at - SWEEPS_KEPT),))
            file.execute("commit")
        return len(fresh)

    def noticed(self) -> dict[str, str]:
        """By which mark each thing outside was noticed last: the drop folder, the campaign files, a poll."""
        if not self._path.exists():
            return {}
        with self._open() as file:
            return dict(file.execute("select what, mark from noticed").fetchall())

    def undrained(self, sha256s: Iterable[str]) -> set[str]:
        """Those of the deliveries that were not drained before."""
        with self._open() as file:
            known = "select 1 from drained where delivery_sha256 = ?"
            return {one for one in sha256s if not file.execute(known, (one,)).fetchone()}

    def note_batches(self, batches: Iterable[tuple[str, str, str]]) -> None:
        """Which batch is about to take in which delivery, for which account; durable before the batch lands."""
        with self._open() as file:
            file.execute("begin immediate")
            file.executemany("insert or ignore into landing_batches values (?, ?, ?)", list(batches))
            file.execute("commit")

    def noted_batches(self, sha256s: Iterable[str]) -> set[tuple[str, str, str]]:
        """Delivery, account and batch of what was about to land when a drain died."""
        with self._open() as file:
            noted = "select delivery_sha256, account_id, batch_id from landing_batches where delivery_sha256 = ?"
            return {row for one in sha256s for row in file.execute(noted, (one,))}

    def due(self, *, at: datetime, kinds: Sequence[str] = FOLLOWED) -> list[Event]:
        """Events of these kinds that wait for nothing but us, the oldest first."""
        with self._open() as file:
            rows = file.execute(
                f"select {COLUMNS} from events where state = 'waiting' "  # noqa: S608 - our own columns
                f"and kind in ({', '.join('?' * len(kinds))}) and (not_before_at is null or not_before_at <= ?) "
                "order by received_at, event_id",
                (*kinds, _text(at)),
            ).fetchall()
        return [_event(row) for row in rows]

    def due_count(self, *, at: datetime, kinds: Sequence[str] = FOLLOWED) -> int:
        """How many events of these kinds wait for nothing but us."""
        if not self._path.exists():
            return 0
        with self._open() as file:
            found = file.execute(
                "select count(*) from events where state = 'waiting' "  # noqa: S608 - question marks
                f"and kind in ({', '.join('?' * len(kinds))}) and (not_before_at is null or not_before_at <= ?)",
                (*kinds, _text(at)),
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
        self.put_off_each(((event, until) for event in events), reason=reason, counts=counts)

    def put_off_each(self, waits: Iterable[tuple[Event, datetime]], *, reason: str, counts: bool = True) -> None:
        """Let each event wait until its own moment, in one commit."""
        step = 1 if counts else 0
        with self._open() as file:
            file.execute("begin immediate")
            file.executemany(
                "update events set attempts = attempts + ?, not_before_at = ?, reason = ?, "
                "state = case when attempts + ? >= ? then 'dead' else 'waiting' end where event_id = ?",
                [(step, _text(until), reason, step, MOST_EVENT_ATTEMPTS, event.event_id) for event, until in waits],
            )
            file.execute("commit")

    def redrive(self, event_ids: Sequence[str] = ()) -> int:
        """Let events wait again: all that are dead, or those named that are dead or in quarantine; how many."""
        states = ("dead", "quarantined") if event_ids else ("dead",)
        marks = ", ".join("?" * len(states))
        chosen = f" and event_id in ({', '.join('?' * len(event_ids))})" if event_ids else ""
        with self._open() as file:
            return file.execute(
                "update events set state = 'waiting', attempts = 0, not_before_at = null, reason = '' "  # noqa: S608
                f"where state in ({marks}) and kind not in ('unreadable', 'unknown'){chosen}",
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

    def oldest_waiting(self, *, at: datetime) -> datetime | None:
        """When the oldest event that waits was received, or became due; None when none waits.

        What was asked for and is not there yet is being followed, and is no sign that nobody follows.
        """
        if not self._path.exists():
            return None
        with self._open() as file:
            (oldest,) = file.execute(
                "select min(received_at) from events where state = 'waiting' "  # noqa: S608 - question marks
                f"and kind in ({', '.join('?' * len(FOLLOWED))}) and received_at <= ? "
                "and not (reason = ? and not_before_at > ?)",
                (*FOLLOWED, _text(at), NOT_THERE_YET, _text(at)),
            ).fetchone()
        return datetime.fromisoformat(oldest) if oldest else None

    def last_reads(self, object_ids: Iterable[str]) -> dict[str, datetime]:
        """When an event last had each of these objects read; those that none had are left out."""
        newest = "select max(done_at) from events where object_id = ? and state = 'done'"
        with self._open() as file:
            found = {one: file.execute(newest, (one,)).fetchone()[0] for one in set(object_ids)}
        return {one: datetime.fromisoformat(done) for one, done in found.items() if done}

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
    fields = (getattr(event, name) for name in Event.__slots__)
    values = [_text(one) if isinstance(one, datetime) else one for one in fields]
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
