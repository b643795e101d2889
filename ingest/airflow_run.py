"""Runs DAGs of `dags/` to their end in one process, without a scheduler: for the demo and the tests.

`python -m ingest.airflow_run HOME EVENTS DAG_ID…` appends what happens to the file EVENTS, one JSON object a line, and
ends with 1 unless every DAG ends in `success`. Retries are off, because `dag.test()` would wait out each delay.
"""

import json
import secrets
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pluggy import HookimplMarker

from ingest.settings import PROJECT, export

DAGS = PROJECT / "dags"
hookimpl = HookimplMarker("airflow")


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """A task, or a whole DAG when `task` is empty, has come to a state (`running`, `success`, `failed`)."""

    dag: str
    task: str
    label: str
    state: str
    error: str = ""


def airflow_environment(home: Path, *, dags_folder: Path = DAGS) -> dict[str, str]:
    """The environment of an Airflow that lives in one folder, on loopback, with SQLite and no examples."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags_folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(32),
    }


def prepare_airflow(home: Path, *, dags_folder: Path = DAGS) -> None:
    """Set the environment, migrate the metadata database, and make the pool; before anything imports airflow."""
    home.mkdir(parents=True, exist_ok=True)
    export(airflow_environment(home, dags_folder=dags_folder))
    from airflow.utils import db

    db.initdb()
    from airflow.models.pool import Pool

    Pool.create_or_update_pool("warehouse", slots=1, description="DuckDB has one writer", include_deferred=False)


def run_dags(dag_ids: list[str], *, dags_folder: Path = DAGS) -> dict[str, str]:
    """State of each DAG's run, in the order given; the first that does not succeed is the last that runs.

    Raises: LookupError for a DAG id that is not there, naming the import errors.
    """
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=dags_folder)
    states: dict[str, str] = {}
    for dag_id in dag_ids:
        dag = bag.dags.get(dag_id)
        if dag is None:
            raise LookupError(f"No DAG {dag_id} in {dags_folder}: {bag.import_errors or 'not defined'}")
        states[dag_id] = str(_without_retries(dag).test().state)
        if states[dag_id] != "success":
            break
    return states


def _without_retries(dag: Any) -> Any:
    for task in dag.tasks:
        if task.is_mapped:
            task.partial_kwargs["retries"] = 0
        else:
            task.retries = 0
    return dag


class TaskEvents:
    """Writes what Airflow's listener hears to a file, one JSON object a line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @hookimpl
    def on_task_instance_running(self, task_instance: Any) -> None:
        """Airflow has started a task."""
        self._write(task_instance, "running")

    @hookimpl
    def on_task_instance_success(self, task_instance: Any) -> None:
        """A task has done its work."""
        self._write(task_instance, "success")

    @hookimpl
    def on_task_instance_failed(self, task_instance: Any, error: Any) -> None:
        """A task has failed for good."""
        self._write(task_instance, "failed", f"{type(error).__name__}: {error}")

    def _write(self, instance: Any, state: str, error: str = "") -> None:
        label = instance.rendered_map_index or ("" if instance.map_index < 0 else str(instance.map_index))
        event = TaskEvent(dag=instance.dag_id, task=instance.task_id, label=label, state=state, error=error)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(event), ensure_ascii=False) + "\n")


def main(home: str, events: str, *dag_ids: str) -> int:
    """Run the DAGs; the exit status."""
    prepare_airflow(Path(home).absolute())
    from airflow.sdk.listener import get_listener_manager

    get_listener_manager().add_listener(TaskEvents(Path(events).absolute()))
    states = run_dags(list(dag_ids))
    return 0 if list(states.values()) == ["success"] * len(dag_ids) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
