"""One row that is gone from either side of a sum makes the gate stop."""

from pathlib import Path

import duckdb
import pytest

from expectations.event_ledger import EVENT_LEDGER, judge_ledger
from ingest.adapters.warehouse import copy_ledgers, open_warehouse

LEDGERS: dict[str, list[tuple[object, ...]]] = {
    "receipts": [("a", "t1"), ("a", "t2"), ("b", "t3"), ("c", "t4")],
    "deliveries": [("a", "done", "t1", 1), ("b", "done", "t3", 0), ("c", "waiting", "t4", 0)],
    "drained": [("a", 3, 2, 0, 1), ("b", 2, 1, 1, 0)],
    "events": [("1", "a", "done"), ("2", "a", "waiting"), ("3", "a", "quarantined"), ("4", "b", "dead")],
    "landings": [("one", 7), ("two", 9), ("not loaded yet", 5)],
}


def verdict_after(folder: Path, change: str = "") -> set[str]:
    """The rules that stop, after a change."""
    with open_warehouse(folder / "w.duckdb") as connection:
        copy_ledgers(connection, LEDGERS)
        connection.execute("insert into raw.load_log values ('one', 'x', 1, 7, now()), ('two', 'x', 2, 9, now())")
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
        ("update raw.landings set answers = 8 where file = 'two'", "answers_landed"),
        ("update raw.load_log set rows = 6 where file = 'one'", "answers_landed"),
    ],
)
def test_a_row_that_is_gone_on_either_side_stops_the_run(tmp_path: Path, change: str, rule: str) -> None:
    assert verdict_after(tmp_path, change) == {rule}


def test_every_rule_has_a_row_that_breaks_it() -> None:
    broken = {mark.args[1][n][1] for mark in test_a_row_that_is_gone_on_either_side_stops_the_run.pytestmark for n in
              range(len(mark.args[1]))}  # fmt: skip
    assert broken == {rule.name for rule in EVENT_LEDGER.rules}


def test_a_missing_table_stops(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        assert len(judge_ledger(connection).stopped_by) == len(EVENT_LEDGER.rules)
