"""Conservation from the receiver to raw: what was acknowledged, taken in, read, landed, loaded adds up in every run.

The ledgers are copied into the raw schema with each load, so that the sums are SQL over named tables.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from expectations.gate import Frame, Rule, Suite, audit, judge
from ingest.domain.gates import Severity, Verdict

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

        on_sqs as (
            select count(*) as to_be_held, any_value(held) as held
            from raw.deliveries inner join raw.queue_counts on received_at < received_before
            anti join raw.drained on delivery_sha256 = sha256
            where state = 'waiting'
        ),

        read_files as (
            select split_part(parse_filename(file), '.', 1) as place, rows from raw.load_log
            where file like 'api/%'
        ),

        answers as (
            select
                count(*) filter (
                    where outcome = 'landed' and answers is distinct from rows or outcome = 'read' and answers <> rows
                ) as answers_that_did_not_land,
                count(*) filter (
                    where outcome is null and left(place, 16) >= (select any_value(began_at) from raw.answers)
                ) as answers_that_nobody_read
            from (from raw.answers where outcome in ('landed', 'read')) as answers
            full join read_files using (place)
        ),

        refused as (
            select count(*) filter (
                where sha256 is null
                or place is null and seen_at >= (select any_value(began_at) from raw.answers)
            ) as refused_that_differ
            from (from raw.answers where outcome = 'quarantined') as answers
            full join raw.refused_answers as refused on answers.place = refused.sha256
        ),

        objects as (
            select
                (select coalesce(sum(objects), 0) from raw.loaded_objects)
                - (select count(*) from raw.posts where source is distinct from 'export')
                - (select count(*) from raw.accounts where source is distinct from 'export')
                - (select count(*) from raw.registry)
                - (select count(*) from raw.quarantine where source is distinct from 'export') as objects_difference,
                (select count(*) from raw.load_log anti join raw.loaded_objects using (load_id)) as uncounted_loads
        )

        select
            *,
            abs(acknowledged - in_the_queue) as difference,
            greatest(0, to_be_held - coalesce(held, 0)) as gone_from_sqs,
            (select count(*) from raw.drained where acknowledged = 0) as drained_without_log
        from receipts cross join queue cross join on_sqs cross join changes cross join answers cross join refused
        cross join objects
    """,
}


RELOAD = (
    "Restore landing from a backup if a file is missing. Then delete the warehouse, load and build: it is made anew."
)


def _none(column: str, name: str, description: str, what_to_do: str = RESTORE, severity: Severity = "critical") -> Rule:
    expected = {"column": column} | NONE
    return Rule(name, "ledger", description, what_to_do, "ExpectColumnValuesToBeBetween", expected, severity=severity)


EVENT_LEDGER = Suite(
    "event_ledger",
    QUERIES,
    (
        _none(
            "difference",
            "acknowledged_deliveries_are_kept",
            "Deliveries that were acknowledged are the distinct ones in the queue and their repeats.",
        ),
        _none(
            "gone_from_sqs",
            "waiting_deliveries_are_on_sqs",
            "Deliveries that were acknowledged and not drained are still on SQS, by its own count.",
            "Messages are gone: `campaign-reach refresh --all` finds what they told of. Then move the file of "
            "CAMPAIGN_REACH_SQS_LOG_PATH away while the receiver is stopped: it is made anew.",
        ),
        _none(
            "drained_without_log",
            "drained_deliveries_are_in_the_log",
            "What was drained stands in a log of what the receiver acknowledged.",
            "The receiver writes CAMPAIGN_REACH_SQS_LOG_PATH: let the tasks read it, or this sum is not checked.",
            severity="warning",
        ),
        _none("never_drained", "done_deliveries_became_events", "Every delivery that is done was drained."),
        _none(
            "with_a_wrong_sum",
            "changes_add_up",
            "The changes of each delivery are events, came before, or are in quarantine.",
        ),
        _none("with_missing_events", "events_are_kept", "Every event that a delivery brought is still there."),
        _none(
            "answers_that_did_not_land",
            "answers_landed",
            "Each answer that was read is a line of its landed file, and that file is loaded.",
            RELOAD,
        ),
        _none(
            "answers_that_nobody_read",
            "landed_answers_were_read",
            "Each loaded file of answers was noted when it was read.",
            "Rows of the client's file are missing: move it away (CAMPAIGN_REACH_STATE_PATH), it is made anew.",
        ),
        _none(
            "refused_that_differ",
            "refused_answers_are_kept",
            "Each answer that was none lies in the quarantine folder, and nothing else does.",
            "Restore the folder (CAMPAIGN_REACH_QUARANTINE_DIR) from a backup, or move the client's file away.",
        ),
        _none(
            "objects_difference",
            "objects_are_in_raw",
            "The objects of landed lines are those in raw and in quarantine.",
            RELOAD,
        ),
        _none("uncounted_loads", "loads_are_counted", "Of every load it is known how many objects it brought.", RELOAD),
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
