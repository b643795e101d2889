"""The dbt project: its unit tests, its docs, and what it makes of a warehouse in which nothing has landed yet."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.publication.candidate import copy_marts
from ingest.adapters.publication.dictionary import ROW, UNITS, dictionary_of, read_texts
from ingest.adapters.publication.publication import DATABASE
from ingest.adapters.warehouse import open_warehouse
from ingest.domain.marts import MARTS
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


@pytest.fixture(scope="module")
def built(empty: Path) -> Path:
    ran = dbt(empty, "build")
    assert ran.returncode == 0, ran.stdout[-3000:]
    return empty


def test_everything_builds_on_an_empty_raw_schema_and_every_unit_test_holds(built: Path) -> None:
    results = json.loads((built / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
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


def test_every_reader_of_the_marts_stands_as_an_exposure_with_the_marts_that_it_names(empty: Path) -> None:
    manifest = json.loads((empty / "target" / "manifest.json").read_text(encoding="utf-8"))
    read = {
        one["name"]: {node.rpartition(".")[2] for node in one["depends_on"]["nodes"]}
        for one in manifest["exposures"].values()
    }
    assert set(read) == {"demo_tables", "published_files", "campaign_report"}
    assert read["published_files"] == {mart.name for mart in MARTS}
    summary = (PROJECT / "ingest" / "summary.py").read_text(encoding="utf-8")
    assert read["demo_tables"] == set(re.findall(r"marts\.(\w+)", summary)) - {"duckdb"}


def test_every_mart_has_a_tested_key_and_its_relations_are_tested(empty: Path) -> None:
    manifest = json.loads((empty / "target" / "manifest.json").read_text(encoding="utf-8"))
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    unique, related = set(), set()
    for test in tests:
        kind, model = test["test_metadata"]["name"], test["attached_node"].rpartition(".")[2]
        unique |= {model} if kind in {"unique", "unique_together"} else set()
        related |= {model} if kind.startswith("relationships") else set()
    names = {mart.name for mart in MARTS}
    assert names - unique == {"publication"}  # one row, which `publish` writes
    roots = {"dim_campaigns", "dim_accounts", "dim_metrics", "publication", "rpt_quarantine", "rpt_gate_results"}
    assert names - related == roots | {"rpt_imports"}


def test_the_key_that_python_knows_is_never_null(empty: Path) -> None:
    manifest = json.loads((empty / "target" / "manifest.json").read_text(encoding="utf-8"))
    for mart in MARTS:
        columns = manifest["nodes"][f"model.campaign_reach.{mart.name}"]["columns"]
        assert [key for key in mart.key if {"type": "not_null"} not in _kinds(columns[key])] == [], mart.name


def _kinds(column: dict[str, object]) -> list[dict[str, object]]:
    return [{"type": one["type"]} for one in column["constraints"]]  # type: ignore[attr-defined]


def test_the_dictionary_names_every_published_column_with_its_type_its_text_and_its_unit(built: Path) -> None:
    """What a publication says of itself cannot drift from what is in it: names and types are the same."""
    texts = read_texts(built / "target" / "manifest.json")
    tables = dictionary_of(copy_marts(built / "warehouse.duckdb", built / "version" / DATABASE), texts)
    promised = {key: meaning.data_type.upper().replace(" ", "") for key, meaning in texts.columns.items()}
    there = {
        (table.name, column.name): column.data_type.replace(" ", "") for table in tables for column in table.columns
    }
    assert there == promised
    assert [table.name for table in tables] == [mart.name for mart in MARTS]
    for table in tables:
        assert table.description.startswith("One row")
        assert set(table.key) <= {column.name for column in table.columns}
        for column in table.columns:
            assert column.description
            assert column.is_number == bool(column.unit and column.adds), f"units.md: {table.name}.{column.name}"


def test_every_row_of_the_units_is_of_a_column_that_is_there(built: Path) -> None:
    manifest = json.loads((built / "target" / "manifest.json").read_text(encoding="utf-8"))
    named = {doc for doc, _, _ in ROW.findall(manifest["docs"][UNITS]["block_contents"])} - {"doc"}
    used = {
        doc.rpartition(".")[2]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        for column in node["columns"].values()
        for doc in column["doc_blocks"]
    }
    assert named <= used
