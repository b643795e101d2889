"""Watch health: every ten minutes, tell what is not well and was not told yet.

An account that is not read any more, a token that ends, an event that nobody follows, a quarantine that grows: none of
these fails a task. One message to ALERT_URL says so, once, and again a day later; failures of tasks are told at once.
"""

from datetime import timedelta

from airflow.sdk import dag, task

from dags.assets import RETRY, RETRY_DELAY, SWEEP


@dag(
    schedule=SWEEP,
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["campaign-reach", "health"],
    default_args={
        "owner": "campaign-reach",
        "retries": 1,
        "retry_delay": RETRY_DELAY,
        "retry_policy": RETRY,
        "execution_timeout": timedelta(minutes=5),
    },
)
def watch_health() -> None:
    """Look, and tell."""

    @task
    def look() -> int:
        """How many lines were sent."""
        from ingest.settings import load_settings
        from ingest.steps.alert import send_alerts

        return len(send_alerts(load_settings()))

    look()


watch_health()
