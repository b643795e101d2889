"""A table of respondents: only what was counted lands, on disk as on S3, with the SHA-256 of the file."""

import csv
import hashlib
import io
import json
from pathlib import Path

import openpyxl
import pytest

from ingest.adapters.landing.files import first_line
from ingest.adapters.landing.lines import open_landed
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.s3 import Bucket
from ingest.domain.imports import Options
from ingest.settings import Settings
from ingest.steps.import_files import import_files
from ingest.steps.load import load_landed
from tests.conftest import settings_in
from tests.exports.composed import ask, written
from tests.exports.test_again import later

HEADER = ("Full name", "Phone", "campaign", "wave", "wave order", "group", "weight", "chooses_optimal_definition")
PERSONAL = ("Nergui", "99112", "drivers")
"""Words of the file that nothing of ours may hold: a name, a phone, and a group of two people."""
ROWS = [
    *[(f"Nergui {n}", f"99112{n:03}", "together", "2024", "2", "teachers", "3", "yes") for n in range(6)],
    *[(f"Nergui {n}", f"99112{n:03}", "together", "2024", "2", "teachers", "1", "no") for n in range(6, 12)],
    *[(f"Nergui {n}", f"99112{n:03}", "together", "2024", "2", "drivers", "1", "yes") for n in range(12, 14)],
]


def respondents(folder: Path, form: str) -> Path:
    if form == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([HEADER, *ROWS])
        return written(folder, text.getvalue(), "answers.csv")
    book = openpyxl.Workbook()
    for row in (HEADER, *ROWS):
        book.active.append(row)
    book.save(folder / "answers.xlsx")
    return folder / "answers.xlsx"


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings whose landing is a folder, or lies on S3."""
    if request.param == "folder":
        return settings_in(tmp_path)
    bucket: Bucket = request.getfixturevalue("bucket")
    return settings_in(tmp_path, landing_uri=f"s3://{bucket.name}/landing", aws_endpoint_url=str(bucket.endpoint_url))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_of_respondents_only_the_shares_of_groups_land_with_the_hash_of_their_file(
    place: Settings, tmp_path: Path, form: str
) -> None:
    path = respondents(tmp_path, form)
    (outcome,) = import_files(place, [str(path)])
    assert outcome.state == "imported", outcome.problem
    landing = open_landing(place)
    assert [key for key in landing.landed_keys() if key.startswith("export/")] == [outcome.key]
    (line,) = open_landed(landing, outcome.key).read()
    assert line.request["params"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert line.body["suppressed_groups"] == 1
    assert [(one["respondents"], one["share_pct"], one["n"], one["n_effective"]) for one in line.body["data"]] == [
        ("teachers", 75.0, 12, 9.6)
    ]
    load_landed(place)
    assert ask(place, "select respondents, share_pct, n, n_effective from raw.survey_results") == [
        ("teachers", 75.0, 12, 9.6)
    ]
    kept = json.dumps([line.request, line.body]).encode() + place.warehouse_path.read_bytes()
    assert not [word for word in PERSONAL if word.encode() in kept]


def test_on_s3_the_same_bytes_are_known_and_read_again_when_asked(tmp_path: Path, bucket: Bucket) -> None:
    settings = settings_in(
        tmp_path, landing_uri=f"s3://{bucket.name}/landing", aws_endpoint_url=str(bucket.endpoint_url)
    )
    days = 'sep=,\r\n"Facebook reach"\r\n"Date","Primary"\r\n"{}","120"\r\n'
    path = written(tmp_path, days.format("03/04/2026"), "days.csv", encoding="utf-16")
    page = "104857600000201"
    (first,) = import_files(settings, [str(path)], Options(account_id=page, date_order="mdy"))
    load_landed(settings)
    assert [one.state for one in import_files(later(settings), [str(path)])] == ["refused"]  # nobody says whose it is
    (known,) = import_files(later(settings), [str(path)], Options(account_id=page))
    assert (known.state, known.key) == ("known", first.key)
    (again,) = import_files(later(settings), [str(path)], Options(again=True, date_order="dmy"))
    assert (again.state, again.instead_of) == ("imported", first.key)
    load_landed(settings)
    assert ask(settings, "select object_id, end_time[:10], landing_file from raw.snapshots") == [
        (page, "2026-04-04", again.key)
    ]
    params = first_line(open_landing(settings).local_path(again.key))["request"]["params"]
    assert params["instead_of"] == first.key
    landed = open_landing(settings).local_path(again.key.replace(".ndjson.zst", ".csv"))
    assert landed.read_bytes() == path.read_bytes()


def test_a_landed_copy_is_read_again_without_saying_whose_it_is(settings: Settings, tmp_path: Path) -> None:
    days = 'sep=,\r\n"Facebook reach"\r\n"Date","Primary"\r\n"03/04/2026","120"\r\n'
    path = written(tmp_path, days, "days.csv", encoding="utf-16")
    (first,) = import_files(settings, [str(path)], Options(account_id="104857600000201"))
    copy = Path(settings.landing_uri) / first.key.replace(".ndjson.zst", ".csv")
    (again,) = import_files(later(settings), [str(copy)], Options(again=True, is_dry_run=True))
    assert (again.state, again.problem) == ("known", "")
    assert dict(again.facts[0])["account"] == "104857600000201"
