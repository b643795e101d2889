"""One number, 1,234 people, followed from the Graph API's answer to the published Parquet, stop by stop.

docs/follow-one-number.md is this walk in words.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import httpx
import pytest
import zstandard

from ingest.adapters.registry import read_registry
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import Settings
from ingest.steps.build import build_marts
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.publish import publish_marts
from ingest.steps.refresh import refresh_account
from tests.conftest import MOMENT, settings_in

PAGE_ID = "104857600000901"
POST_ID = f"{PAGE_ID}_122000000000001"
PEOPLE = 1_234
CAMPAIGN = f"""
campaign_id: one_number
campaign_name: One number
organisation: A test
time_zone: Asia/Ulaanbaatar
languages: [mn]
phases:
  - {{phase_id: main, phase_name: Main, starts_on: 2026-09-01, ends_on: 2026-09-30}}
accounts:
  - {{account_id: "{PAGE_ID}", platform: facebook, account_name: A Page, ownership: own}}
hashtags: ["#НэгТоо"]
published_figures:
  - {{figure_id: one_reach, phase_id: main, as_published: "one post reached 1,234 people", published_value: {PEOPLE},
     qualifier: exact, unit: people, metric: reach, scope: facebook, source: a test, post_id: "{POST_ID}"}}
sandbox:
  posts:
    - {{phase_id: main, account_id: "{PAGE_ID}", content_type: poster, media_format: photo, post_id: "{POST_ID}",
       published_at: 2026-09-10T04:00:00Z, text: "Нэг постер #нэгтоо", facts: {{reach: one_reach}}}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("one_number")
    (root / "campaigns").mkdir()
    (root / "campaigns" / "one_number.yml").write_text(CAMPAIGN, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def sandbox(folder: Path) -> Iterator[Sandbox]:
    registry = read_registry(folder / "campaigns")
    with running_sandbox(registry, api_date=MOMENT.date(), clock=lambda: MOMENT) as running:
        yield running


@pytest.fixture(scope="module")
def settings(folder: Path, sandbox: Sandbox) -> Settings:
    return settings_in(
        folder,
        campaigns_dir=folder / "campaigns",
        graph_url=sandbox.url,
        app_id=sandbox.tokens.app_id,
        app_secrets=sandbox.tokens.app_secret,
        access_tokens=sandbox.tokens.system_user.value,
    )


def test_1_the_graph_api_answers_1234(sandbox: Sandbox) -> None:
    token = sandbox.tokens.of_page(PAGE_ID).value
    answer = httpx.get(
        f"{sandbox.url}/v26.0/{PAGE_ID}/published_posts",
        params={"fields": "id,insights.metric(post_total_media_view_unique)"},
        headers={"Authorization": f"Bearer {token}"},
    ).json()
    assert answer["data"][0]["insights"]["data"][0]["values"] == [{"value": PEOPLE}]


def test_2_the_answer_lands_as_it_came(settings: Settings) -> None:
    land_registry(settings)
    (key,) = refresh_account(settings, {"account_id": PAGE_ID, "platform": "facebook"})
    with (Path(settings.landing_uri) / key).open("rb") as file:
        text = zstandard.ZstdDecompressor().stream_reader(file).read().decode()
    lines = map(json.loads, text.splitlines())
    line = next(line for line in lines if line["request"]["edge"] == "published_posts")
    assert reach_of(line["body"]) == PEOPLE


def reach_of(body: dict[str, list[dict[str, dict[str, list[dict[str, object]]]]]]) -> object:
    insights = {one["name"]: one for one in body["data"][0]["insights"]["data"]}
    return insights["post_total_media_view_unique"]["values"][0]["value"]  # type: ignore[index]


def test_3_raw_holds_it_as_a_snapshot(settings: Settings) -> None:
    load_landed(settings)
    query = "select value from raw.snapshots where object_kind = 'post' and graph_name like '%unique'"
    assert ask(settings.warehouse_path, query) == [("1234",)]


def test_4_intermediate_gives_it_our_name_and_its_definition(settings: Settings) -> None:
    build_marts(settings)
    query = "select metric, definition, value from intermediate.int_snapshots__newest where metric = 'reach'"
    assert ask(settings.warehouse_path, query) == [("reach", "viewers", PEOPLE)]


def test_5_the_marts_put_it_into_campaign_phase_and_content_type(settings: Settings) -> None:
    query = "select phase_id, content_type, duplicated_reach from marts.agg_phase_content_type_reach"
    assert ask(settings.warehouse_path, query) == [("main", "poster", PEOPLE)]


def test_6_the_gate_lets_it_pass_and_readers_get_it(settings: Settings) -> None:
    published = publish_marts(settings)
    assert published.is_new
    query = "select computed_value, status from marts.agg_published_figures"
    assert ask(published.path, query) == [(PEOPLE, "matches")]


def test_7_the_published_parquet_holds_it(settings: Settings) -> None:
    manifest = json.loads((Path(settings.published_uri) / "manifest.json").read_text(encoding="utf-8"))
    parquet = Path(settings.published_uri) / "versions" / manifest["version"] / "parquet"
    query = f"select reach, reach_status from '{parquet / 'fct_post_performance.parquet'}'"
    assert duckdb.connect().execute(query).fetchall() == [(PEOPLE, "reported")]


def ask(path: Path | str, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()
