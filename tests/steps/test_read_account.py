"""What an account's reading brings beside its listing: parts of views, reels, stories, days; and at which cost."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
import zstandard

from ingest.adapters.state import ClientState
from ingest.domain.errors import GraphUnavailable
from ingest.sandbox.server import Sandbox
from ingest.sandbox.staging import WorldPost
from ingest.settings import Settings
from ingest.steps.build import build_marts
from ingest.steps.check_landed import check_landed
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.plan import plan_refresh
from ingest.steps.refresh import refresh_account
from tests.living_world import INSTAGRAM, NOW, PAGE, Clock, clock, raw, reading, sandbox

__all__ = ["clock", "sandbox"]  # fixtures

TAPS_OF_A_STORY = """
    select breakdown || '=' || breakdown_value, value::bigint from raw.snapshots
    where object_id = '18999' and graph_name = 'navigation' and period = 'lifetime' and end_time is null
"""


def read(settings: Settings, account_id: str) -> list[dict[str, object]]:
    """Refresh an account as the plan says; the landed lines."""
    (row,) = (row for row in plan_refresh(settings) if row["account_id"] == account_id)
    (key,) = refresh_account(settings, row)
    text = zstandard.ZstdDecompressor().decompress((Path(settings.landing_uri) / key).read_bytes())
    return [json.loads(line) for line in text.splitlines()]


def edges(lines: list[dict[str, object]]) -> list[str]:
    return [line["request"]["edge"] for line in lines]  # type: ignore[index]


def test_the_first_reading_lists_and_the_next_asks_what_the_listing_cannot_say(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    first = read(reading(tmp_path, sandbox), PAGE)
    assert set(edges(first)) >= {"page", "published_posts", "video_reels", "live_videos", "stories"}


def test_paid_and_organic_views_add_up_to_the_views_of_that_moment(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    read(reading(tmp_path, sandbox), PAGE)
    clock.now += timedelta(hours=2)
    settings = reading(tmp_path, sandbox, most_calls=200)
    read(settings, PAGE)
    land_registry(settings)
    load_landed(settings)
    build_marts(settings)
    query = "select post_id, views_paid, views_organic from marts.fct_post_performance where views_paid is not null"
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        rows = connection.execute(query).fetchall()
    views = {one.post_id: sandbox.world.value(one, "views", clock.now) for one in sandbox.world.posts.values()}
    assert len(rows) > 5
    assert {one: paid + organic for one, paid, organic in rows} == {one: views[one] for one, _, _ in rows}
    assert all(paid > 0 for _, paid, _ in rows)


def test_the_plays_of_a_reel_land_under_its_post(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    read(settings, PAGE)
    posts = {post.post_id: post for post in sandbox.world.posts.values()}
    rows = raw(settings, "select object_id, value::bigint from raw.snapshots where graph_name = 'fb_reels_total_plays'")
    reels = {post.post_id for post in sandbox.world.posts_of(PAGE, NOW) if post.media_format == "reel"}
    assert {one for one, _ in rows} == reels
    assert all(value == sandbox.world.value(posts[str(one)], "views", NOW) for one, value in rows)


def test_days_of_an_account_are_unique_people_and_a_week_holds_no_more_than_its_days(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    settings = reading(tmp_path, sandbox)
    read(settings, PAGE)
    query = """
        select period, max(value::bigint) from raw.snapshots
        where object_kind = 'account' and graph_name = 'page_total_media_view_unique' group by 1 order by 1
    """
    found = {str(period): int(str(most)) for period, most in raw(settings, query)}
    assert 0 < found["day"] < found["week"] < found["days_28"]
    days = raw(settings, query.replace("select period, max(value::bigint)", "select end_time, value").split("group")[0])
    assert len(days) > 20


def test_days_are_asked_again_only_since_they_were_last_read(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    first = [line for line in read(reading(tmp_path, sandbox), PAGE) if line["request"]["object_id"] == PAGE]  # type: ignore[index]
    clock.now += timedelta(days=1)
    second = read(reading(tmp_path, sandbox), PAGE)
    windows = {
        (line["request"]["params"]["since"], line["request"]["params"]["until"])  # type: ignore[index]
        for line in second
        if "period" in line["request"]["params"]  # type: ignore[index]
    }
    assert windows == {("2024-02-15", "2024-02-19")}
    assert len(first) > 4


def test_a_story_is_read_while_it_lives(tmp_path: Path, sandbox: Sandbox) -> None:
    story = WorldPost(
        "18999", "instagram", INSTAGRAM, NOW - timedelta(hours=20), "Хамтдаа", "story", "https://x.example/s", "s",
        facts={"reach": 900, "views": 1000, "shares": 7},
    )  # fmt: skip
    world = sandbox.world
    sandbox.graph.world = type(world)(
        world.accounts,
        {**world.posts, story.post_id: story},
        {**world.finals, story.post_id: story.facts},
        world.small_accounts,
        world.instagram_of,
    )
    settings = reading(tmp_path, sandbox)
    read(settings, INSTAGRAM)
    query = "select distinct graph_name from raw.snapshots where object_id = '18999' and value is not null order by 1"
    told = ["follows", "navigation", "profile_activity", "profile_visits", "reach", "replies", "shares", "views"]
    assert [name for (name,) in raw(settings, query)] == told
    taps = dict(raw(settings, TAPS_OF_A_STORY))
    parts = ("tap_forward", "tap_back", "tap_exit", "swipe_forward")
    assert set(taps) == {None, *(f"story_navigation_action_type={part}" for part in parts)}
    assert taps.pop(None) == sum(int(str(taps_of_a_kind)) for taps_of_a_kind in taps.values())
    assert raw(settings, "select media_product_type from raw.posts where post_id = '18999'") == [("STORY",)]


def test_a_carousel_is_read_as_its_album_and_its_children_are_not_asked_for(tmp_path: Path, sandbox: Sandbox) -> None:
    post = sandbox.world.posts_of(INSTAGRAM, NOW)[0]
    world = sandbox.world
    album = replace(post, media_format="carousel")
    sandbox.graph.world = replace(world, posts={**world.posts, post.post_id: album})
    settings = reading(tmp_path, sandbox)
    lines = read(settings, INSTAGRAM)
    assert "children" not in json.dumps([line["request"] for line in lines])
    found = dict(raw(settings, f"select graph_name, value from raw.snapshots where object_id = '{post.post_id}'"))
    assert found["views"] == str(world.value(post, "views", NOW))
    kinds = raw(settings, f"select media_type, media_product_type from raw.posts where post_id = '{post.post_id}'")
    assert kinds == [("CAROUSEL_ALBUM", "FEED")]


def test_days_of_an_instagram_account_are_asked_in_windows_of_thirty_days_from_midnight_in_california(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    posts = sandbox.world.posts
    old = replace(sandbox.world.posts_of(INSTAGRAM, NOW)[-1], published_at=NOW - timedelta(days=200))
    sandbox.graph.world = replace(sandbox.world, posts={**posts, old.post_id: old})
    asked = [line["request"]["params"] for line in read(reading(tmp_path, sandbox), INSTAGRAM)]  # type: ignore[index]
    windows = sorted({(int(one["since"]), int(one["until"])) for one in asked if "period" in one})
    moments = [datetime.fromtimestamp(one, ZoneInfo("America/Los_Angeles")) for window in windows for one in window]
    assert all(until - since <= 30 * 86400 for since, until in windows)
    assert [until for _, until in windows[:-1]] == [since for since, _ in windows[1:]]  # no day is left out
    assert {moment.hour for moment in moments} == {0}
    assert [moments[0].date(), moments[-1].date()] == [date(2024, 2, 18) - timedelta(days=90), date(2024, 2, 18)]
    assert len(windows) >= 3


def test_what_is_asked_post_by_post_keeps_within_the_calls_of_a_run(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    read(reading(tmp_path, sandbox, most_calls=7), PAGE)
    clock.now += timedelta(hours=2)
    lines = read(reading(tmp_path, sandbox, most_calls=7), PAGE)
    apart = [line for line in lines if "breakdown" in line["request"]["params"]]  # type: ignore[index]
    assert 5 <= len(apart) <= 7
    clock.now += timedelta(hours=2)
    more = read(reading(tmp_path, sandbox, most_calls=7), PAGE)
    others = [line for line in more if "breakdown" in line["request"]["params"]]  # type: ignore[index]
    objects = [{line["request"]["object_id"] for line in some} for some in (apart, others)]  # type: ignore[index]
    assert objects[0] & objects[1] == set()  # the rest comes with the runs after it


def test_a_metric_that_only_reels_have_is_asked_of_reels_only(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    read(reading(tmp_path, sandbox), INSTAGRAM)
    clock.now += timedelta(hours=2)
    settings = reading(tmp_path, sandbox)
    read(settings, INSTAGRAM)
    kinds = {post.post_id: post.media_format for post in sandbox.world.posts_of(INSTAGRAM, NOW)}
    rows = raw(
        settings,
        "select object_id, graph_name, reason from raw.snapshots "
        "where graph_name in ('ig_reels_avg_watch_time', 'profile_visits')",
    )
    assert rows
    assert all((kinds[str(one)] == "reel") == (name == "ig_reels_avg_watch_time") for one, name, _ in rows)
    assert {reason for _, _, reason in rows} == {None}


def test_where_the_listing_refuses_insights_they_are_read_in_batches(tmp_path: Path, sandbox: Sandbox) -> None:
    whole = reading(tmp_path / "whole", sandbox)
    read(whole, INSTAGRAM)
    sandbox.graph.refuses_expansion = True
    apart = reading(tmp_path / "apart", sandbox)
    read(apart, INSTAGRAM)
    query = "select object_id, graph_name, value from raw.snapshots where object_kind = 'post' order by all"
    assert raw(apart, query) == raw(whole, query)


def test_a_part_of_a_batch_that_did_not_finish_is_asked_again(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.graph.unfinished = 3
    assert "page" in edges(read(reading(tmp_path, sandbox), PAGE))
    assert sandbox.graph.unfinished == 0


def test_a_batch_that_never_finishes_lands_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.graph.unfinished = 10_000
    settings = reading(tmp_path, sandbox)
    with pytest.raises(GraphUnavailable, match="did not finish"):
        read(settings, PAGE)
    assert not list(Path(settings.landing_uri).rglob("*.zst"))
    assert ClientState(settings.state_path).read_until("listing") == {}


def test_a_dead_metric_of_an_account_costs_its_own_values_only(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from ingest.sandbox import rules

    today = tuple(
        replace(one, removed_on=date(2026, 1, 1)) if one.name == "page_views_total" else one
        for one in rules.PAGE_METRICS
    )
    monkeypatch.setattr("ingest.sandbox.account_insights.PAGE_METRICS", today)
    settings = reading(tmp_path, sandbox)
    read(settings, PAGE)
    query = """
        select graph_name, count(value) > 0, any_value(reason) from raw.snapshots
        where object_kind = 'account' and graph_name in ('page_views_total', 'page_media_view') group by 1 order by 1
    """
    assert raw(settings, query) == [("page_media_view", True, None), ("page_views_total", False, "metric_removed")]


def test_an_account_with_a_hundred_posts_costs_a_handful_of_requests(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    before = sum(sandbox.graph.calls.values())
    lines = read(settings, PAGE)
    assert sum(sandbox.graph.calls.values()) - before < 6 + len(lines)


def test_a_deleted_post_keeps_its_numbers_says_when_it_was_missed_and_is_asked_for_no_more(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    read(reading(tmp_path, sandbox), PAGE)
    gone = sandbox.world.posts_of(PAGE, NOW)[0].post_id
    sandbox.graph.deleted.add(gone)
    asked = 0
    for _ in range(5):
        clock.now += timedelta(hours=1)
        lines = read(reading(tmp_path, sandbox), PAGE)
        asked += sum(line["request"]["object_id"] == gone for line in lines if line["request"]["edge"] == "post")  # type: ignore[index]
    assert asked == 3
    settings = reading(tmp_path, sandbox)
    land_registry(settings)
    load_landed(settings)
    check_landed(settings)
    build_marts(settings)
    query = """
        select deleted_seen_at, views > 0 from marts.dim_posts join marts.fct_post_performance using (post_id)
        where deleted_seen_at is not null
    """
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        assert connection.execute(query).fetchall() == [(datetime(2024, 2, 18, 15), True)]  # noqa: DTZ001


def test_a_post_that_was_hidden_for_a_while_comes_back(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    read(reading(tmp_path, sandbox), PAGE)
    hidden = sandbox.world.posts_of(PAGE, NOW)[0].post_id
    sandbox.graph.deleted.add(hidden)
    clock.now += timedelta(hours=1)
    read(reading(tmp_path, sandbox), PAGE)
    sandbox.graph.deleted.clear()
    for _ in range(4):
        clock.now += timedelta(hours=1)
        read(reading(tmp_path, sandbox), PAGE)
    assert hidden in {post.post_id for post in ClientState(tmp_path / "state.sqlite").known_posts()}


def test_insights_that_come_late_are_null_first_and_a_number_later(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.graph.lag = timedelta(days=30)
    settings = reading(tmp_path, sandbox)
    read(settings, PAGE)
    query = "select count(value), count(*) > 0 from raw.snapshots where graph_name = 'post_clicks'"
    (early,) = raw(settings, query)
    sandbox.graph.lag = timedelta()
    clock.now += timedelta(days=1)
    later = reading(tmp_path, sandbox)
    read(later, PAGE)
    assert early[1]
    assert raw(later, query)[0][0] > early[0]  # type: ignore[operator]


def test_a_number_that_meta_corrects_downwards_is_kept_beside_the_earlier_one(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    settings = reading(tmp_path, sandbox)
    read(settings, PAGE)
    post = sandbox.world.posts_of(PAGE, NOW)[0].post_id
    sandbox.graph.corrections[post] = 0.5
    clock.now += timedelta(hours=1)
    settings = reading(tmp_path, sandbox)
    read(settings, PAGE)
    query = f"""
        select value::bigint from raw.snapshots
        where object_id = '{post}' and graph_name = 'post_media_view' and breakdown is null order by fetched_at
    """
    first, second = (int(str(value)) for (value,) in raw(settings, query))
    assert second < first


@pytest.mark.parametrize(("used", "listed"), [(89, True), (86, False)], ids=["after the listing", "in the listing"])
def test_a_quota_used_up_on_the_way_lands_what_was_read_and_the_rest_comes_later(
    tmp_path: Path, sandbox: Sandbox, clock: Clock, used: int, listed: bool
) -> None:
    sandbox.graph.page_cap = 100 if listed else 4
    sandbox.graph.calls.clear()
    sandbox.graph.calls_per_pct, sandbox.graph.calls[PAGE] = 1, used
    settings = reading(tmp_path / "stopped", sandbox)
    read(settings, PAGE)
    state = ClientState(settings.state_path)
    (quota,) = state.quotas()
    assert quota.not_before_at == clock.now + timedelta(hours=1)
    assert not state.read_until("listing") | state.read_until("days")
    posts = "select count(distinct post_id) from raw.posts"
    all_posts = len([one for one in sandbox.world.posts_of(PAGE, NOW) if one.media_format != "story"])
    (landed,) = raw(settings, posts)[0]
    assert landed == all_posts if listed else 0 < int(str(landed)) < all_posts
    sandbox.graph.calls.clear()
    sandbox.graph.calls_per_pct = 48
    clock.now += timedelta(hours=1)
    settings, whole = (reading(tmp_path / name, sandbox) for name in ("stopped", "whole"))
    read(settings, PAGE)
    read(whole, PAGE)
    kinds = "select distinct object_kind, object_id, graph_name from raw.snapshots order by all"
    assert set(raw(whole, kinds)) <= set(raw(settings, kinds))


def test_a_list_of_a_batch_is_read_beyond_its_first_page(tmp_path: Path, sandbox: Sandbox) -> None:
    reels = [
        WorldPost(
            f"{PAGE}_88{number:03}", "facebook", PAGE, NOW - timedelta(hours=number), "Хамтдаа", "reel",
            f"https://www.facebook.com/reel/88{number:03}", f"r{number}", facts={"reach": 900, "views": 1000},
        )
        for number in range(230)
    ]  # fmt: skip
    world = sandbox.world
    sandbox.graph.world = type(world)(
        world.accounts,
        {**world.posts, **{one.post_id: one for one in reels}},
        {**world.finals, **{one.post_id: one.facts for one in reels}},
        world.small_accounts,
        world.instagram_of,
    )
    settings = reading(tmp_path, sandbox)
    read(settings, PAGE)
    query = "select count(distinct object_id) from raw.snapshots where graph_name = 'fb_reels_total_plays'"
    assert int(str(raw(settings, query)[0][0])) >= len(reels)
