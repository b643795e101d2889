"""Reconcile campaigns: once a day read every account to the end of its listing, build everything, test it, publish.

It finds what no event told, heals a gap in the deliveries, and runs the tests of all models. It can be backfilled
(`airflow backfill create --dag-id reconcile_campaigns …`): Meta keeps no past lifetime numbers, so a backfilled day
reads what is known now, and the days of accounts that Meta still has.
"""

from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task

from dags.alerts import tell_failure
from dags.assets import PUBLISHED, RETRIES, RETRY, RETRY_DELAY, WAREHOUSE_POOL


@dag(
    schedule=CronTriggerTimetable("0 20 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["campaign-reach", "reconcile"],
    default_args={
        "owner": "campaign-reach",
        "retries": RETRIES,
        "retry_delay": RETRY_DELAY,
        "retry_policy": RETRY,
        "on_failure_callback": tell_failure,
    },
)
def reconcile_campaigns() -> None:
    """Plan everything, read each account in a task of its own, build, publish."""

    @task
    def plan() -> list[dict[str, Any]]:
        """One row per account, each to the end of its listing; those that rest are left for tomorrow."""
        from ingest.settings import load_settings
        from ingest.steps.plan import plan_refresh

        return plan_refresh(load_settings(), everything=True)

    @task(map_index_template="{{ task.op_kwargs['row']['account_id'] }}")
    def reread(row: dict[str, Any]) -> list[str]:
        """Landing keys of one account's answers."""
        from ingest.settings import load_settings
        from ingest.steps.refresh import refresh_account

        return refresh_account(load_settings(), row)

    @task(pool=WAREHOUSE_POOL, outlets=[PUBLISHED], trigger_rule="all_done")
    def publish() -> str:
        """The version that is served now; an account that could not be read does not stop the others."""
        from ingest.settings import load_settings
        from ingest.steps.publish import publish_all

        return publish_all(load_settings())

    reread.expand(row=plan()) >> publish()


reconcile_campaigns()
