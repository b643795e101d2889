"""What the DAGs share: the asset that says something landed, the sweep, and who retries what."""

from datetime import timedelta

from airflow.sdk import (
    Asset,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
)

LANDED = Asset(name="landed", uri="campaign-reach://landed")
"""Something landed. Only a doorbell: nobody reads its payload, everybody takes what is there."""

PUBLISHED = Asset(name="published", uri="campaign-reach://published")
"""The publication was looked at again, and is now the newest that holds."""

SWEEP = CronTriggerTimetable("*/10 * * * *", timezone="UTC")
"""Asset events strand and double, so everything is also done every ten minutes."""

LANDED_OR_SWEEP = AssetOrTimeSchedule(timetable=SWEEP, assets=[LANDED])

WAREHOUSE_POOL = "warehouse"
"""One slot: DuckDB has one writer."""

RETRY = ExceptionRetryPolicy(
    rules=[
        RetryRule("ingest.domain.errors.WarehouseBusy", RetryAction.RETRY, timedelta(seconds=30)),
        RetryRule("ingest.domain.errors.RateLimited", RetryAction.FAIL, reason="the next sweep goes on"),
        RetryRule("ingest.domain.errors.TryAgain", RetryAction.RETRY, timedelta(minutes=2)),
        RetryRule("ingest.domain.errors.SomebodyMustAct", RetryAction.FAIL, reason="a person must act"),
    ]
)
RETRIES = 3
RETRY_DELAY = timedelta(seconds=30)
"""After what no rule names: a task that was killed, say. Airflow's own five minutes are half a sweep."""
