"""What the sandbox refuses of batches, account insights, breakdowns, videos and limits: asked with plain HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from ingest.adapters.registry import read_registry
from ingest.sandbox.rules import IG_ACCOUNT_METRICS, PAGE_METRICS, VIDEO_METRICS, AccountRule
from ingest.sandbox.server import API_DATE, Sandbox, running_sandbox
from ingest.settings import PROJECT

PAGE, SMALL, INSTAGRAM = "104857600000201", "104857600000204", "17841400000000201"
NOW = datetime(2024, 2, 18, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: NOW) as running:
        yield running


def ask(sandbox: Sandbox, path: str, page: str = PAGE, **params: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {sandbox.tokens.of_page(page).value}"}
    return httpx.get(f"{sandbox.url}/v26.0/{path}", params=params, headers=headers)


def batch(sandbox: Sandbox, parts: object) -> Any:
    headers = {"Authorization": f"Bearer {sandbox.tokens.of_page(PAGE).value}"}
    form = {"batch": parts if isinstance(parts, str) else json.dumps(parts)}
    return httpx.post(f"{sandbox.url}/v26.0/", data=form, headers=headers)


def code(response: httpx.Response) -> int:
    assert response.status_code >= 400
    return int(response.json()["error"]["code"])


def days(sandbox: Sandbox, account_id: str = PAGE, **params: str) -> httpx.Response:
    own = {"metric": "page_media_view", "period": "day", "since": "2024-02-01", "until": "2024-02-11"}
    return ask(sandbox, f"{account_id}/insights", page=SMALL if account_id == SMALL else PAGE, **(own | params))


def test_a_batch_answers_in_order_and_each_part_for_itself(sandbox: Sandbox) -> None:
    parts = [{"method": "GET", "relative_url": address} for address in (PAGE, "1", f"{PAGE}?fields=id,name")]
    answers = batch(sandbox, parts).json()
    assert [one["code"] for one in answers] == [200, 400, 200]
    assert json.loads(answers[2]["body"])["id"] == PAGE
    assert {one["name"] for one in answers[0]["headers"]} >= {"facebook-api-version", "x-business-use-case-usage"}


def test_each_part_of_a_batch_counts_as_a_call(sandbox: Sandbox) -> None:
    before = sandbox.graph.calls.get(PAGE, 0)
    batch(sandbox, [{"method": "GET", "relative_url": PAGE}] * 20)
    assert sandbox.graph.calls[PAGE] - before == 20


@pytest.mark.parametrize("parts", ["no json", "{}", "[]", [{"method": "GET", "relative_url": PAGE}] * 51])
def test_a_batch_that_is_none_or_too_large_is_refused(sandbox: Sandbox, parts: object) -> None:
    assert code(batch(sandbox, parts)) == 100


def test_a_batch_without_a_token_is_refused(sandbox: Sandbox) -> None:
    assert code(httpx.post(f"{sandbox.url}/v26.0/", data={"batch": "[{}]"})) == 2500


def test_facebook_names_the_end_of_a_day_in_california(sandbox: Sandbox) -> None:
    values = days(sandbox).json()["data"][0]["values"]
    assert [one["end_time"] for one in values][::9] == ["2024-02-02T08:00:00+0000", "2024-02-11T08:00:00+0000"]
    summer = days(sandbox, since="2023-07-01", until="2023-07-02").json()["data"][0]["values"]
    assert [one["end_time"] for one in summer] == ["2023-07-02T07:00:00+0000"]


def test_instagram_names_the_day_itself(sandbox: Sandbox) -> None:
    values = days(sandbox, INSTAGRAM, metric="reach").json()["data"][0]["values"]
    assert values[0]["end_time"] == "2024-02-01T08:00:00+0000"


def test_a_day_that_is_not_over_is_not_there(sandbox: Sandbox) -> None:
    values = days(sandbox, since="2024-02-15", until="2024-03-01").json()["data"][0]["values"]
    assert values[-1]["end_time"] == "2024-02-18T08:00:00+0000"


def test_pages_of_insights_go_on_for_ever(sandbox: Sandbox) -> None:
    assert "next" in days(sandbox, since="2024-02-15", until="2024-03-01").json()["paging"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"period": "month"},
        {"period": ""},
        {"since": "2023-10-01", "until": "2024-02-11"},
        {"since": "2024-02-11", "until": "2024-02-01"},
        {"since": "yesterday"},
        {"metric": "page_follows", "period": "week"},
    ],
)
def test_a_window_that_meta_does_not_serve_is_refused(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    assert code(days(sandbox, **wrong)) == 100


def test_instagram_gives_thirty_days_at_most(sandbox: Sandbox) -> None:
    assert code(days(sandbox, INSTAGRAM, metric="reach", since="2024-01-01", until="2024-02-10")) == 100


def test_a_metric_that_has_only_a_total_is_refused_as_a_series(sandbox: Sandbox) -> None:
    assert code(days(sandbox, INSTAGRAM, metric="views")) == 100
    total = days(sandbox, INSTAGRAM, metric="views", metric_type="total_value").json()["data"][0]
    assert set(total["total_value"]) == {"value"}


@pytest.mark.parametrize(
    ("account_id", "rule"),
    [
        (account_id, rule)
        for account_id, table in ((PAGE, PAGE_METRICS), (INSTAGRAM, IG_ACCOUNT_METRICS))
        for rule in (*table, AccountRule("invented", "views", removed_on=date.min))
        if not rule.is_served_on(API_DATE)
    ],
    ids=lambda one: getattr(one, "name", one),
)
def test_a_metric_of_an_account_that_is_not_served_refuses_the_whole_call(
    sandbox: Sandbox, account_id: str, rule: AccountRule
) -> None:
    living = "page_media_view" if account_id == PAGE else "reach"
    assert code(days(sandbox, account_id, metric=f"{living},{rule.name}")) == 100


def test_a_page_with_few_followers_has_no_viewers(sandbox: Sandbox) -> None:
    assert code(days(sandbox, SMALL, metric="page_total_media_view_unique")) == 200
    assert days(sandbox, SMALL).status_code == 200


def test_views_are_taken_apart_by_ads_and_followers_and_by_nothing_else(sandbox: Sandbox) -> None:
    post = sandbox.world.posts_of(PAGE, NOW)[5]
    path = f"{post.post_id}/insights"
    for breakdown in ("is_from_ads", "is_from_followers"):
        rows = ask(sandbox, path, metric="post_media_view", breakdown=breakdown).json()["data"][0]["values"]
        assert [row[breakdown] for row in rows] == ["0", "1"]
        assert sum(row["value"] for row in rows) == sandbox.world.value(post, "views", NOW)
    assert code(ask(sandbox, path, metric="post_media_view", breakdown="country")) == 100
    assert code(ask(sandbox, path, metric="post_clicks", breakdown="is_from_ads")) == 100


def test_a_total_of_media_is_taken_apart_by_its_own_breakdown_and_by_no_other(sandbox: Sandbox) -> None:
    media = next(one for one in sandbox.world.posts_of(INSTAGRAM, NOW) if one.media_format != "reel")
    path, metric = f"{media.post_id}/insights", "profile_activity"
    (whole,) = ask(sandbox, path, metric=metric).json()["data"]
    assert set(whole["total_value"]) == {"value"}
    (apart,) = ask(sandbox, path, metric=metric, breakdown="action_type").json()["data"]
    (breakdown,) = apart["total_value"]["breakdowns"]
    assert breakdown["dimension_keys"] == ["action_type"]
    assert sum(one["value"] for one in breakdown["results"]) == whole["total_value"]["value"] > 0
    assert code(ask(sandbox, path, metric=metric, breakdown="follow_type")) == 100
    assert code(ask(sandbox, path, metric="reach", breakdown="action_type")) == 100
    assert code(ask(sandbox, path, metric="navigation")) == 100  # only stories have it


def test_follows_and_unfollows_are_told_by_type_as_a_total_of_the_window(sandbox: Sandbox) -> None:
    asked = {"metric": "follows_and_unfollows", "metric_type": "total_value"}
    (found,) = days(sandbox, INSTAGRAM, **asked, breakdown="follow_type").json()["data"]
    (breakdown,) = found["total_value"]["breakdowns"]
    assert [one["dimension_values"] for one in breakdown["results"]] == [["FOLLOWER"], ["NON_FOLLOWER"]]
    assert days(sandbox, INSTAGRAM, **asked).json()["data"][0]["total_value"] == {}
    assert code(days(sandbox, INSTAGRAM, metric="follows_and_unfollows")) == 100
    assert code(days(sandbox, INSTAGRAM, **asked, breakdown="action_type")) == 100


def test_a_reel_names_its_post_and_its_video_has_the_plays(sandbox: Sandbox) -> None:
    reels = ask(sandbox, f"{PAGE}/video_reels", fields="id,post_id", limit="100").json()["data"]
    posts = {one["post_id"] for one in reels}
    assert posts == {one.post_id for one in sandbox.world.posts_of(PAGE, NOW) if one.media_format == "reel"}
    answer = ask(sandbox, f"{reels[0]['id']}/video_insights", metric="fb_reels_total_plays").json()
    assert answer["data"][0]["values"][0]["value"] > 0


@pytest.mark.parametrize("metric", [rule.name for rule in VIDEO_METRICS if not rule.is_served_on(API_DATE)] + ["reach"])
def test_a_metric_of_a_video_that_is_not_served_is_refused(sandbox: Sandbox, metric: str) -> None:
    reel = next(one for one in sandbox.world.posts_of(PAGE, NOW) if one.media_format == "reel")
    assert code(ask(sandbox, f"{reel.video_id}/video_insights", metric=metric)) == 100


def test_a_photo_has_no_video_insights(sandbox: Sandbox) -> None:
    photo = next(one for one in sandbox.world.posts_of(PAGE, NOW) if one.media_format == "photo")
    assert code(ask(sandbox, f"{photo.video_id}/video_insights", metric="fb_reels_total_plays")) == 100


def test_listings_go_back_to_since(sandbox: Sandbox) -> None:
    since = int(datetime(2024, 2, 10, tzinfo=UTC).timestamp())
    listed = ask(sandbox, f"{PAGE}/published_posts", fields="created_time", since=str(since), limit="100").json()[
        "data"
    ]
    assert listed
    assert min(one["created_time"] for one in listed) >= "2024-02-10"


def test_a_page_that_is_too_much_is_refused_until_it_is_small_enough() -> None:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: NOW) as sandbox:
        sandbox.graph.page_cap = 25
        large = ask(sandbox, f"{PAGE}/published_posts", limit="50")
        assert (code(large), "reduce the amount of data" in large.text) == (1, True)
        assert ask(sandbox, f"{PAGE}/published_posts", limit="25").status_code == 200


def test_of_one_year_no_more_than_so_many_posts_are_listed() -> None:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: NOW) as sandbox:
        whole = ask(sandbox, f"{PAGE}/published_posts", fields="created_time", limit="100").json()["data"]
        sandbox.graph.posts_per_year = 3
        cut = ask(sandbox, f"{PAGE}/published_posts", fields="created_time", limit="100").json()["data"]
    years = {one["created_time"][:4] for one in whole}
    assert len(whole) > len(cut) == sum(min(3, sum(o["created_time"][:4] == y for o in whole)) for y in years)


def test_posts_are_paged_by_time_without_cursors_until_a_page_is_empty(sandbox: Sandbox) -> None:
    seen: list[str] = []
    params = {"fields": "id", "limit": "7"}
    while True:
        body = ask(sandbox, f"{PAGE}/posts", **params).json()
        if not body["data"]:
            break
        assert "cursors" not in body["paging"]
        seen += [one["id"] for one in body["data"]]
        following = dict(parse_qsl(urlsplit(body["paging"]["next"]).query))
        assert following["__paging_token"]
        params = {name: following[name] for name in ("fields", "limit", "until", "__paging_token")}
    assert "paging" not in body
    assert seen == [post.post_id for post in sandbox.world.posts_of(PAGE, NOW) if post.media_format != "story"]
