"""Files of the sandbox: what the world holds, written as the tools write it; and a Page that no token reads."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
import requests
from openpyxl import load_workbook

from ingest.adapters.registry import Registry, read_registry
from ingest.domain.campaigns import PLATFORM_OF
from ingest.domain.scenario import Product
from ingest.sandbox.exports.products import LANGUAGES, sent_files, take
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.sandbox.staging import INSTAGRAM_EPOCH_MS, INSTAGRAM_SHIFT, SHORTCODE_LETTERS
from ingest.sandbox.world import World, build_world
from ingest.settings import PROJECT
from tests.conftest import MOMENT
from tests.test_cli import run

MINISTRY, IOM, IOM_INSTAGRAM = "104857600000202", "104857600000301", "17841400000000301"
YOUTUBE, TIKTOK, TWITTER = "UCdreamumbrella0000000001", "@iom.mongolia", "iom_mongolia"
ACCOUNTS = {"facebook": IOM, "instagram": IOM_INSTAGRAM, "youtube": YOUTUBE, "tiktok": TIKTOK, "twitter": TWITTER}
PRODUCTS = get_args(Product)
WRITTEN = [(product, language) for product in PRODUCTS for language in LANGUAGES.get(product, ("en",))]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return read_registry(PROJECT / "campaigns")


@pytest.fixture(scope="module")
def world(registry: Registry) -> World:
    return build_world(registry)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.parametrize(("product", "language"), WRITTEN)
def test_the_same_world_writes_the_same_bytes(registry: Registry, product: Product, language: str) -> None:
    account = ACCOUNTS[PLATFORM_OF[product]]
    one, other = (take(build_world(registry), account, product, at=MOMENT, language=language) for _ in range(2))
    assert one == other


def test_a_page_exports_what_its_posts_have_gathered_by_then(world: World) -> None:
    early, late = datetime(2024, 2, 20, 15, tzinfo=UTC), MOMENT
    for at in (early, late):
        file = take(world, MINISTRY, "business_suite_facebook", at=at)
        rows = [row for row in table(file.content) if row["Post ID"]]
        posts = world.posts_of(MINISTRY, at)
        assert [row["Post ID"] for row in rows] == [post.post_id.rpartition("_")[2] for post in posts]
        assert [number(row["Views"]) for row in rows] == [world.value(post, "views", at) for post in posts]
        assert [row["Description"] for row in rows] == [post.message for post in posts]
        assert {row["Date"] for row in rows} == {"Lifetime"}
    assert b'"17,251"' in file.content
    assert file.content.startswith(b"\xef\xbb\xbf")


def test_the_last_row_has_no_post_and_says_why(world: World) -> None:
    *_, last = table(take(world, MINISTRY, "business_suite_facebook", at=MOMENT).content)
    assert (last["Post ID"], last["Views"]) == ("", "")
    assert last["Data comment"].startswith("An error occurred while computing metadata for content with ID")


@pytest.mark.parametrize(("language", "shape"), [("en", "%m/%d/%Y %H:%M"), ("de", "%d.%m.%Y %H:%M")])
def test_times_are_pacific_with_daylight_saving(world: World, language: str, shape: str) -> None:
    file = take(world, IOM_INSTAGRAM, "business_suite_instagram", at=MOMENT, language=language)
    column = {"en": "Publish time", "de": "Veröffentlichungszeit"}[language]
    hours = set()
    for row, post in zip(table(file.content), world.posts_of(IOM_INSTAGRAM, MOMENT), strict=True):
        written = datetime.strptime(row[column], shape).replace(tzinfo=ZoneInfo("America/Los_Angeles"))
        assert timedelta() <= post.published_at - written < timedelta(minutes=1)
        hours.add(written.utcoffset())
    assert hours == {timedelta(hours=-7), timedelta(hours=-8)}


def test_an_instagram_shortcode_holds_the_moment_of_its_post(world: World) -> None:
    for post in world.posts_of(IOM_INSTAGRAM, MOMENT):
        number = 0
        for letter in post.permalink.rstrip("/").rpartition("/")[2]:
            number = number * 64 + SHORTCODE_LETTERS.index(letter)
        at = datetime.fromtimestamp(((number >> INSTAGRAM_SHIFT) + INSTAGRAM_EPOCH_MS) / 1000, UTC)
        assert abs(at - post.published_at) < timedelta(seconds=1)


def test_headers_follow_the_language_and_what_has_no_word_stays_english(world: World) -> None:
    german = table(take(world, IOM, "business_suite_facebook", at=MOMENT, language="de").content)[0]
    assert {"Beitrags-ID", "Aufrufe", "Reichweite", "Is crosspost"} <= set(german)
    assert german["Datum"] == "Gesamte Laufzeit"
    portuguese = table(take(world, IOM_INSTAGRAM, "business_suite_instagram", at=MOMENT, language="pt").content)
    assert {row["Tipo de publicação"] for row in portuguese} >= {"Reel do Instagram", "Imagem do Instagram"}


def test_the_tools_of_2021_tell_impressions_and_no_views(world: World) -> None:
    at = datetime(2021, 12, 22, tzinfo=UTC)
    media = table(take(world, IOM_INSTAGRAM, "instagram_insights_2021", at=at).content)
    posts = world.posts_of(IOM_INSTAGRAM, at)
    assert "Views" not in media[0]
    assert [number(row["Impressions"]) for row in media] == [world.value(post, "impressions", at) for post in posts]
    book = load_workbook(io.BytesIO(take(world, IOM, "facebook_insights_2021", at=at).content))
    headers, described, *rows = book.worksheets[0].values
    column = headers.index("Lifetime Post Total Impressions")
    assert "(Total Count)" in str(described[column])
    assert [row[column] for row in rows] == [world.value(post, "impressions", at) for post in world.posts_of(IOM, at)]


def test_the_first_row_of_a_youtube_table_is_the_total(world: World) -> None:
    file = take(world, YOUTUBE, "youtube_studio", at=MOMENT)
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert archive.namelist() == ["Table data.csv", "Chart data.csv", "Totals.csv"]
        total, *videos = table(archive.read("Table data.csv"))
    assert total["Content"] == "Total"
    assert int(total["Impressions"]) == sum(int(video["Impressions"]) for video in videos)
    assert int(total["Unique viewers"]) < sum(int(video["Unique viewers"]) for video in videos)


def test_german_youtube_headers_have_soft_hyphens(world: World) -> None:
    file = take(world, YOUTUBE, "youtube_studio", at=MOMENT, language="de")
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        headers = archive.read("Tabellendaten.csv").decode().splitlines()[0]
    assert "Video\u00adtitel" in headers


def test_tiktok_tells_plays_and_nothing_of_screens_or_people(world: World) -> None:
    rows = table(take(world, TIKTOK, "tiktok_studio", at=MOMENT).content)
    assert sum(int(row["Total views"]) for row in rows) == world.final("views", account_ids=[TIKTOK])
    assert not {"Impressions", "Reach"} & set(rows[0])


def test_the_published_impressions_are_met_by_the_platforms_that_tell_them(registry: Registry, world: World) -> None:
    (campaign,) = (one for one in registry.campaigns if one.campaign_id == "dream_umbrella")
    published = campaign.figure("du_impressions").published_value
    mine = [post for post in world.posts.values() if (post.campaign_id, post.phase_id) == ("dream_umbrella", "month_1")]
    assert {post.platform for post in mine} == {"facebook", "instagram", "youtube", "tiktok", "twitter"}
    assert published < sum(world.finals[post.post_id]["impressions"] for post in mine) < published + 10**6


def test_the_scenarios_send_their_files_in_the_order_of_time(registry: Registry, world: World) -> None:
    sent = sent_files(registry, world)
    assert [one.sent_at for one in sent] == sorted(one.sent_at for one in sent)
    assert {one.what for one in sent} >= {"business_suite_facebook", "survey", "activities", "tweet_activity"}
    assert all(one.write().content for one in sent)


def test_respondents_are_as_many_as_the_share_says_and_nobody(registry: Registry, world: World) -> None:
    (sent,) = (one for one in sent_files(registry, world) if one.what == "survey")
    headers, *people = load_workbook(io.BytesIO(sent.write().content)).worksheets[0].values
    answers = [row[headers.index("chooses_optimal_definition")] for row in people]
    assert (len(answers), answers.count("yes")) == (250, 230)
    assert len({row[headers.index("Phone")] for row in people}) > 200


@pytest.fixture(scope="module")
def running(registry: Registry) -> Sandbox:
    with running_sandbox(registry, clock=lambda: MOMENT) as sandbox:
        yield sandbox


def ask(sandbox: Sandbox, path: str, token: str) -> requests.Response:
    return requests.get(f"{sandbox.url}/v26.0/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10)


def test_a_page_whose_numbers_come_by_file_is_not_among_the_pages_of_the_token(running: Sandbox) -> None:
    token = running.tokens.system_user.value
    listed = {page["id"] for page in ask(running, "me/accounts?limit=100", token).json()["data"]}
    assert IOM in listed
    assert MINISTRY not in listed


@pytest.mark.parametrize("path", ["", "/published_posts", "/insights?metric=page_follows&period=day"])
def test_no_token_reads_a_page_whose_numbers_come_by_file(running: Sandbox, path: str) -> None:
    for token in (running.tokens.system_user.value, running.tokens.of_page(IOM).value):
        answer = ask(running, f"{MINISTRY}{path}", token)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == 100
    post = running.world.posts_of(MINISTRY, MOMENT)[0]
    assert ask(running, post.post_id, running.tokens.system_user.value).json()["error"]["code"] == 100


def test_the_command_lists_tools_and_writes_files(tmp_path: Path) -> None:
    settings = {"CAMPAIGN_REACH_CAMPAIGNS_DIR": str(PROJECT / "campaigns")}
    listed = run(tmp_path, "sandbox-export", **settings).stdout
    assert "youtube_studio (en,de)" in listed
    wrote = run(tmp_path, "sandbox-export", "--account", YOUTUBE, "--language", "de", "--into", "here", **settings)
    assert wrote.returncode == 0
    (path,) = (tmp_path / "here").iterdir()
    assert path.name.endswith("IOM Mongolia.zip")
    refused = run(tmp_path, "sandbox-export", "--account", YOUTUBE, "--product", "tiktok_studio", **settings)
    assert refused.returncode == 1
    assert "there is: youtube_studio" in refused.stderr
