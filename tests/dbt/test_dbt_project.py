"""The dbt project: its unit tests, its docs, and what it makes of a warehouse in which nothing has landed yet."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.warehouse import open_warehouse
from ingest.settings import PROJECT


def dbt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    places = ("--project-dir", PROJECT / "dbt_project", "--profiles-dir", PROJECT / "dbt_project")
    target = ("--target-path", folder / "target", "--log-level-file", "none", "--no-use-colors")
    return subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), *arguments, *map(str, places), *map(str, target)],
        env=os.environ | {"CAMPAIGN_REACH_WAREHOUSE_PATH": str(folder / "warehouse.duckdb")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dbt")
    with open_warehouse(folder / "warehouse.duckdb"):
        pass
    return folder


def test_everything_builds_on_an_empty_raw_schema_and_every_unit_test_holds(empty: Path) -> None:
    ran = dbt(empty, "build")
    assert ran.returncode == 0, ran.stdout[-3000:]
    results = json.loads((empty / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    kinds = [result["unique_id"].partition(".")[0] for result in results]
    assert kinds.count("unit_test") >= 7
    assert {result["status"] for result in results} <= {"success", "pass", "no-op"}


def test_the_docs_build_and_every_column_of_a_mart_is_described(empty: Path) -> None:
    ran = dbt(empty, "docs", "generate")
    assert ran.returncode == 0, ran.stdout[-3000:]
    manifest = json.loads((empty / "target" / "manifest.json").read_text(encoding="utf-8"))
    marts = [
        node
        for node in manifest["nodes"].values()
        if node.get("schema") == "marts" and node["resource_type"] == "model"
    ]
    assert len(marts) >= 13
    for mart in marts:
        assert mart["description"].startswith("One row per ")
        assert mart["contract"]["enforced"]
        assert all(column["description"] and column["data_type"] for column in mart["columns"].values())


def test_the_descriptions_are_in_the_file_that_people_open(empty: Path) -> None:
    with duckdb.connect(str(empty / "warehouse.duckdb"), read_only=True) as connection:
        query = "select count(*), count(comment) from duckdb_columns() where schema_name = 'marts'"
        ((columns, described),) = connection.execute(query).fetchall()
    assert columns == described > 100


def test_every_reader_of_the_marts_stands_as_an_exposure(empty: Path) -> None:
    manifest = json.loads((empty / "target" / "manifest.json").read_text(encoding="utf-8"))
    assert {exposure["name"] for exposure in manifest["exposures"].values()} >= {"demo_tables", "published_files"}
