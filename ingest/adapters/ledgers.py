"""The ledgers of the queue, the events and the client, copied into raw by each load: what is new and what may change.

A row that is settled changes no more. So each load reads the newest rows and the unsettled ones, and compares the
totals of both sides, which costs milliseconds; where they differ (a row is gone, a file was restored) the whole ledger
is copied. What the gate adds up is what lies in the files, and a load costs after years what it cost on the first day.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import structlog

from ingest.adapters.answer_ledger import LANDED, QUARANTINED, READ
from ingest.adapters.queue.sqlite_queue import text_of
from ingest.adapters.row_files import insert_rows
from ingest.domain.errors import StorageFailed

__all__ = [
    "ANSWERS",
    "EVENTS",
    "LANDED",
    "NOT_EXPECTED",
    "QUARANTINED",
    "QUEUE",
    "READ",
    "add_newer",
    "copy_ledgers",
    "note_held_on_sqs",
]

log = structlog.get_logger()
NEWEST = 1_000
"""So many of the newest rows are always read again: most of what changes lies there, a repeat that comes soon, say."""
SQS_SETTLES = timedelta(minutes=5)
"""SQS counts approximately, and right a minute after the last message came: what is younger may not be counted yet."""
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """A table of a file of ours and its copy in raw, which has the same name and one column more at its end, `row_id`.

    `totals` is SQL that both engines understand; `unsettled` says which rows of the copy may be others by now.
    """

    table: str
    columns: tuple[str, ...]
    totals: str
    key: str = "rowid"
    source: str = ""
    unsettled: str = "false"


QUEUE = (
    Ledger("receipts", ("sha256", "received_at"), "count(*)", key="receipt"),
    Ledger(
        "deliveries",
        ("sha256", "state", "received_at", "repeats"),
        "count(*), sum(repeats), sum(case when state = 'done' then 1 end)",
        key="seq",
        unsettled="state <> 'done'",
    ),
)
EVENTS = (
    Ledger(
        "drained",
        ("delivery_sha256", "changes", "events", "coalesced", "quarantined"),
        "count(*), sum(changes), sum(events), sum(coalesced), sum(quarantined)",
    ),
    Ledger("events", ("event_id", "delivery_sha256"), "count(*)", source="events where delivery_sha256 <> ''"),
)
NOT_EXPECTED = "not_expected"
"""The outcome of an answer whose batch this warehouse is not to hold: it has expired, or landed after its moment."""
ANSWERS = Ledger(
    "answers",
    ("place", "answers", "outcome", "began_at"),
    "count(*), sum(answers), min(began_at)",
    key="answers.rowid",
    source="answers cross join answers_began",
    unsettled=f"outcome = '{READ}'",
)


def copy_ledgers(
    connection: duckdb.DuckDBPyConnection,
    path: Path | None,
    kept: Sequence[Ledger],
    told: Callable[[Row], Row] = lambda row: row,
) -> None:
    """Bring the copies of a file's ledgers up to one moment of the file; they are empty when there is no file.

    `told` gives a row as it is to be copied. Raises: StorageFailed when the file cannot be read.
    """
    with _changing(connection, path) as file:
        for ledger in kept:
            if file and _has(file, ledger):
                _copy(connection, file, ledger, told)
            else:
                connection.execute(f"delete from raw.{ledger.table}")  # noqa: S608 - our own names, here and below


def add_newer(
    connection: duckdb.DuckDBPyConnection, path: Path, ledger: Ledger, told: Callable[[Row], Row] = lambda row: row
) -> None:
    """Copy the rows that were written since the last copy, and leave the others as they are.

    Raises: StorageFailed when the file cannot be read.
    """
    with _changing(connection, path) as file:
        if file and _has(file, ledger):
            since = _newest(connection, ledger)
            _append(connection, file, ledger, told, {"since": since, "unsettled": "[]"})


def note_held_on_sqs(connection: duckdb.DuckDBPyConnection, *, held: int, at: datetime) -> None:
    """How many deliveries SQS holds at a moment, those in hand and the dead included; one row, the newest."""
    connection.execute("begin")
    connection.execute("delete from raw.queue_counts")
    connection.execute("insert into raw.queue_counts values (?, ?)", [text_of(at - SQS_SETTLES), held])
    connection.execute("commit")


def _has(file: sqlite3.Connection, ledger: Ledger) -> bool:
    """Whether the file has the table: a file of an older release, or one in which nothing was noted yet, has not."""
    return file.execute("select 1 from sqlite_master where name = ?", (ledger.table,)).fetchone() is not None


def _newest(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> int:
    found = connection.execute(f"select coalesce(max(row_id), -1) from raw.{ledger.table}").fetchone()  # noqa: S608
    return int(found[0]) if found else -1


def _copy(
    connection: duckdb.DuckDBPyConnection, file: sqlite3.Connection, ledger: Ledger, told: Callable[[Row], Row]
) -> None:
    """Read again what may be another by now; everything, when the totals then differ."""
    raw = f"raw.{ledger.table}"
    since = _newest(connection, ledger) - NEWEST
    unsettled = connection.execute(f"select row_id from {raw} where {ledger.unsettled}").fetchall()  # noqa: S608
    connection.execute(f"delete from {raw} where row_id > {since} or {ledger.unsettled}")  # noqa: S608
    _append(connection, file, ledger, told, {"since": since, "unsettled": json.dumps([one for (one,) in unsettled])})
    if _totals(connection, raw, ledger) != _totals(file, ledger.source or ledger.table, ledger):
        log.info("ledger_copied_whole", ledger=ledger.table)
        connection.execute(f"delete from {raw}")  # noqa: S608
        _append(connection, file, ledger, told, {"since": -1, "unsettled": "[]"})


def _append(
    connection: duckdb.DuckDBPyConnection,
    file: sqlite3.Connection,
    ledger: Ledger,
    told: Callable[[Row], Row],
    asked: Mapping[str, object],
) -> None:
    source, key = ledger.source or ledger.table, ledger.key
    rows = file.execute(
        f"select {', '.join(ledger.columns)}, {key} from {source} "  # noqa: S608
        f"{'and' if ' where ' in source else 'where'} "
        f"({key} > :since or {key} in (select value from json_each(:unsettled)))",
        asked,
    ).fetchall()
    insert_rows(connection, f"raw.{ledger.table}", [(*told(row[:-1]), row[-1]) for row in rows])


def _totals(engine: duckdb.DuckDBPyConnection | sqlite3.Connection, table: str, ledger: Ledger) -> Row:
    found = engine.execute(f"select {ledger.totals} from {table}").fetchone()  # noqa: S608
    return tuple(found or ())


@contextmanager
def _changing(connection: duckdb.DuckDBPyConnection, path: Path | None) -> Iterator[sqlite3.Connection | None]:
    """A transaction of the copies, and a connection that sees the file as of one moment; None when there is no file."""
    connection.execute("begin")
    try:
        if path is None or not path.exists():
            yield None
        else:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", timeout=10, uri=True)) as file:
                file.isolation_level = None
                file.execute("begin")
                yield file
        connection.execute("commit")
    except sqlite3.Error as error:
        connection.execute("rollback")
        raise StorageFailed(
            f"The ledgers in {path} cannot be read: {error}. Nothing was published. "
            "Restore the file (docs/how-to/run-on-your-airflow.md), then load again."
        ) from None
    except BaseException:
        connection.execute("rollback")
        raise
