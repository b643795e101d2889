"""One row that is gone from either side of a sum makes the gate stop."""

from pathlib import Path

import duckdb
import pytest

from expectations.event_ledger import EVENT_LEDGER, judge_ledger
from ingest.adapters.row_files import insert_rows
from ingest.adapters.warehouse import open_warehouse

DAY = "20240218T12"
LEDGERS: dict[str, list[tuple[object, ...]]] = {
    "receipts": [("a", "t1"), ("a", "t2"), ("b", "t3"), ("c", "t4")],
    "deliveries": [("a", "done", "t1", 1), ("b", "done", "t3", 0), ("c", "waiting", "t4", 0)],
    "drained": [("a", 3, 2, 0, 1), ("b", 2, 1, 1, 0)],
    "events": [("1", "a"), ("2", "a"), ("3", "a"), ("4", "b")],
    "answers": [(f"{DAY}0001Z-1", 7, "landed", f"{DAY}0000Z"), (f"{DAY}0002Z-2", 9, "landed", f"{DAY}0000Z"),
                (f"{DAY}0003Z-3", 5, "read", f"{DAY}0000Z"),
                (f"{DAY}0004Z-4", 2, "not_expected", f"{DAY}0000Z"), ("e" * 64, 1, "quarantined", f"{DAY}0000Z")],
    "refused_answers": [("e" * 64, f"{DAY}0002Z"), ("d" * 64, "20240101T000000Z")],
}  # fmt: skip
LOADED = f"""
    insert into raw.load_log values
        ('api/facebook/1/2024-02-18/{DAY}0001Z-1.ndjson.zst', 'x', 1, 7, now()),
        ('api/facebook/1/2024-02-18/{DAY}0002Z-2.ndjson.zst', 'x', 2, 9, now()),
        ('api/facebook/1/2024-02-01/20240201T000000Z-0.ndjson.zst', 'x', 3, 4, now()),
        ('webhook/facebook/1/2024-02-18/{DAY}0002Z-9.ndjson.zst', 'x', 4, 4, now());
    insert into raw.loaded_objects values (1, 3), (2, 2), (3, 0), (4, 0);
    insert into raw.posts (load_id, landing_file, line_no, fetched_at, source, platform, account_id, post_id) values
        (1, 'f', 1, now(), 'api', 'facebook', '1', '1_1'), (1, 'f', 1, now(), 'api', 'facebook', '1', '1_2'),
        (2, 'f', 1, now(), 'api', 'facebook', '1', '1_1'), (9, 'f', 1, now(), 'export', 'facebook', '1', '1_1');
    insert into raw.accounts values (2, 'f', 2, now(), 'api', 'facebook', '1', 'Page', 7);
    insert into raw.quarantine values
        (1, 'api', 'f', 1, null, 'the object has no id', now(), 'waiting'),
        (9, 'export', 'f', 1, null, 'no date', now(), 'waiting');
"""


def numbered(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Rows as they are copied: with their places in the file."""
    return [(*row, place) for place, row in enumerate(rows)]


def verdict_after(folder: Path, change: str = "") -> set[str]:
    """The rules that stop, after a change."""
    with open_warehouse(folder / "w.duckdb") as connection:
        for table, rows in LEDGERS.items():
            insert_rows(connection, f"raw.{table}", rows if table == "refused_answers" else numbered(rows))
        connection.execute(LOADED)
        if change:
            connection.execute(change)
        verdict = judge_ledger(connection)
    return {result.rule for result in verdict.stopped_by}


def test_sums_that_add_up_pass(tmp_path: Path) -> None:
    assert verdict_after(tmp_path) == set()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("delete from raw.receipts where received_at = 't2'", "acknowledged_deliveries_are_kept"),
        ("delete from raw.deliveries where sha256 = 'c'", "acknowledged_deliveries_are_kept"),
        ("update raw.deliveries set repeats = 0", "acknowledged_deliveries_are_kept"),
        ("delete from raw.drained where delivery_sha256 = 'b'", "done_deliveries_became_events"),
        ("update raw.drained set coalesced = 0", "changes_add_up"),
        ("delete from raw.events where event_id = '4'", "events_are_kept"),
        ("delete from raw.events where event_id = '3'", "events_are_kept"),
        ("delete from raw.load_log where load_id = 1", "answers_landed"),
        ("delete from raw.answers where answers = 7", "landed_answers_were_read"),
        ("update raw.load_log set rows = 6 where load_id = 1", "answers_landed"),
        ("update raw.answers set answers = 8 where answers = 9", "answers_landed"),
        ("delete from raw.answers where outcome = 'quarantined'", "refused_answers_are_kept"),
        ("delete from raw.refused_answers where sha256 like 'e%'", "refused_answers_are_kept"),
        ("delete from raw.posts where load_id = 2", "objects_are_in_raw"),
        ("delete from raw.accounts", "objects_are_in_raw"),
        ("delete from raw.quarantine where source = 'api'", "objects_are_in_raw"),
        ("update raw.loaded_objects set objects = objects - 1 where load_id = 1", "objects_are_in_raw"),
        ("delete from raw.loaded_objects where load_id = 4", "loads_are_counted"),
    ],
)
def test_a_row_that_is_gone_on_either_side_stops_the_run(tmp_path: Path, change: str, rule: str) -> None:
    assert verdict_after(tmp_path, change) == {rule}


def test_a_missing_table_stops(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        assert len(judge_ledger(connection).stopped_by) == len(EVENT_LEDGER.rules)
