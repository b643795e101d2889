"""What campaign files get wrong: one clear message by file, line and field, or a flagged row; never a silent number."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.registry import read_registry
from ingest.domain.errors import GateStopped, RegistryInvalid
from ingest.settings import PROJECT
from ingest.steps.build import build_marts
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.publish import publish_marts
from tests.conftest import settings_in
from tests.worked_example import READ_AT, land_worked_example

LIGHTS = (PROJECT / "tests" / "data" / "worked_example" / "lights.yml").read_text(encoding="utf-8")
SURVEY = """surveys:
  - {indicator: knows, indicator_text: knows, wave: first, wave_order: 1, respondents: parents, share_pct: SHARE, n: N}
  - {indicator: knows, indicator_text: knows, wave: last, wave_order: 2, respondents: parents, share_pct: 60, n: 100}
invented:"""


def refusal(folder: Path, text: str) -> str:
    (folder / "lights.yml").write_text(text, encoding="utf-8")
    with pytest.raises(RegistryInvalid) as refused:
        read_registry(folder)
    return str(refused.value)


def line(part: str) -> int:
    return LIGHTS[: LIGHTS.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("phase_id: spring\n    as_published", "phase_id: winter\n    as_published", "winter"),
        ("starts_on: 2024-09-01", "starts_on: 2024-03-31", "overlap"),
        ("{metric: views, value: 5000}", "{value: 5000}", "metric"),
        ("Asia/Ulaanbaatar", "Asia/Ulan", "time_zone"),
        ("ends_on: 2024-03-31", "ends_on: 2024-02-28", "ends_on"),
        ("platform: instagram", "platform: instagramm", "must be instagram, or another name"),
        ("platform: instagram,", "platform: radio, source: api,", "must be export: no API is read for radio"),
        ("scope: all", "scope: youtube", "must be one of facebook, instagram, two platforms"),
        ("metric: views\n", "metric: reach\n", "name its post_id"),
    ],
    ids=[
        "a renamed phase",
        "overlapping phases",
        "a target without unit",
        "an unknown time zone",
        "a phase backwards",
        "a platform misspelt",
        "a platform that no API is read for",
        "a figure of a platform that the campaign is not on",
        "a reach of several posts",
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_by_line_and_field(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in LIGHTS
    text = refusal(tmp_path, LIGHTS.replace(old, new))
    assert "lights.yml:" in text
    assert said in text


def test_any_platform_may_stand_in_a_file(tmp_path: Path) -> None:
    text = LIGHTS.replace(
        "accounts:\n", 'accounts:\n  - {account_id: "fm", platform: loudspeaker, account_name: FM, ownership: own}\n'
    )
    (tmp_path / "lights.yml").write_text(text, encoding="utf-8")
    (account,) = [one for one in read_registry(tmp_path).accounts if one.account_id == "fm"]
    assert account.platform == "loudspeaker"


def test_a_share_above_a_hundred_is_refused(tmp_path: Path) -> None:
    text = refusal(tmp_path, LIGHTS.replace("invented:", SURVEY.replace("SHARE", "101").replace("N}", "80}", 1)))
    assert "share_pct must be at most 100" in text


@contextmanager
def built(folder: Path, *files: tuple[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    campaigns = folder / "campaigns"
    campaigns.mkdir()
    for name, text in files:
        (campaigns / f"{name}.yml").write_text(text, encoding="utf-8")
    settings = settings_in(folder, campaigns_dir=campaigns, now=READ_AT)
    land_registry(settings)
    land_worked_example(settings)
    load_landed(settings)
    build_marts(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        yield connection


def test_a_survey_of_nobody_is_refused(tmp_path: Path) -> None:
    text = refusal(tmp_path, LIGHTS.replace("invented:", SURVEY.replace("SHARE", "40").replace("N}", "0}", 1)))
    assert "surveys[0].n: must be at least 1" in text


def test_when_nobody_says_how_many_were_asked_there_is_no_interval_and_the_reason(tmp_path: Path) -> None:
    text = LIGHTS.replace("invented:", SURVEY.replace("SHARE", "40").replace("N}", "null}", 1))
    query = "select change_points, change_points_low, interval_reason is not null from marts.agg_survey_change"
    with built(tmp_path, ("lights", text)) as marts:
        assert marts.execute(query).fetchall() == [(20.0, None, True)]


def test_a_hashtag_of_two_campaigns_marks_its_posts_as_shared_and_counts_them_once_in_each(tmp_path: Path) -> None:
    other = LIGHTS.replace("campaign_id: lights", "campaign_id: beacons").replace(
        "campaign_name: Lights", "campaign_name: B"
    )
    query = "select campaign_id, count(*), bool_and(is_shared) from marts.fct_campaign_posts group by 1 order by 1"
    views = "select campaign_id, views from marts.agg_campaign_reach order by 1"
    files = ("lights", LIGHTS), ("beacons", other.replace("lights_views", "beacons_views"))
    with built(tmp_path, *files) as marts:
        assert marts.execute(query).fetchall() == [("beacons", 6, True), ("lights", 6, True)]
        assert [value for _, value in marts.execute(views).fetchall()] == [5120, 5120]


def test_an_empty_warehouse_builds_and_the_gate_publishes_nothing_of_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, now=READ_AT)
    load_landed(settings)
    build_marts(settings)
    with pytest.raises(GateStopped, match="marts_have_rows: No mart has fewer rows than a publication needs"):
        publish_marts(settings)
    assert not (Path(settings.published_uri) / "campaign_reach.duckdb").exists()
