"""One bad object, metric, list, token or quota costs its own and nothing else; what was learned of it is remembered."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingest.adapters.graph import access
from ingest.adapters.graph.usage import regain_minutes, used_pct
from ingest.adapters.state import THE_APP, ClientState
from ingest.check import run_checks
from ingest.domain.errors import RateLimited, TokenRefused
from ingest.domain.gaps import gaps_in
from ingest.sandbox import rules
from ingest.sandbox.server import Sandbox
from ingest.sandbox.tokens import Token
from ingest.steps.plan import plan_refresh
from ingest.steps.refresh import refresh_account, refresh_posts
from tests.living_world import INSTAGRAM, NOW, PAGE, Clock, clock, raw, reading, sandbox
from tests.steps.test_read_account import read

__all__ = ["clock", "sandbox"]  # fixtures
MEDIA = {"account_id": INSTAGRAM, "platform": "instagram"}
FACEBOOK = {"account_id": PAGE, "platform": "facebook"}
REASONS = """
    select graph_name, count(value) > 0, max(reason) from raw.snapshots
    where object_id = '{}' and object_kind = 'post' group by 1 order by 1
"""


def test_media_older_than_the_business_account_have_no_numbers_and_the_page_lands(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    media = sandbox.world.posts_of(INSTAGRAM, NOW)
    sandbox.graph.business_since[INSTAGRAM] = media[1].published_at
    settings = reading(tmp_path, sandbox)
    refresh_account(settings, MEDIA)
    query = "select object_id, count(value) > 0, max(reason) from raw.snapshots where graph_name = 'reach' and "
    rows = raw(settings, query + "object_kind = 'post' group by 1")
    young, old = {one.post_id for one in media[:2]}, {one.post_id for one in media[2:]}
    assert {one for one, is_there, _ in rows if is_there} == young
    assert {one for one, _, reason in rows if reason == "not_applicable"} == old
    assert old
    assert ClientState(settings.state_path).refusals() == []  # no metric died


def test_a_metric_that_one_media_lacks_costs_that_value_only(tmp_path: Path, sandbox: Sandbox) -> None:
    odd = sandbox.world.posts_of(INSTAGRAM, NOW)[0].post_id
    sandbox.graph.legacy[odd] = "views"
    settings = reading(tmp_path, sandbox)
    refresh_account(settings, MEDIA)
    rows = {name: (is_there, reason) for name, is_there, reason in raw(settings, REASONS.format(odd))}
    assert rows.pop("views") == (False, "not_applicable")
    assert {is_there for is_there, _ in rows.values()} == {True}
    others = raw(settings, "select count(*) from raw.snapshots where graph_name = 'views' and object_kind = 'post' "
                           f"and value is null and object_id <> '{odd}'")  # fmt: skip
    assert others == [(0,)]


def kill(monkeypatch: pytest.MonkeyPatch, table: str, where: str, name: str) -> None:
    """Let Meta remove a metric today: the sandbox's rules, not our code, are changed."""
    living = tuple(one for one in getattr(rules, table) if one.name != name)
    monkeypatch.setattr(f"ingest.sandbox.{where}.{table}", living)


def test_a_dead_metric_of_a_post_that_is_read_alone_costs_its_own_value_only(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill(monkeypatch, "POST_METRICS", "insights", "post_clicks")
    settings = reading(tmp_path, sandbox)
    post = sandbox.world.posts_of(PAGE, NOW)[0].post_id
    refresh_posts(settings, PAGE, "facebook", {post: True})
    rows = {name: (is_there, reason) for name, is_there, reason in raw(settings, REASONS.format(post))}
    assert rows.pop("post_clicks") == (False, "metric_removed")
    assert rows["post_media_view"] == (True, None)
    assert "metric_removed" not in {reason for _, reason in rows.values()}


def test_a_dead_metric_of_an_account_is_found_once_remembered_and_asked_again_after_a_week(
    tmp_path: Path, sandbox: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read(reading(tmp_path / "whole", sandbox), PAGE)
    asked = sum(sandbox.graph.calls.values())
    with monkeypatch.context() as patched:
        kill(patched, "PAGE_METRICS", "account_insights", "page_views_total")
        settings = reading(tmp_path, sandbox)
        read(settings, PAGE)
        more = sum(sandbox.graph.calls.values()) - asked - asked
        assert more < len(whole)  # it is looked for once, not in each of the windows
        (told,) = ClientState(settings.state_path).refusals()
        assert (told.place, told.graph_name, told.since) == ("window", "page_views_total", NOW)
        clock.now += timedelta(days=1)
        later = read(reading(tmp_path, sandbox), PAGE)
        assert not any("page_views_total" in line["request"]["metrics"] for line in later)  # type: ignore[index]
    clock.now += timedelta(days=8)
    settings = reading(tmp_path, sandbox)
    again = read(settings, PAGE)
    assert any("page_views_total" in line["request"]["metrics"] for line in again)  # type: ignore[index]
    assert ClientState(settings.state_path).refusals() == []


def test_a_listing_that_expands_nothing_is_not_tried_again_for_a_week(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.graph.refuses_expansion = True
    read(reading(tmp_path, sandbox), INSTAGRAM)
    first = sandbox.graph.calls.copy()
    clock.now += timedelta(days=1)
    settings = reading(tmp_path, sandbox)
    lines = read(settings, INSTAGRAM)
    answers = sum(sandbox.graph.calls.values()) - sum(first.values())
    assert answers == len(lines)  # no call was refused
    sandbox.graph.refuses_expansion = False
    clock.now += timedelta(days=8)
    again = read(reading(tmp_path, sandbox), INSTAGRAM)
    assert any(line["request"]["edge"] == "media" and line["request"]["metrics"] for line in again)  # type: ignore[index]
    assert ClientState(settings.state_path).refusals() == []


def test_a_video_that_is_not_there_says_nothing_of_its_post(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.sandbox.graph.VIDEOS", ())
    settings = reading(tmp_path, sandbox)
    read(settings, PAGE)
    rows = raw(settings, "select distinct reason from raw.snapshots where graph_name = 'fb_reels_total_plays'")
    assert rows == [("not_applicable",)]


def test_a_page_token_reads_its_page_and_its_instagram_account(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox, access_tokens=sandbox.tokens.of_page(PAGE).value)
    assert len(refresh_account(settings, FACEBOOK)) == 1
    assert len(refresh_account(settings, MEDIA)) == 1
    with pytest.raises(TokenRefused, match="No token can read account 104857600000202"):
        refresh_account(settings, {"account_id": "104857600000202", "platform": "facebook"})


def test_a_token_that_is_over_does_not_stop_the_one_beside_it(tmp_path: Path, sandbox: Sandbox) -> None:
    old = sandbox.tokens.give(Token("USER", "EAAold", expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
    both = f"{old.value},{sandbox.tokens.system_user.value}"
    settings = reading(tmp_path, sandbox, access_tokens=both, app_id=sandbox.tokens.app_id)
    assert len(refresh_account(settings, FACEBOOK)) == 1
    tokens = {one.name: one for one in run_checks(settings) if one.name.startswith("token")}
    assert (tokens["token 1"].is_ok, tokens["token 2"].is_ok) == (False, True)
    access._kept.clear()
    with pytest.raises(TokenRefused, match="expired"):
        refresh_account(reading(tmp_path, sandbox, access_tokens=old.value), FACEBOOK)


def test_a_quota_of_the_app_lets_every_account_rest(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    settings = reading(tmp_path, sandbox)
    refresh_account(settings, FACEBOOK)
    state, error = ClientState(settings.state_path), RateLimited("x", minutes=30, is_app_wide=True)
    from ingest.steps.refresh import _note_rest

    _note_rest(state, error, PAGE, clock.now)
    assert {one.account_id for one in state.quotas()} == {PAGE, THE_APP}
    before = sandbox.graph.requests
    assert {row["reason"].partition(":")[0] for row in plan_refresh(settings)} == {"its quota is nearly used up"}
    assert refresh_account(settings, MEDIA) == []
    assert sandbox.graph.requests == before  # nothing was asked
    clock.now += timedelta(minutes=31)
    assert len(refresh_account(reading(tmp_path, sandbox), MEDIA)) == 1


def test_what_a_usage_header_says_of_another_account_does_not_count() -> None:
    uses = {"1": [{"call_count": 12, "estimated_time_to_regain_access": 0}], "2": [{"call_count": 97}]}
    headers = {"x-business-use-case-usage": json.dumps(uses)}
    assert [used_pct(headers, account_id=one) for one in ("1", "2", "3")] == [12, 97, 97]
    assert used_pct({**headers, "x-app-usage": '{"total_cputime": 40}'}, account_id="1") == 40
    assert regain_minutes({"x-app-usage": '{"estimated_time_to_regain_access": 1000000000}'}) == 24 * 60


def test_a_year_with_as_many_posts_as_meta_lists_of_one_is_told(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.graph.posts_per_year = 5
    monkeypatch.setattr("ingest.domain.gaps.LISTED_PER_YEAR", 5)
    settings = reading(tmp_path, sandbox)
    read(settings, PAGE)
    (gap,) = ClientState(settings.state_path).gaps()
    assert (gap.account_id, gap.year, gap.listed) == (PAGE, 2024, 5)
    (check,) = (one for one in run_checks(settings) if one.name == "listing")
    assert not check.is_ok
    assert f"{PAGE} shows 5 posts of 2024" in check.found
    assert "import a Business Suite export" in check.what_to_do


def test_a_gap_is_of_one_year_and_of_what_was_listed_of_it() -> None:
    def posts(year: int, count: int) -> list[datetime]:
        return [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(count)]

    found = gaps_in("1", [*posts(2024, 569), *posts(2025, 570), *posts(2026, 601)], at=NOW)
    assert [(one.year, one.listed, one.listed_since.date()) for one in found] == [
        (2025, 570, date(2025, 1, 1)),
        (2026, 601, date(2026, 1, 1)),
    ]


def test_a_token_that_meta_calls_invalid_is_told_with_its_reason(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox, access_tokens="EAAnever", app_id=sandbox.tokens.app_id)
    (token,) = (one for one in run_checks(settings) if one.name == "token 1")
    assert not token.is_ok
    assert "make a new one" in token.what_to_do


def test_small_pages_are_asked_for_viewers_once_a_week(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    small = "104857600000204"
    world = sandbox.graph.world
    sandbox.graph.world = replace(world, small_accounts=frozenset({small}))
    read(reading(tmp_path, sandbox), small)
    places = {(one.place, one.graph_name, one.reason) for one in ClientState(tmp_path / "state.sqlite").refusals()}
    assert ("list", "post_total_media_view_unique", "withheld") in places
    assert ("window", "page_total_media_view_unique", "withheld") in places
    clock.now += timedelta(days=1)
    lines = read(reading(tmp_path, sandbox), small)
    assert not any("page_total_media_view_unique" in line["request"]["metrics"] for line in lines)  # type: ignore[index]
