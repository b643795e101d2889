"""The snippets of docs/how-to/connect/ do what they say: each is run as it stands, beside a publication."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest

from ingest.steps.publish import publish_marts
from tests.conftest import settings_in
from tests.readers.connect_pages import PAGES, publish_two_campaigns, rows_that_every_page_reads, snippet
from tests.readers.pinned import pinned_readers
from tests.two_campaigns import make_warehouse


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_two_campaigns(tmp_path_factory.mktemp("reader"))


@pytest.fixture(scope="module")
def expected(folder: Path) -> list[dict[str, Any]]:
    return rows_that_every_page_reads(folder)


def run_python(folder: Path, program: str, *packages: Path, **variables: str) -> str:
    """What a program prints in a Python that knows these packages only, or ours when none is given."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_REACH_")}
    environment |= variables
    if packages:
        environment["PYTHONPATH"] = os.pathsep.join(map(str, packages))
    command = [sys.executable, *(["-S"] if packages else []), "-c", program]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def rows_of(printed: str) -> Any:
    return json.loads(printed.splitlines()[-1])


def test_pandas_reads_the_version_that_the_manifest_names(folder: Path, expected: list[dict[str, Any]]) -> None:
    shown = "\nprint(reach.to_json(orient='records', force_ascii=False))"
    assert rows_of(run_python(folder, snippet("pandas", "python") + shown)) == expected


def test_polars_reads_the_parquet_file(folder: Path, expected: list[dict[str, Any]]) -> None:
    shown = "\nimport json\nprint(json.dumps(reach.to_dicts()))"
    assert rows_of(run_python(folder, snippet("polars", "python") + shown, pinned_readers("connect"))) == expected


def test_ibis_reads_the_schema_marts(folder: Path, expected: list[dict[str, Any]]) -> None:
    shown = "\nprint(reach.to_json(orient='records', force_ascii=False))"
    assert rows_of(run_python(folder, snippet("ibis", "python") + shown, pinned_readers("connect"))) == expected


def test_the_libraries_that_superset_pins_read_and_reflect_the_file(
    folder: Path, expected: list[dict[str, Any]]
) -> None:
    shown = """
import json, sqlalchemy
answer = {"sqlalchemy": sqlalchemy.__version__, "tables": tables, "columns": columns}
print(json.dumps(answer | {"reach": json.loads(reach.to_json(orient="records"))}))
"""
    answer = rows_of(run_python(folder, snippet("superset", "python") + shown, pinned_readers("superset")))
    assert answer["sqlalchemy"].startswith("1.4.")
    assert {"dim_campaigns", "fct_post_performance", "publication"} <= set(answer["tables"])
    assert answer["columns"][:2] == ["post_id", "views"]
    assert answer["reach"] == expected


def test_superset_cannot_write_through_the_engine_parameters_of_the_page(folder: Path) -> None:
    attempt = """
import sqlalchemy
try:
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("delete from marts.dim_posts"))
except sqlalchemy.exc.DBAPIError as error:
    print("refused", "read-only" in str(error))
"""
    printed = run_python(folder, snippet("superset", "python") + attempt, pinned_readers("superset"))
    assert printed.splitlines()[-1] == "refused True"


def test_what_lies_on_s3_is_found_through_the_manifest(
    tmp_path: Path, aws: str, expected: list[dict[str, Any]]
) -> None:
    boto3.client("s3", endpoint_url=aws, region_name="us-east-1").create_bucket(Bucket="campaign-reach")
    places = {"published_uri": "s3://campaign-reach/published", "aws_endpoint_url": aws}
    settings = settings_in(tmp_path / "var", **places)
    make_warehouse(settings.warehouse_path)
    publish_marts(settings)
    shown = "\nprint(reach.to_json(orient='records', force_ascii=False))"
    region = {"AWS_ENDPOINT_URL": aws, "AWS_DEFAULT_REGION": "us-east-1"}
    assert rows_of(run_python(tmp_path, snippet("s3", "python") + shown, **region)) == expected


def test_duckdbs_command_line_prints_csv(folder: Path, expected: list[dict[str, Any]]) -> None:
    (command,) = (line[2:] for line in snippet("duckdb-cli", "console").splitlines() if line.startswith("$ "))
    path = os.pathsep.join((str(pinned_readers("connect") / "bin"), os.environ["PATH"]))
    environment = {"PATH": path, "PYTHONPATH": str(pinned_readers("connect"))}
    ran = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    as_text = [{name: "NULL" if cell is None else str(cell) for name, cell in row.items()} for row in expected]
    assert list(csv.DictReader(ran.stdout.splitlines())) == as_text


def test_an_open_connection_keeps_its_version_and_the_manifest_names_the_new_one(folder: Path) -> None:
    program = """
import duckdb, json, sys
from pathlib import Path
published = Path("var/published")
def served():
    manifest = json.loads((published / "manifest.json").read_text(encoding="utf-8"))
    return published / manifest["folder"] / "campaign_reach.duckdb"
def version(connection):
    return connection.execute("select version from marts.publication").fetchall()[0][0]
old = duckdb.connect(str(published / "campaign_reach.duckdb"), read_only=True)
before = version(old)
print("opened", flush=True)
sys.stdin.readline()
again = duckdb.connect(str(published / "campaign_reach.duckdb"), read_only=True)
with duckdb.connect(str(served()), read_only=True) as new:
    print(json.dumps([version(old) == before, version(again) == before, version(new) == before]))
"""
    reader = subprocess.Popen(
        [sys.executable, "-c", program], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout
    assert reader.stdout.readline() == "opened\n"
    settings = settings_in(folder / "var")
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        warehouse.execute("update marts.dim_campaigns set donor = 'Another donor' where campaign_id = 'oyu'")
    assert publish_marts(settings).is_new
    printed, _ = reader.communicate("\n", timeout=60)
    assert json.loads(printed) == [True, True, False]


@pytest.mark.parametrize("page", sorted(path.stem for path in PAGES.glob("*.md") if path.stem != "README"))
def test_every_page_is_in_the_table_and_names_its_traps(page: str) -> None:
    assert f"]({page}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")
    assert re.search(r"\*\*(Its|Their) traps\.\*\*", (PAGES / f"{page}.md").read_text(encoding="utf-8"))
