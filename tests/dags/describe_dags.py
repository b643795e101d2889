"""Prints what Airflow makes of the DAG folder, as one Python literal on the last line."""

import sys
from pathlib import Path

from ingest.airflow_run import DAGS, airflow_environment
from ingest.settings import export

export(airflow_environment(Path(sys.argv[1])))

from airflow.dag_processing.dagbag import DagBag  # noqa: E402

from dags.assets import RETRY  # noqa: E402
from ingest.domain import errors  # noqa: E402

RAISED = ("TokenRefused", "GateStopped", "RateLimited", "GraphUnavailable", "WarehouseBusy")

bag = DagBag(dag_folder=DAGS)
described: dict[str, object] = {"import_errors": dict(bag.import_errors)}
for dag_id, dag in bag.dags.items():
    described[dag_id] = {
        "doc_md": dag.doc_md,
        "tags": sorted(dag.tags),
        "owners": sorted({task.owner for task in dag.tasks}),
        "pools": {task.task_id: task.pool for task in dag.tasks},
        "decisions": {name: RETRY.evaluate(getattr(errors, name)("x"), 1, 3).action.value for name in RAISED},
    }
sys.stdout.write(repr(described) + "\n")
