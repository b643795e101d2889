"""Prints what Airflow makes of the DAG folder, as one Python literal on the last line."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from ingest.airflow_run import DAGS, airflow_environment
from ingest.settings import export

export(airflow_environment(Path(sys.argv[1])))

from airflow.dag_processing.dagbag import DagBag  # noqa: E402
from airflow.models.backfill import _get_info_list  # noqa: E402
from airflow.serialization.serialized_objects import DagSerialization  # noqa: E402

from dags.assets import RETRY  # noqa: E402
from ingest.domain import errors  # noqa: E402

RAISED = ("TokenRefused", "GateStopped", "RateLimited", "GraphUnavailable", "WarehouseBusy")

bag = DagBag(dag_folder=DAGS)
described: dict[str, object] = {"import_errors": dict(bag.import_errors)}
WEEK = {"from_date": datetime(2026, 11, 1, tzinfo=UTC), "to_date": datetime(2026, 11, 7, 23, 59, tzinfo=UTC)}


def backfilled(dag: object) -> list[str]:
    """The days that Airflow's backfill of a week would run; none of a DAG that it refuses to backfill."""
    stored = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    if not stored.timetable.periodic:
        return []
    return [str(one.run_after)[:16] for one in _get_info_list(**WEEK, reverse=False, dag=stored)]


for dag_id, dag in bag.dags.items():
    described[dag_id] = {
        "doc_md": dag.doc_md,
        "tags": sorted(dag.tags),
        "owners": sorted({task.owner for task in dag.tasks}),
        "backfilled": backfilled(dag) if dag_id == "reconcile_campaigns" else [],
        "pools": {task.task_id: task.pool for task in dag.tasks},
        "decisions": {name: RETRY.evaluate(getattr(errors, name)("x"), 1, 3).action.value for name in RAISED},
    }
sys.stdout.write(repr(described) + "\n")
