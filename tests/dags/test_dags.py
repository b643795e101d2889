"""The DAG files: thin, light to parse, and sound."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.settings import PROJECT
from tests.events.running import environment

FILES = sorted(file for file in (PROJECT / "dags").glob("*.py") if file.stem != "__init__")
NAMES = [file.stem for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_dag_file_is_under_80_lines(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) < 80


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_dag_file_imports_only_airflow_the_standard_library_and_dags_at_top_level(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    modules = {
        name.partition(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert modules - {"airflow", "dags"} <= sys.stdlib_module_names


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_dag_file_has_no_try(file: Path) -> None:
    assert not [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Try)]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """The DAGs as Airflow parses them, in a process with an empty environment."""
    home = tmp_path_factory.mktemp("airflow")
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("describe_dags.py")), str(home)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        check=True,
    )
    result: dict[str, dict[str, object]] = ast.literal_eval(ran.stdout.splitlines()[-1])
    return result


def test_airflow_parses_every_dag_with_an_empty_environment(described: dict[str, dict[str, object]]) -> None:
    assert described["import_errors"] == {}
    assert {"refresh_accounts", "publish_marts", "follow_events", "reconcile_campaigns"} <= described.keys()


def test_every_dag_says_what_it_is_for_and_whose_it_is(described: dict[str, dict[str, object]]) -> None:
    for dag_id, dag in described.items():
        if dag_id != "import_errors":
            assert dag["doc_md"]
            assert dag["tags"]
            assert dag["owners"] == ["campaign-reach"]


def test_everything_that_writes_the_warehouse_holds_its_one_slot(described: dict[str, dict[str, object]]) -> None:
    assert described["publish_marts"]["pools"] == {"load": "warehouse", "build": "warehouse", "publish": "warehouse"}
    assert described["follow_events"]["pools"] == {"follow": "warehouse"}
    assert described["reconcile_campaigns"]["pools"]["publish"] == "warehouse"  # type: ignore[index]


def test_reconcile_campaigns_is_backfilled_with_airflows_own_backfill(described: dict[str, dict[str, object]]) -> None:
    days = described["reconcile_campaigns"]["backfilled"]
    assert days == [f"2026-11-0{day} 20:00" for day in range(1, 8)]


def test_an_error_that_a_person_must_act_on_is_not_retried_and_a_passing_one_is(
    described: dict[str, dict[str, object]],
) -> None:
    decisions = described["publish_marts"]["decisions"]
    assert decisions == {
        "TokenRefused": "fail",
        "GateStopped": "fail",
        "RateLimited": "fail",
        "GraphUnavailable": "retry",
        "WarehouseBusy": "retry",
    }


def test_the_doorbell_rings_for_a_burst_not_for_each_delivery_and_takes_nothing(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("ring_doorbell.py")), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=environment(tmp_path, LANDING_URI=str(tmp_path / "landing"), STATE_PATH=str(tmp_path / "state.sqlite")),
        check=True,
    )
    heard = ast.literal_eval(ran.stdout.splitlines()[-1])
    assert (heard["quiet"], heard["waiting"]) == (0, 200)
    assert 1 <= len(heard["rings"]) <= 20  # one, where the machine has time to spare
    assert all(ring == {"work": True} for ring in heard["rings"])
