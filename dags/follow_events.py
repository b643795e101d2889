"""Follow events: take what waits in the queue, read what it asks for, land it, and let the marts follow.

Runs when the doorbell rings, and every ten minutes anyway. One task: every hand-over between tasks costs a third of a
second, and the steps inside are safe to repeat. Events are done when what they asked for has landed, so a gate that
stops the publication never makes an event die. The task holds the one slot of the pool `warehouse`.
"""

from datetime import timedelta

from airflow.sdk import dag, task

from dags.alerts import tell_failure
from dags.assets import PUBLISHED, RETRIES, RETRY, RETRY_DELAY, WAREHOUSE_POOL
from dags.doorbell import DOORBELL_OR_SWEEP


@dag(
    schedule=DOORBELL_OR_SWEEP,
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["campaign-reach", "events"],
    default_args={
        "owner": "campaign-reach",
        "retries": RETRIES,
        "retry_delay": RETRY_DELAY,
        "retry_policy": RETRY,
        "on_failure_callback": tell_failure,
        "pool": WAREHOUSE_POOL,
        "execution_timeout": timedelta(minutes=30),
    },
)
def follow_events() -> None:
    """Follow, then publish."""

    @task(outlets=[PUBLISHED])
    def follow() -> str | None:
        """The version that is served now; none when nothing waited."""
        from ingest.settings import load_settings
        from ingest.steps.follow import follow_and_publish

        return follow_and_publish(load_settings())

    follow()


follow_events()
