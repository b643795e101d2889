"""The import command: folders and patterns, what it prints, and where rows that wait are counted."""

from pathlib import Path

import duckdb

from ingest.domain.imports import Options
from ingest.health import read_health
from ingest.settings import Settings
from ingest.steps.check_landed import check_landed
from ingest.steps.import_files import files_among, import_files
from ingest.steps.load import load_landed
from ingest.steps.run_dbt import run_dbt
from tests.exports.composed import EXPORTED, ask, facebook_post, table, written
from tests.test_cli import run

POSTS = table([facebook_post()])


def test_folders_and_patterns_name_files_once_without_hidden_ones_and_mappings(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    for name in ("b.csv", "deep/a.csv", ".hidden.csv", "table.csv.yml", "README.md"):
        written(folder, POSTS, name)
    named = [str(folder), str(folder / "*.csv"), str(folder / "**" / "a.csv"), str(folder / "b.csv")]
    found = [path.relative_to(folder).as_posix() for path in files_among(named)]
    assert found == ["b.csv", "deep/a.csv"]


def test_the_command_takes_a_folder_and_a_pattern_and_says_of_each_file_what_became_of_it(tmp_path: Path) -> None:
    written(tmp_path / "exports", POSTS, "good.csv")
    written(tmp_path / "exports", "Post ID,Views\n1,2\n", "bad.csv")
    written(tmp_path / "more", table([facebook_post(2)]), "other.csv")
    ran = run(tmp_path, "import", "exports", "more/*.csv")
    assert ran.returncode == 1
    assert [line.split()[:2] for line in ran.stdout.splitlines() if not line.startswith(" ")] == [
        ["refused", "bad.csv"],
        ["imported", "good.csv"],
        ["imported", "other.csv"],
    ]
    assert "bad.csv is of no product that is known" in ran.stderr
    assert "━" not in ran.stdout + ran.stderr  # a bar is for a terminal only
    again = run(tmp_path, "import", "--again", "exports/good.csv")
    assert "the same bytes have landed, and would be read as they were" in again.stdout


def test_rows_that_wait_are_counted_in_the_gate_in_the_status_and_in_the_mart(
    settings: Settings, tmp_path: Path
) -> None:
    rows = [facebook_post(1), facebook_post(2, Views="odd"), facebook_post(3, Publish_time="?")]
    import_files(settings, [str(written(tmp_path, table(rows)))], Options(exported_at=EXPORTED))
    load_landed(settings)
    verdict = check_landed(settings)
    assert verdict is not None
    (warned,) = [one for one in verdict.warnings if one.rule == "no_imported_row_is_quarantined"]
    assert "2" in warned.observed
    (reading,) = [one for one in read_health(settings) if one.name == "quarantine"]
    assert reading.facts["waiting"] == 2
    assert run_dbt(settings, ["run", "--select", "+rpt_quarantine", "+rpt_imports"]).success
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        found = warehouse.execute(
            "select waiting.line_no, source, reason, objects, file_name, quarantined "
            "from marts.rpt_quarantine as waiting join marts.rpt_imports using (landing_file) order by 1"
        ).fetchall()
    assert found == [
        (3, "export", "Views is no number", 1, "export.csv", 2),
        (4, "export", "the time of publication cannot be read", 1, "export.csv", 2),
    ]
    assert ask(settings, "select accepted, quarantined from raw.imports") == [(1, 2)]
