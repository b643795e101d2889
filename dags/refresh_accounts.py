"""Refresh accounts: read every account that is due from the Graph API, and land what it answers.

Every hour the plan says which accounts and posts are due and why; one mapped task reads each account, so that one bad
account never stops the others. What was read lies in landing; the asset `landed` then rings `publish_marts`. XCom
carries plan rows and landing keys, never numbers and never a token.
"""

from typing import Any

from airflow.sdk import dag, task

from dags.alerts import tell_failure
from dags.assets import LANDED, RETRIES, RETRY, RETRY_DELAY


@dag(
    schedule="@hourly",
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["campaign-reach", "refresh"],
    default_args={
        "owner": "campaign-reach",
        "retries": RETRIES,
        "retry_delay": RETRY_DELAY,
        "retry_policy": RETRY,
        "on_failure_callback": tell_failure,
    },
)
def refresh_accounts() -> None:
    """Plan, then one mapped task per account."""

    @task(outlets=[LANDED])
    def land_registry() -> list[str]:
        """Landing keys of the campaign files, if they have changed."""
        from ingest.settings import load_settings
        from ingest.steps.land_registry import land_registry

        return land_registry(load_settings())

    @task
    def plan() -> list[dict[str, Any]]:
        """One row per account that is due: which, why, and what it may cost."""
        from ingest.settings import load_settings
        from ingest.steps.plan import plan_refresh

        return plan_refresh(load_settings())

    @task(outlets=[LANDED], map_index_template="{{ task.op_kwargs['row']['account_id'] }}")
    def refresh(row: dict[str, Any]) -> list[str]:
        """Landing keys of one account's answers."""
        from ingest.settings import load_settings
        from ingest.steps.refresh import refresh_account

        return refresh_account(load_settings(), row)

    land_registry() >> refresh.expand(row=plan())


refresh_accounts()
