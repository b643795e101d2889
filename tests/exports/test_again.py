"""A file is read anew after a fix, and a corrected one takes another's place: there is never a number twice."""

import csv
import io
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from ingest.adapters.exports.templates import template_bytes
from ingest.adapters.registry import read_registry
from ingest.domain.errors import ImportRefused
from ingest.domain.imports import Options, Outcome
from ingest.settings import PROJECT, Settings
from ingest.steps.import_files import import_files
from ingest.steps.load import load_landed
from ingest.steps.quarantine import NeedsFile, objects_waiting, retry_quarantine
from tests.conftest import settings_in
from tests.exports.composed import PAGE, ask, brought_in, facebook_post, table, values, written

MAPPING = f"""
platform: facebook
account_id: '{PAGE}'
post_id: Id
published: Day
date_order: mdy
time_zone: UTC
metrics: [{{column: Seen, metric: reach}}]
"""
PEOPLE = ("Full name", "Phone", "campaign", "wave", "wave order", "group", "likes_school")


def later(settings: Settings, minutes: int = 5) -> Settings:
    """The same settings, some minutes later."""
    return settings.model_copy(update={"now": settings.clock() + timedelta(minutes=minutes)})


def published(settings: Settings) -> list[tuple[str, str]]:
    found = ask(settings, "select split_part(post_id, '_', -1), published_at[:10] from raw.posts order by all")
    return [(str(post), str(day)) for post, day in found]


def test_a_mended_mapping_reads_the_same_bytes_anew_and_takes_the_place_of_the_first_reading(
    settings: Settings, tmp_path: Path
) -> None:
    path = written(tmp_path, "Id,Day,Seen\n1,03/04/2025,5\n2,05/04/2025,7\n", "table.csv")
    mapping = written(tmp_path, MAPPING, "table.csv.yml", "utf-8")
    (first,) = brought_in(settings, path)
    assert published(settings) == [("1", "2025-03-04"), ("2", "2025-05-04")]
    mapping.write_text(MAPPING.replace("mdy", "dmy"), encoding="utf-8")
    assert brought_in(later(settings), path)[0].state == "known"
    (again,) = brought_in(later(settings), path, again=True, exported_at=None)
    assert (again.state, again.instead_of) == ("imported", first.key)
    assert published(settings) == [("1", "2025-04-03"), ("2", "2025-04-05")]
    assert ask(settings, "select value from raw.snapshots order by all") == [("5",), ("7",)]
    assert ask(settings, "select distinct fetched_at::date::text from raw.snapshots") == [("2026-11-20",)]
    assert [one.state for one in brought_in(later(settings, 9), path, again=True, exported_at=None)] == ["known"]


def test_two_readings_of_the_same_bytes_need_two_moments(settings: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, "Id,Day,Seen\n1,03/04/2025,5\n", "table.csv")
    mapping = written(tmp_path, MAPPING, "table.csv.yml", "utf-8")
    brought_in(settings, path)
    mapping.write_text(MAPPING.replace("mdy", "dmy"), encoding="utf-8")
    (refused,) = brought_in(settings, path, again=True, exported_at=None)
    assert refused.state == "refused"
    assert "table.csv was read otherwise at this very second already" in refused.problem
    assert published(settings) == [("1", "2025-03-04")]


def test_a_rebuild_and_a_retry_keep_the_newest_reading_alone(settings: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, "Id,Day,Seen\n1,03/04/2025,5\n2,05/04/2025,many\n", "table.csv")
    mapping = written(tmp_path, MAPPING, "table.csv.yml", "utf-8")
    brought_in(settings, path)
    mapping.write_text(MAPPING.replace("mdy", "dmy"), encoding="utf-8")
    brought_in(later(settings), path, again=True, exported_at=None)
    expected = ask(settings, "select landing_file, object_id, value from raw.snapshots")
    assert len(expected) == 1
    assert len(objects_waiting(settings)) == 1
    retry_quarantine(settings)
    assert ask(settings, "select landing_file, object_id, value from raw.snapshots") == expected
    settings.warehouse_path.unlink()
    load_landed(settings)
    assert ask(settings, "select landing_file, object_id, value from raw.snapshots") == expected
    assert len(objects_waiting(settings)) == 1


def test_a_corrected_file_takes_the_place_of_an_imported_one(settings: Settings, tmp_path: Path) -> None:
    wrong = written(tmp_path, table([facebook_post(1, Views="9"), facebook_post(2, Views="odd")]), "wrong.csv")
    (first,) = brought_in(settings, wrong)
    assert len(objects_waiting(settings)) == 1
    right = written(tmp_path, table([facebook_post(1, Views="10"), facebook_post(2, Views="11")]), "right.csv")
    (outcome,) = brought_in(later(settings), right, instead_of="wrong.csv")
    assert outcome.instead_of == first.key
    assert values(settings, "Views") == {"001": "10", "002": "11"}
    assert objects_waiting(settings) == []
    assert ask(settings, "select file_name, rows from raw.imports") == [("right.csv", 2)]


def test_what_is_to_be_replaced_must_be_there(settings: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, table([facebook_post()]))
    (outcome,) = brought_in(settings, path, instead_of="nothing.csv")
    assert "No imported file is called nothing.csv" in outcome.problem
    with pytest.raises(ImportRefused, match="Name one"):
        import_files(settings, [str(path), str(written(tmp_path, "x", "b.csv"))], Options(instead_of="a.csv"))


def people(settings: Settings, folder: Path, rows: Sequence[Sequence[str]], **said: object) -> Outcome:
    text = io.StringIO()
    csv.writer(text).writerows([PEOPLE, *rows])
    path = written(folder, text.getvalue(), "people.csv")
    (outcome,) = import_files(settings, [str(path)], Options(**said))  # type: ignore[arg-type]
    load_landed(settings)
    return outcome


def test_rows_of_people_wait_for_their_file_and_come_in_when_it_is_imported_again(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "campaigns", tmp_path / "campaigns")
    settings = settings_in(tmp_path, campaigns_dir=tmp_path / "campaigns")
    file = tmp_path / "campaigns" / "together.yml"
    before = file.read_text("utf-8")
    said = "{indicator: likes_school, indicator_text: Likes it, wave: year_2021, wave_order: 1, respondents: teachers}"
    other = said.replace("teachers", "pupils").replace("year_2021", "year_2020")
    file.write_text(before.replace("surveys:\n", f"surveys:\n  - {other}\n", 1), encoding="utf-8")
    rows = [("Nergui Bat", "99112233", "together", "2021", "", "teachers", "yes") for _ in range(6)]
    first = people(settings, tmp_path, rows)
    assert first.state == "imported"
    assert [one.reason.partition(":")[0] for one in objects_waiting(settings)] == ["wave_order"]
    result = retry_quarantine(settings)
    assert (result.brought_in, result.need_their_file) == (0, (NeedsFile("people.csv", first.key, 1),))
    file.write_text(before.replace("surveys:\n", f"surveys:\n  - {said}\n", 1), encoding="utf-8")
    assert people(later(settings), tmp_path, rows, again=True).instead_of == first.key
    assert objects_waiting(settings) == []
    assert ask(settings, "select indicator, share_pct, n from raw.survey_results") == [("likes_school", 100.0, 6)]
    assert not list(Path(settings.landing_uri).rglob("export/**/*.csv"))


def survey_workbook(path: Path, *, beside: str) -> Path:
    book = openpyxl.Workbook()
    dd = ("differently_different", "understands_need_for_inclusion")
    for row in [("campaign", "indicator", "wave", "group", "n", "count"), (*dd, "after_campaign", "parents", 400, 250)]:
        book.active.append(row)
    sheet = book.create_sheet(beside)
    sheet.append(["No", "Name", "Phone", "Answer"])
    sheet.append([1, "Nergui Bat", "99112233", "yes"])
    book.save(path)
    return path


def test_a_sheet_of_a_survey_that_nobody_knows_may_name_people_and_keeps_the_file_from_landing(
    settings: Settings, tmp_path: Path
) -> None:
    path = survey_workbook(tmp_path / "survey.xlsx", beside="Raw answers")
    (outcome,) = import_files(settings, [str(path)])
    assert outcome.state == "imported"
    assert "'Raw answers'" in dict(outcome.facts[0])["the file itself"]
    load_landed(settings)
    assert [one.suffix for one in Path(settings.landing_uri).rglob("export/**/*.*")] == [".zst"]
    assert b"99112233" not in settings.warehouse_path.read_bytes()
    assert ask(settings, "select n from raw.survey_results") == [(400,)]
    retry_quarantine(settings)


def test_a_template_lands_as_it_is_with_the_sheet_that_explains_it(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "activities.xlsx"
    path.write_bytes(template_bytes("activities", read_registry(PROJECT / "campaigns").campaigns))
    book = openpyxl.load_workbook(path)
    filled = {"campaign": "dream_umbrella", "activity_id": "fair", "activity_name": "Fair", "kind": "event"}
    for position, cell in enumerate(book.worksheets[0][1], start=1):
        book.worksheets[0].cell(2, position, filled.get(str(cell.value)))
    book.save(path)
    (outcome,) = import_files(settings, [str(path)])
    assert "the file itself" not in dict(outcome.facts[0])
    (landed,) = Path(settings.landing_uri).rglob("export/**/*.xlsx")
    assert landed.read_bytes() == path.read_bytes()
