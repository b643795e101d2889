"""The repository as a whole: what is committed, what imports what, and what no file may hold."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ingest.settings import PROJECT

HEAVY = {"dbt", "great_expectations", "pandas", "duckdb", "facebook_business"}
CODE = ("ingest", "dbt_project", "dags", "expectations")


def committed(*below: str) -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *below],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [PROJECT / name for name in listing.splitlines() if (PROJECT / name).is_file()]


def published_values() -> set[str]:
    files = sorted((PROJECT / "campaigns").glob("*.yml"))
    figures = [figure for file in files for figure in yaml.safe_load(file.read_text())["published_figures"]]
    return {str(figure["published_value"]) for figure in figures if figure["published_value"] >= 1000}


def test_no_committed_file_is_over_500_kilobytes() -> None:
    assert [file for file in committed() if file.stat().st_size > 500_000] == []


def test_no_committed_file_names_a_package_index() -> None:
    address = re.compile(
        r"--(extra-)?index-url|index-url *=|" + "pypi" + r"\.org|registry\.npmjs|\"resolved\": *\"http"
    )
    named = [file for file in committed() if file != Path(__file__) and address.search(read(file))]
    assert named == []


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def test_all_26_published_figures_are_in_the_registry() -> None:
    files = sorted((PROJECT / "campaigns").glob("*.yml"))
    assert len(files) == 5
    assert sum(len(yaml.safe_load(file.read_text())["published_figures"]) for file in files) == 26


def test_no_published_figure_stands_in_code() -> None:
    values = published_values()
    assert "3107326" in values
    forms = {form for value in values for form in (value, f"{int(value):,}", f"{int(value):_}")}
    number = re.compile(r"(?<![\w.])(" + "|".join(sorted(forms)) + r")(?![\w])")
    guilty = {
        f"{file.relative_to(PROJECT)}: {match.group()}"
        for file in committed(*CODE)
        for match in number.finditer(read(file))
        if match.group() not in {"6000", "7000", "6_000", "7_000", "6,000", "7,000"}  # too round to be a copy
    }
    assert guilty == set()


@pytest.mark.parametrize("statement", ["import ingest", "import dags.refresh_accounts, dags.publish_marts"])
def test_importing_loads_no_heavy_package(statement: str) -> None:
    loaded = "{name.partition('.')[0] for name in sys.modules}"
    program = f"import sys; {statement}; print(*sorted({loaded} & {HEAVY!r}))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=PROJECT, check=True)
    assert ran.stdout.split() == []


def test_every_requirement_is_pinned_with_a_hash() -> None:
    for lock in (PROJECT / "requirements").glob("*.txt"):
        requirements = re.split(r"\n(?=\S)", "\n" + read(lock))
        pinned = [entry for entry in requirements if "==" in entry.partition("\\")[0]]
        assert pinned, lock
        assert [entry for entry in pinned if "--hash=sha256:" not in entry] == []


def test_the_environment_is_touched_in_the_settings_only() -> None:
    guilty = [
        str(file.relative_to(PROJECT))
        for file in committed("ingest", "expectations", "dags")
        if file.suffix == ".py" and re.search(r"os\.environ|os\.getenv", read(file))
    ]
    assert guilty == ["ingest/settings.py"]


def test_the_figures_are_the_26_that_were_published() -> None:
    with (PROJECT / "tests" / "data" / "published_figures.csv").open(encoding="utf-8", newline="") as file:
        expected = {
            row["figure_id"]: (row["as_published"], float(row["published_value"])) for row in csv.DictReader(file)
        }
    files = sorted((PROJECT / "campaigns").glob("*.yml"))
    figures = [figure for file in files for figure in yaml.safe_load(file.read_text())["published_figures"]]
    assert {f["figure_id"]: (f["as_published"], float(f["published_value"])) for f in figures} == expected
