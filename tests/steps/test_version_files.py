"""What lies in a version beside DuckDB and Parquet: CSV that no spreadsheet runs, and what says what the files are."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ingest.adapters.publication.candidate import copy_marts
from ingest.adapters.publication.exports import export_csv
from ingest.adapters.publication.publication import DATABASE
from ingest.domain.errors import GateStopped
from ingest.settings import Settings
from ingest.steps import publish
from ingest.steps.publish import Published, publish_marts
from ingest.steps.rollback import rejected_candidates
from ingest.steps.run_dbt import parsed_manifest
from tests.conftest import settings_in
from tests.readers.pinned import pinned_readers
from tests.two_campaigns import change, make_warehouse

RUNS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u3000＝1")
RUNS += ("＋1", "－1", "＠SUM", "\ufeff=1", "\u200b=1", "\x00=1", "﹦1", '=HYPERLINK("http://x","y")', "-5")
HARMLESS = (
    "Хамтдаа",
    "#Хамтдаа",
    "0017841900123456789",
    "a=b",
    "",
    "1-2",
    "–5 %",
    "«Гэрэл»",
    'says "no"',
    "a,b",
    "a\nb",
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Published]:
    """The folder of a published version of two campaigns."""
    settings = settings_in(tmp_path_factory.mktemp("published"))
    make_warehouse(settings.warehouse_path)
    done = publish_marts(settings)
    return Path(settings.published_uri) / done.manifest.folder, done


ABOUT_ITSELF = ("publication", "rpt_gate_results")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_mart_is_a_csv_file_with_a_byte_order_mark_and_the_rows_of_the_table(
    published: tuple[Path, Published],
) -> None:
    folder, done = published
    with duckdb.connect(done.path, read_only=True) as marts:
        tables = [name for (name,) in marts.execute("select table_name from duckdb_tables()").fetchall()]
        for table in tables:
            path = folder / "csv" / f"{table}.csv"
            columns = [one[0] for one in marts.execute(f"select * from marts.{table}").description or ()]
            assert path.read_bytes().startswith(b"\xef\xbb\xbf" + ",".join(columns).encode() + b"\n")
            (count,) = marts.execute(f"select count(*) from marts.{table}").fetchall()[0]
            assert len(rows_of(path)) == count
            assert path.read_bytes().endswith(b"\n")
            assert not path.read_bytes().endswith(b"\n\n")


def test_ids_are_quoted_numbers_are_not_and_a_null_is_an_empty_field(published: tuple[Path, Published]) -> None:
    text = (published[0] / "csv" / "fct_post_performance.csv").read_text(encoding="utf-8-sig")
    assert '\n"101_2",300,,,1,0,0,,4,1,,,0,300,"withheld",2026-11-21 06:00:00\n' in text


def in_csv(folder: Path, texts: tuple[str, ...]) -> list[str]:
    """What these names of accounts are in CSV."""
    warehouse = make_warehouse(folder / "warehouse.duckdb", "delete from marts.dim_accounts")
    with duckdb.connect(str(warehouse)) as connection:
        for at, text in enumerate(texts):
            connection.execute("insert into marts.dim_accounts values (?, 'facebook', ?, 'own')", [f"{at:03}", text])
    database = copy_marts(warehouse, folder / "version" / DATABASE)
    export_csv(database, database.parent)
    return [row["account_name"] for row in rows_of(database.parent / "csv" / "dim_accounts.csv")]


def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path: Path) -> None:
    assert in_csv(tmp_path, RUNS) == ["'" + text for text in RUNS]


def test_all_other_texts_stay_as_they_are(tmp_path: Path) -> None:
    assert in_csv(tmp_path, HARMLESS) == list(HARMLESS)


def test_a_negative_number_stays_a_number(tmp_path: Path) -> None:
    warehouse = make_warehouse(tmp_path / "w.duckdb", "update marts.fct_post_performance set shares = -3")
    database = copy_marts(warehouse, tmp_path / "version" / DATABASE)
    export_csv(database, database.parent)
    text = (database.parent / "csv" / "fct_post_performance.csv").read_text(encoding="utf-8-sig")
    assert '"101_2",300,,,1,0,-3,,' in text


def checked(program: str, *arguments: str, folder: Path) -> Any:
    """What a program prints that knows the standards' own validators only."""
    command = [sys.executable, "-S", "-c", program, str(pinned_readers("contracts")), *arguments]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


FRICTIONLESS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from frictionless import validate
report = validate("datapackage.json")
rows = sum(task.stats.get("rows") or 0 for task in report.tasks)
print(json.dumps({"valid": report.valid, "tasks": len(report.tasks), "rows": rows,
    "errors": report.flatten(["title", "fieldName", "message"])[:5]}))
"""
CONTRACT = """
import json, sys
sys.path.insert(0, sys.argv[1])
import importlib.resources, jsonschema, yaml
from open_data_contract_standard.model import OpenDataContractStandard
schema = json.loads((importlib.resources.files("open_data_contract_standard") / "schema.json").read_text())
contract = yaml.safe_load(open("contract.yml", encoding="utf-8"))
found = [f"{list(one.path)}: {one.message}" for one in jsonschema.Draft201909Validator(schema).iter_errors(contract)]
print(json.dumps({"errors": found[:5], "tables": len(OpenDataContractStandard.from_file("contract.yml").schema_)}))
"""


def test_frictionless_validates_the_package_every_row_of_every_file(published: tuple[Path, Published]) -> None:
    folder, done = published
    report = checked(FRICTIONLESS, folder=folder)
    tables = [file for file in done.manifest.files if file.path.startswith("csv/")]
    assert report == {"valid": True, "tasks": len(tables), "rows": sum(file.rows or 0 for file in tables), "errors": []}


def test_frictionless_finds_a_changed_number_so_that_its_yes_means_something(
    published: tuple[Path, Published], tmp_path: Path
) -> None:
    import shutil

    copy = shutil.copytree(published[0], tmp_path / "copy", copy_function=shutil.copyfile)
    (copy / "csv" / "dim_phases.csv").write_bytes(b"\xef\xbb\xbfphase_id,campaign_id\n")
    assert not checked(FRICTIONLESS, folder=copy)["valid"]


def test_the_contract_holds_the_json_schema_of_the_standard(published: tuple[Path, Published]) -> None:
    folder, done = published
    found = checked(CONTRACT, folder=folder)
    assert found == {"errors": [], "tables": len({file.table for file in done.manifest.files if file.table})}


def test_contract_and_package_name_the_columns_and_keys_of_the_file(published: tuple[Path, Published]) -> None:
    folder, done = published
    with duckdb.connect(done.path, read_only=True) as marts:
        there = marts.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns() "
            "where schema_name = 'marts' group by all order by all"
        ).fetchall()
    contract = yaml.safe_load((folder / "contract.yml").read_text(encoding="utf-8"))
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    in_contract = [(one["name"], [column["name"] for column in one["properties"]]) for one in contract["schema"]]
    in_package = [(one["name"], [field["name"] for field in one["schema"]["fields"]]) for one in package["resources"]]
    assert sorted(in_contract) == sorted(in_package) == there
    keys = {one["name"]: one["schema"].get("primaryKey") for one in package["resources"]}
    assert keys["fct_campaign_posts"] == ["campaign_id", "post_id"]


def test_contract_and_package_say_what_dbts_manifest_says_of_each_column(published_once: Path) -> None:
    (folder,) = (published_once / "published" / "versions").iterdir()
    nodes = json.loads(parsed_manifest(settings_in(published_once)).read_bytes())["nodes"].values()
    marts = {node["name"]: node for node in nodes if (node["resource_type"], node["schema"]) == ("model", "marts")}
    contract = yaml.safe_load((folder / "contract.yml").read_text(encoding="utf-8"))["schema"]
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    fields = {(one["name"], field["name"]): field for one in package for field in one["schema"]["fields"]}
    for table in contract:
        assert table["description"] == marts[table["name"]]["description"]
        for column in table["properties"]:
            said = " ".join(marts[table["name"]]["columns"][column["name"]]["description"].split())
            assert said
            assert column["description"] == fields[table["name"], column["name"]]["description"] == said
    assert len(fields) > 250


def test_the_dictionary_says_unit_and_whether_it_adds_and_loads_nothing(published: tuple[Path, Published]) -> None:
    page = (published[0] / "dictionary.html").read_text(encoding="utf-8")
    assert re.search(r"<code>duplicated_reach</code></td><td>[^<]*</td><td>persons, duplicated</td>", page)
    assert re.search(r"<code>reach</code></td><td>bigint, may be null</td><td>persons</td><td>never</td>", page)
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<img|<link|src=|https?://", page)


def test_the_gates_page_says_what_was_found_and_a_hostile_text_stays_text(settings: Settings) -> None:
    hostile = "<script>alert(1)</script>"
    make_warehouse(
        settings.warehouse_path, f"update marts.fct_post_metrics set status = '{hostile}' where value is null"
    )

    with pytest.raises(GateStopped):
        publish_marts(settings)
    (rejected,) = rejected_candidates(settings)
    page = Path(rejected.database).with_name("gate.html").read_text(encoding="utf-8")
    assert "candidate_publication: stopped" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page


def test_the_same_content_gives_the_same_bytes_of_parquet_csv_and_contract(tmp_path: Path) -> None:
    versions = []
    for name, minutes in (("a", 0), ("b", 90)):
        settings = settings_in(tmp_path / name, now=f"2026-11-22T06:{minutes % 60:02}:00Z")
        make_warehouse(settings.warehouse_path)
        if name == "b":
            order = "create table marts.t as from marts.dim_posts order by post_id desc"
            change(settings.warehouse_path, order, "delete from marts.dim_posts")
            change(settings.warehouse_path, "insert into marts.dim_posts from marts.t", "drop table marts.t")
        versions.append(publish_marts(settings).manifest)
    first, second = ({file.path: file.sha256 for file in one.files} for one in versions)
    about_itself = {"campaign_reach.duckdb", "datapackage.json", "dictionary.html", "gate.html"}
    about_itself |= {f"{kind}/{name}.{kind}" for kind in ("csv", "parquet") for name in ABOUT_ITSELF}
    differ = {path for path in first if first[path] != second[path] and not path.startswith("report/")}
    assert differ <= about_itself
    assert versions[0].content_hash == versions[1].content_hash


def test_what_is_added_to_a_version_stands_in_its_manifest_and_not_in_its_content_hash(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(given: Settings, folder: Path) -> None:
        assert given == settings
        assert (folder / DATABASE).exists()
        (folder / "report").mkdir()
        (folder / "report" / "index.html").write_text("<!doctype html>")

    make_warehouse(settings.warehouse_path)
    without = publish_marts(settings_in(settings.warehouse_path.parent, published_uri=f"{settings.published_uri}-2"))
    monkeypatch.setattr(publish, "ADDITIONS", (add,))
    published = publish_marts(settings)
    assert "report/index.html" in {file.path for file in published.manifest.files}
    assert published.manifest.content_hash == without.manifest.content_hash
