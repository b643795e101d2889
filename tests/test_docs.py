"""The docs say what is true: words, files, commands and the tables of the glossary."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ingest.domain.marts import MARTS, STATUSES
from ingest.domain.metrics import CATALOGUE
from ingest.settings import PROJECT

GLOSSARY = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md")), PROJECT / "campaigns" / "README.md"]
MART_FILES = sorted((PROJECT / "dbt_project" / "models" / "marts").glob("*.yml"))


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the glossary's table under a heading, by their first word."""
    section = GLOSSARY.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip().strip("`"): [cell.strip() for cell in row[1:]] for row in rows}


def columns(mart: str) -> dict[str, dict[str, object]]:
    text = (PROJECT / "dbt_project" / "models" / "marts" / f"{mart}.yml").read_text(encoding="utf-8")
    return {column["name"]: column for column in yaml.safe_load(text)["models"][0]["columns"]}


def test_the_glossary_names_every_metric_of_the_marts_with_its_unit() -> None:
    glossary = table("Metrics")
    catalogue = {metric.metric: metric for metric in CATALOGUE if metric.in_marts}
    assert set(catalogue) | {"engagements"} == set(glossary)
    for name, metric in catalogue.items():
        unit, adds, _ = glossary[name]
        assert unit == metric.unit
        assert adds.startswith("yes") == metric.adds


def test_metrics_of_posts_are_columns_of_the_wide_mart() -> None:
    metrics = {metric.metric for metric in CATALOGUE if metric.object_kind == "post" and metric.in_marts}
    assert metrics | {"engagements"} <= set(columns("fct_post_performance"))


def test_the_statuses_are_the_same_in_glossary_code_and_marts() -> None:
    assert tuple(table("Status of a value")) == STATUSES
    tests = columns("fct_post_metrics")["status"]["data_tests"]
    assert tuple(tests[0]["accepted_values"]["arguments"]["values"]) == STATUSES  # type: ignore[index]


def test_python_knows_just_the_marts_that_dbt_builds() -> None:
    assert {mart.name for mart in MARTS} == {file.stem for file in MART_FILES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if "://" not in target and not (page.parent / target).exists()] == []


def test_every_file_on_the_walk_is_there() -> None:
    walk = (PROJECT / "docs" / "follow-one-number.md").read_text(encoding="utf-8")
    names = re.findall(r"`([\w/]+\.(?:py|sql|csv))`", walk)
    found = [name for name in names if (PROJECT / name).exists() or list(PROJECT.rglob(Path(name).name))]
    assert len(names) > 15
    assert found == names


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"make ([a-z-]+)", README))
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert {"demo", "test", "help"} <= targets
    assert [target for target in targets if f"\n{target}:" not in makefile] == []


COMMANDS = {
    name for page in PAGES for name in re.findall(r"`campaign-reach ([a-z]+)", page.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_that_the_readme_names_has_help(command: str) -> None:
    program = Path(sys.executable).with_name("campaign-reach")
    ran = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert "Usage" in ran.stdout


def test_the_query_in_the_readme_names_a_mart_and_its_columns() -> None:
    (query,) = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
    selected, mart = re.match(r"select (.*?)\nfrom marts\.(\w+)", query, re.DOTALL).groups()  # type: ignore[union-attr]
    assert {name.strip() for name in selected.split(",")} <= set(columns(mart))


def test_no_placeholder_is_left_in_the_readme() -> None:
    assert not re.search(r"DEMO_[A-Z]+", README)


def test_the_live_checklist_names_every_probe() -> None:
    from ingest.live import PROBES

    text = (PROJECT / "docs" / "live-checklist.md").read_text(encoding="utf-8")
    named = {row.split("|")[2].strip() for row in text.splitlines() if row.startswith("| ")} - {"probe", ""}
    assert named == set(PROBES)


def test_the_readme_shows_a_picture_of_the_report_below_300_kilobytes() -> None:
    (picture,) = re.findall(r"!\[[^]]+\]\((docs/pictures/[^)]+)\)", README)
    assert 10_000 < (PROJECT / picture).stat().st_size < 300_000


def test_the_checklist_of_the_report_has_a_row_per_screenshot() -> None:
    text = (PROJECT / "docs" / "report-checklist.md").read_text(encoding="utf-8")
    rows = {row.split("|")[1].strip() for row in text.splitlines() if re.match(r"\| \w+\.\w\w\.\d", row)}
    campaigns = [file.stem for file in (PROJECT / "campaigns").glob("*.yml")]
    assert rows == {
        f"{name}.{language}.{width}.{theme}"
        for name in campaigns
        for language in ("en", "mn")
        for width in (360, 1400)
        for theme in ("light", "dark")
    }
