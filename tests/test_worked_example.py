"""docs/worked-example.md is true: every cell of its tables is what the marts hold, and no row is left out."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.settings import PROJECT
from ingest.steps.build import build_marts
from ingest.steps.check_landed import check_landed
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from tests.conftest import settings_in
from tests.worked_example import READ_AT, land_worked_example

DOCUMENT = (PROJECT / "docs" / "worked-example.md").read_text(encoding="utf-8")
TABLES = re.findall(r"### `(\w+)`\n\n((?:\|.*\n)+)", DOCUMENT)


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("worked")
    campaigns = PROJECT / "tests" / "data" / "worked_example"
    settings = settings_in(folder, campaigns_dir=campaigns, now=READ_AT)
    land_registry(settings)
    land_worked_example(settings)
    load_landed(settings)
    check_landed(settings)
    build_marts(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        yield connection


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def shown(value: Any) -> str:
    """A value as the document writes it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 1000 else str(round(value, 4))
    return value.isoformat() if isinstance(value, date) else str(value)


@pytest.mark.parametrize(("mart", "table"), TABLES, ids=[f"{number} {mart}" for number, (mart, _) in enumerate(TABLES)])
def test_every_cell_of_a_table_is_what_the_mart_holds(marts: duckdb.DuckDBPyConnection, mart: str, table: str) -> None:
    names, _, *rows = table.splitlines()
    found = marts.execute(f"select {', '.join(cells(names))} from marts.{mart}").fetchall()
    assert sorted(cells(row) for row in rows) == sorted([shown(value) for value in row] for row in found)


@pytest.mark.parametrize("mart", sorted({mart for mart, _ in TABLES}))
def test_no_column_of_a_mart_that_is_shown_is_left_out(marts: duckdb.DuckDBPyConnection, mart: str) -> None:
    shown_columns = {name for one, table in TABLES if one == mart for name in cells(table.splitlines()[0])}
    query = "select column_name from duckdb_columns() where schema_name = 'marts' and table_name = ?"
    assert shown_columns == {name for (name,) in marts.execute(query, [mart]).fetchall()}


def test_the_document_shows_every_mart_that_the_example_explains() -> None:
    assert len({mart for mart, _ in TABLES}) == 13
    assert sum(len(table.splitlines()) - 2 for _, table in TABLES) > 60


def test_nothing_of_the_example_went_to_quarantine(marts: duckdb.DuckDBPyConnection) -> None:
    assert marts.execute("select count(*) from raw.quarantine").fetchall() == [(0,)]


def test_the_folder_of_the_example_holds_its_campaign_only() -> None:
    assert [path.name for path in (PROJECT / "tests" / "data" / "worked_example").iterdir()] == [
        Path("lights.yml").name
    ]
