"""Publish marts: load what landed, build the marts, let the gate judge, and switch readers to the new version.

Runs when something has landed, and every ten minutes anyway. All three tasks hold the one slot of the pool
`warehouse`: DuckDB has one writer. A gate that stops leaves the old version served and fails the run.
"""

from airflow.sdk import dag, task

from dags.alerts import tell_failure
from dags.assets import LANDED_OR_SWEEP, PUBLISHED, RETRIES, RETRY, RETRY_DELAY, WAREHOUSE_POOL


@dag(
    schedule=LANDED_OR_SWEEP,
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["campaign-reach", "publish"],
    default_args={
        "owner": "campaign-reach",
        "retries": RETRIES,
        "retry_delay": RETRY_DELAY,
        "retry_policy": RETRY,
        "on_failure_callback": tell_failure,
        "pool": WAREHOUSE_POOL,
    },
)
def publish_marts() -> None:
    """Load, build, publish."""

    @task
    def load() -> int:
        """How many landed files were new; the gate of the landed batch has let them pass."""
        from ingest.settings import load_settings
        from ingest.steps.load import load_landed

        return load_landed(load_settings()).files

    @task
    def build() -> int:
        """How many dbt nodes were built and tested."""
        from ingest.settings import load_settings
        from ingest.steps.build import build_marts

        return build_marts(load_settings()).nodes

    @task(outlets=[PUBLISHED])
    def publish() -> str:
        """The version that is served now."""
        from ingest.settings import load_settings
        from ingest.steps.publish import publish_marts

        return publish_marts(load_settings()).version

    load() >> build() >> publish()


publish_marts()
