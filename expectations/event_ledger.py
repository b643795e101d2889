"""Conservation from the receiver to raw: what was acknowledged, taken in, read and landed adds up, in every run.

The ledgers are copied into the raw schema with each load, so that the sums are SQL over named tables.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from expectations.gate import Frame, Rule, Suite, audit, judge
from ingest.domain.gates import Verdict

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NONE = {"min_value": 0, "max_value": 0}
RESTORE = (
    "Rows are missing in the queue or its events: restore the files (docs/how-to/run-on-your-airflow.md). "
    "Then load again; what was never read is found by `campaign-reach refresh --all`."
)

QUERIES = {
    "ledger": """
        with receipts as (select count(*) as acknowledged from raw.receipts),

        queue as (select count(*) + coalesce(sum(repeats), 0) as in_the_queue from raw.deliveries),

        kept as (select delivery_sha256, count(*) as events from raw.events group by all),

        changes as (
            select
                count(*) filter (where drained.delivery_sha256 is null and state = 'done') as never_drained,
                count(*) filter (where changes <> drained.events + coalesced + quarantined) as with_a_wrong_sum,
                count(*) filter (where drained.events + quarantined <> coalesce(kept.events, 0)) as with_missing_events
            from raw.drained as drained
            full join raw.deliveries as deliveries on drained.delivery_sha256 = deliveries.sha256
            left join kept on drained.delivery_sha256 = kept.delivery_sha256
        ),

        answers as (
            select
                coalesce(sum(landings.answers), 0) as answers,
                count(*) filter (where landings.answers <> load_log.rows) as files_that_differ
            from raw.landings as landings
            left join raw.load_log as load_log using (file)
        )

        select *, abs(acknowledged - in_the_queue) as difference
        from receipts cross join queue cross join changes cross join answers
    """,
}


def _none(column: str, name: str, description: str, what_to_do: str = RESTORE) -> Rule:
    return Rule(name, "ledger", description, what_to_do, "ExpectColumnValuesToBeBetween", {"column": column} | NONE)


EVENT_LEDGER = Suite(
    "event_ledger",
    QUERIES,
    (
        _none(
            "difference",
            "acknowledged_deliveries_are_kept",
            "Deliveries that were acknowledged are the distinct ones in the queue and their repeats.",
        ),
        _none("never_drained", "done_deliveries_became_events", "Every delivery that is done was drained."),
        _none(
            "with_a_wrong_sum",
            "changes_add_up",
            "The changes of each delivery are events, came before, or are in quarantine.",
        ),
        _none("with_missing_events", "events_are_kept", "Every event that a delivery brought is still there."),
        _none(
            "files_that_differ",
            "answers_landed",
            "Each landed file holds as many lines as answers were received for it.",
            "Restore the file in landing from a backup; then delete the warehouse, load and build.",
        ),
    ),
)


def judge_ledger(connection: "DuckDBPyConnection") -> Verdict:
    """The verdict on the ledgers in the raw schema."""
    frame = audit(connection, QUERIES)["ledger"]
    return _verdict(frame.columns, tuple(frame.rows), frame.error)


@lru_cache(maxsize=4)
def _verdict(columns: tuple[str, ...], rows: tuple[tuple[object, ...], ...], error: str | None) -> Verdict:
    """The same sums are judged once in a process: loading and publishing both ask."""
    return judge(EVENT_LEDGER, {"ledger": Frame(columns, rows, error)})
