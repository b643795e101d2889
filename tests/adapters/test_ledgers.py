"""The ledgers in raw are what lies in the files, whatever has happened to either side since the last load."""

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.answer_ledger import AnswerLedger
from ingest.adapters.ledgers import ANSWERS, EVENTS, NEWEST, QUEUE, add_newer, copy_ledgers
from ingest.adapters.queue.deliveries import LEASE, Delivery
from ingest.adapters.queue.event_store import EventStore
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.adapters.warehouse import open_warehouse
from ingest.domain.errors import StorageFailed
from ingest.domain.events import Event

NOW = datetime(2024, 2, 18, 12, tzinfo=UTC)
MANY = 2 * NEWEST


@pytest.fixture
def queue(tmp_path: Path) -> SqliteQueue:
    made = SqliteQueue(tmp_path / "queue.sqlite")
    made.create()
    return made


def delivery(number: int) -> Delivery:
    return Delivery(f'{{"n":{number}}}'.encode(), NOW)


def copied(folder: Path, queue: SqliteQueue) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Deliveries and receipts as raw holds them after a copy."""
    with open_warehouse(folder / "w.duckdb") as connection:
        copy_ledgers(connection, queue.path, QUEUE)
        deliveries = "select sha256, state, received_at, repeats from raw.deliveries order by row_id"
        receipts = "select sha256, received_at from raw.receipts order by row_id"
        return connection.execute(deliveries).fetchall(), connection.execute(receipts).fetchall()


def test_what_is_copied_is_what_the_file_holds_after_every_step(tmp_path: Path, queue: SqliteQueue) -> None:
    dice, at = random.Random(7), NOW  # noqa: S311 - a world, no secret
    queue.put_many([delivery(number) for number in range(MANY)])
    for _ in range(12):
        at += LEASE
        claim = queue.claim(at=at, most=dice.randint(1, MANY // 5))
        if claim and dice.random() < 0.8:
            queue.acknowledge(claim, at=at)
        queue.put_many([delivery(dice.randrange(MANY + 300)) for _ in range(40)])  # repeats of old ones, and new ones
        assert copied(tmp_path, queue) == queue.ledgers()


def test_a_load_reads_the_newest_rows_and_those_that_may_change_and_no_others(
    tmp_path: Path, queue: SqliteQueue
) -> None:
    queue.put_many([delivery(number) for number in range(MANY)])
    claim = queue.claim(at=NOW, most=MANY - 5)
    assert claim
    queue.acknowledge(claim, at=NOW)
    copied(tmp_path, queue)
    queue.put_many([delivery(MANY)])
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        kept = "select count(*) from raw.deliveries where rowid in (select rowid from before)"
        connection.execute("create temp table before as select rowid, row_id from raw.deliveries")
        copy_ledgers(connection, queue.path, QUEUE)
        assert connection.execute(kept).fetchone() == (MANY - NEWEST,)


@pytest.mark.parametrize("row", [1, MANY - 1])
@pytest.mark.parametrize("table", ["receipts", "deliveries"])
def test_a_row_that_is_gone_from_the_file_is_gone_from_the_copy(
    tmp_path: Path, queue: SqliteQueue, table: str, row: int
) -> None:
    queue.put_many([delivery(number) for number in range(MANY)])
    copied(tmp_path, queue)
    with sqlite3.connect(queue.path) as file:
        file.execute(f"delete from {table} where rowid = ?", (row,))
    found = copied(tmp_path, queue)
    assert found == queue.ledgers()
    assert sorted(map(len, found)) == [MANY - 1, MANY]


def test_a_row_that_is_gone_from_the_copy_comes_again(tmp_path: Path, queue: SqliteQueue) -> None:
    queue.put_many([delivery(number) for number in range(MANY)])
    copied(tmp_path, queue)
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("delete from raw.receipts where row_id = 3; delete from raw.deliveries where row_id = 4")
    assert copied(tmp_path, queue) == queue.ledgers()


def test_a_restored_file_whose_rows_have_other_places_is_copied_whole(tmp_path: Path) -> None:
    store = EventStore(tmp_path / "events.sqlite")
    for number in range(40):
        sha256 = f"{number:064}"
        event = Event(f"e{number}", sha256, "post", "facebook", "1", "1_1", "feed", "add", NOW, NOW)
        store.add_delivered({sha256: [event]}, at=NOW)
        sweep = Event(f"s{number}", "", "sweep", "instagram", "2", "", "poll", "look", NOW, NOW)
        store.add_noticed([sweep], {}, at=NOW)
        store.finish([sweep], at=NOW)
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        copy_ledgers(connection, tmp_path / "events.sqlite", EVENTS)
        store.add_noticed([], {}, at=NOW + timedelta(days=3))  # the sweeps are forgotten: there are holes
        with sqlite3.connect(tmp_path / "events.sqlite", isolation_level=None) as file:
            file.execute("vacuum")
        copy_ledgers(connection, tmp_path / "events.sqlite", EVENTS)
        found = connection.execute("select event_id, delivery_sha256 from raw.events").fetchall()
        assert sorted(found) == sorted((one, sha256) for one, sha256, _ in store.states() if sha256)
        assert connection.execute("select count(*) from raw.drained").fetchone() == (40,)


def test_what_is_noted_while_a_load_looks_is_added_and_changes_nothing_else(tmp_path: Path) -> None:
    ledger = AnswerLedger(tmp_path / "state.sqlite")
    ledger.note_read("20240218T120000Z-1", 3, at=NOW)
    ledger.note_landed("20240218T120000Z-1")
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        copy_ledgers(connection, tmp_path / "state.sqlite", (ANSWERS,))
        ledger.note_read("20240218T120001Z-2", 4, at=NOW)
        ledger.note_landed("20240218T120001Z-2")
        add_newer(connection, tmp_path / "state.sqlite", ANSWERS, lambda row: (*row[:2], "read", row[3]))
        outcomes = "select outcome from raw.answers order by place"
        assert connection.execute(outcomes).fetchall() == [("landed",), ("read",)]
        copy_ledgers(connection, tmp_path / "state.sqlite", (ANSWERS,))
        assert connection.execute(outcomes).fetchall() == [("landed",), ("landed",)]


def test_no_file_is_an_empty_copy_and_a_broken_one_is_said(tmp_path: Path, queue: SqliteQueue) -> None:
    queue.put_many([delivery(1)])
    copied(tmp_path, queue)
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        copy_ledgers(connection, None, QUEUE)
        assert connection.execute("select count(*) from raw.receipts").fetchone() == (0,)
        broken = tmp_path / "broken.sqlite"
        broken.write_bytes(b"no database" * 1000)
        with pytest.raises(StorageFailed, match=r"broken\.sqlite cannot be read"):
            copy_ledgers(connection, broken, QUEUE)
