"""Who is told when a task has failed for good: the webhook of the settings, once."""

from typing import Any


def tell_failure(context: Any) -> None:
    """Airflow's failure callback: one message with what failed and what else is not well."""
    from ingest.settings import load_settings
    from ingest.steps.alert import tell_failure as tell

    instance = context["ti"]
    tell(load_settings(), dag=instance.dag_id, task=instance.task_id, error=context.get("exception"))
