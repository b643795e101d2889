"""From a spreadsheet to the marts: what an organisation filled in, loaded, built, and beside what it has published."""

import csv
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook

from ingest.adapters.exports.templates import template_bytes
from ingest.adapters.registry import read_registry
from ingest.domain.imports import Options, Outcome
from ingest.settings import PROJECT, Settings
from ingest.steps.build import build_marts
from ingest.steps.check_landed import check_landed
from ingest.steps.import_files import import_files
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.quarantine import Retried, objects_waiting, retry_quarantine
from tests.conftest import settings_in

CAMPAIGNS = read_registry(PROJECT / "campaigns").campaigns


def bring(settings: Settings, rows: Sequence[Sequence[str | None]], *, later: int = 0, **says: str) -> Outcome:
    """Import a table of these rows, some minutes later than the settings say."""
    path = Path(settings.landing_uri).parent / f"{later}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    then = settings.model_copy(update={"now": settings.clock() + timedelta(minutes=later)})
    (outcome,) = import_files(then, [str(path)], Options(says=says))
    return outcome


SURVEY = ("campaign", "indicator", "wave", "group", "n", "count")
PEOPLE = ("Full name", "Phone", "campaign", "wave", "wave order", "group", "weight", "chooses_optimal_definition")
ACTIVITIES = ("campaign", "activity id", "activity", "kind", "phase", "people", "age group")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    settings = settings_in(tmp_path_factory.mktemp("offline"))
    understands, dd = "understands_need_for_inclusion", "differently_different"
    bring(
        settings,
        [
            SURVEY,
            (dd, understands, "before_campaign", "parents", "400", "250"),
            (dd, understands, "after_campaign", "parents", "400", "252"),
            (dd, understands, "after_campaign", "teachers", "400", "401"),
        ],
    )
    bring(settings, [SURVEY, (dd, understands, "after_campaign", "parents", "400", "255")], later=1)
    people = [("Nergui Bat", "99112233", "together", "2024", "2", "teachers", "3", "yes") for _ in range(46)]
    people += [("Nergui Dorj", "99112234", "together", "2024", "2", "teachers", "3", "no") for _ in range(4)]
    bring(settings, [PEOPLE, *people], later=2)
    bring(
        settings,
        [
            ACTIVITIES,
            ("child_protection", "spank_out_day", "National Spank Out Day", "event", "year_2019", ">7,000", "children"),
            (
                "child_protection",
                "spank_out_day",
                "National Spank Out Day",
                "event",
                "year_2019",
                "over 6000",
                "adults",
            ),
            ("dream_umbrella", "murals", "Murals on walls", "mural", None, "about 40", None),
        ],
        later=3,
    )
    result = load_landed(settings)
    check_landed(settings, result.load_ids)
    build_marts(settings)
    return duckdb.connect(str(settings.warehouse_path), read_only=True)


def test_the_newest_file_counts_and_the_campaign_file_fills_what_no_file_says(
    built: duckdb.DuckDBPyConnection,
) -> None:
    rows = built.execute(
        "select wave, share_pct, n, source from marts.fct_survey_results "
        "where indicator = 'understands_need_for_inclusion' order by wave_order"
    ).fetchall()
    assert rows == [("before_campaign", 62.5, 400, "export"), ("after_campaign", 63.75, 400, "export")]
    assert built.execute(
        "select source from marts.fct_survey_results where indicator = 'special_schools_effective'"
    ).fetchall() == [("registry",)]


def test_a_published_change_is_computed_from_the_two_waves(built: duckdb.DuckDBPyConnection) -> None:
    assert built.execute(
        "select computed_value, status from marts.agg_published_figures where figure_id = 'dd_understand'"
    ).fetchall() == [(2.0, "matches")]
    ((low, high),) = built.execute(
        "select change_points_low, change_points_high from marts.agg_survey_change "
        "where indicator = 'understands_need_for_inclusion'"
    ).fetchall()
    assert low < 1.25 < high


def test_people_who_answered_are_a_share_with_the_numbers_that_weights_leave(built: duckdb.DuckDBPyConnection) -> None:
    assert built.execute(
        "select wave, share_pct, n, n_effective from marts.fct_survey_results "
        "where campaign_id = 'together' and share_pct is not null"
    ).fetchall() == [("year_2024", 92.0, 50, 50.0)]
    assert built.execute(
        "select status from marts.agg_published_figures where figure_id = 'tog_teachers'"
    ).fetchall() == [("matches",)]


def test_activities_of_a_list_have_their_people_and_how_exact_they_are(built: duckdb.DuckDBPyConnection) -> None:
    assert built.execute(
        "select age_group, people, qualifier from marts.fct_activity_people "
        "where activity_id = 'spank_out_day' order by people"
    ).fetchall() == [("adults", 6000, "more_than"), ("children", 7000, "more_than")]
    assert built.execute(
        "select activity_id, activity_name, source from marts.fct_activities where campaign_id = 'dream_umbrella' "
        "order by 1"
    ).fetchall() == [
        ("chatbot", "Mongolia's first chatbot for counter-trafficking", "registry"),
        ("journalist_training", "Journalist training", "registry"),
        ("murals", "Murals on walls", "export"),
    ]


def test_a_row_that_cannot_be_is_in_quarantine_with_its_line(built: duckdb.DuckDBPyConnection) -> None:
    ((line, reason, object_id),) = built.execute("select line_no, reason, object_id from raw.quarantine").fetchall()
    assert line == 4
    assert reason == "count: 401 is more than the 400 who were asked"
    assert object_id == "understands_need_for_inclusion"


def test_nothing_of_a_person_is_in_landing_or_in_the_warehouse(settings: Settings) -> None:
    people = [("Nergui Bat", "99112233", "together", "2024", "2", "teachers", "1", "yes") for _ in range(6)]
    outcome = bring(settings, [PEOPLE, *people])
    assert outcome.state == "imported"
    key = Path(settings.landing_uri) / outcome.key
    assert [path.name for path in key.parent.iterdir()] == [key.name]
    load_landed(settings)
    warehouse = settings.warehouse_path.read_bytes()
    assert b"99112233" not in warehouse
    assert b"Nergui" not in warehouse


def test_rows_of_no_campaign_land_to_be_seen_in_quarantine(settings: Settings) -> None:
    outcome = bring(settings, [SURVEY, ("nobody", "helps", "baseline", "parents", "400", "250")])
    assert "/none/" in outcome.key
    load_landed(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        rows = connection.execute("select reason from raw.quarantine").fetchall()
    assert "campaign: must be one of" in rows[0][0]


def test_the_same_bytes_come_in_once(settings: Settings) -> None:
    rows = [SURVEY, ("differently_different", "understands_need_for_inclusion", "endline", "parents", "400", "250")]
    assert [bring(settings, rows).state, bring(settings, rows, later=0).state] == ["imported", "known"]


def test_a_refused_row_comes_in_after_its_campaign_file_is_mended(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "campaigns", tmp_path / "campaigns")
    settings = settings_in(tmp_path, campaigns_dir=tmp_path / "campaigns")
    bring(settings, [SURVEY[1:], ("likes_school", "year_2021", "teachers", "40", "30")], campaign="together")
    load_landed(settings)
    assert [one.object_id for one in objects_waiting(settings)] == ["likes_school"]
    file = tmp_path / "campaigns" / "together.yml"
    said = "{indicator: likes_school, indicator_text: Likes it, wave: year_2021, wave_order: 1, respondents: pupils}"
    file.write_text(file.read_text("utf-8").replace("surveys:\n", f"surveys:\n  - {said}\n", 1), encoding="utf-8")
    land_registry(settings)
    load_landed(settings)
    assert retry_quarantine(settings) == Retried(brought_in=1, waiting=0)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        rows = connection.execute("select indicator, share_pct, line_no from raw.survey_results").fetchall()
    assert rows == [("likes_school", 75.0, 2)]


def test_a_template_that_is_not_filled_in_says_so(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "survey.xlsx"
    path.write_bytes(template_bytes("survey", CAMPAIGNS))
    (outcome,) = import_files(settings, [str(path)])
    assert outcome.state == "refused"
    assert "is not filled in yet" in outcome.problem


def test_a_template_that_is_filled_in_comes_to_the_marts(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "activities.xlsx"
    path.write_bytes(template_bytes("activities", CAMPAIGNS))
    book = load_workbook(path)
    filled = {"campaign": "dream_umbrella", "activity_id": "fair", "activity_name": "Fair", "kind": "event"}
    filled |= {"held_on": "2021-09-14", "people": 120, "qualifier": "about", "sex": "female", "age_group": "adults"}
    for position, cell in enumerate(book.worksheets[0][1], start=1):
        book.worksheets[0].cell(2, position, filled.get(str(cell.value)))
    book.save(path)
    (dry,) = import_files(settings, [str(path)], Options(is_dry_run=True))
    assert ("rows", "1: 1 to bring in") in dry.facts[0]
    assert not Path(settings.landing_uri).exists()
    import_files(settings, [str(path)])
    load_landed(settings)
    build_marts(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        rows = connection.execute(
            "select activity_name, held_on::varchar, people, qualifier, sex from marts.fct_activities "
            "join marts.fct_activity_people using (campaign_id, activity_id) where activity_id = 'fair'"
        ).fetchall()
    assert rows == [("Fair", "2021-09-14", 120, "about", "female")]


def test_a_dry_run_says_what_is_left_in_the_file(settings: Settings) -> None:
    people = [("Nergui Bat", "99112233", "together", "2024", "2", "teachers", "1", "yes") for _ in range(6)]
    few = [("Nergui Dorj", "99112234", "together", "2024", "2", "drivers", "1", "yes") for _ in range(2)]
    facts = dict(bring(settings, [PEOPLE, *people, *few]).facts[0])
    assert facts["product"] == "Survey, one row per person"
    assert facts["unknown columns"] == "'Full name', 'Phone': nothing of them is read or kept"
    assert facts["left out"] == "1 groups of fewer than 5 people"
    assert facts["will say"] == "chooses_optimal_definition, year_2024, teachers: 100 % of 6"
