"""A metric that Meta refuses costs its own values and nothing else; a throttled account rests and the others go on."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.graph import facebook
from ingest.adapters.graph.access import api_for
from ingest.adapters.graph.sifting import sift
from ingest.adapters.registry import read_registry
from ingest.adapters.state import ClientState
from ingest.domain.errors import RateLimited, RequestRefused, TokenRefused
from ingest.sandbox import rules
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import PROJECT, Settings
from ingest.steps.build import build_marts
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.plan import plan_refresh
from ingest.steps.read_listing import ListingReader
from ingest.steps.refresh import refresh_account
from ingest.steps.remember_refusals import remember_page_size
from tests.conftest import MOMENT
from tests.living_world import reading

SMALL = "104857600000204"
PAGE = "104857600000201"
VIEWERS = "post_total_media_view_unique"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: MOMENT) as running:
        yield running


def a_page(account_id: str) -> dict[str, str]:
    return {"account_id": account_id, "platform": "facebook"}


def marts(settings: Settings, query: str) -> list[tuple[object, ...]]:
    land_registry(settings)
    load_landed(settings)
    build_marts(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_page_too_small_for_viewers_has_views_and_a_withheld_reach(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    refresh_account(settings, a_page(SMALL))
    query = "select distinct metric, status from marts.fct_post_metrics where metric in ('views', 'reach') order by 1"
    assert marts(settings, query) == [("reach", "withheld"), ("views", "reported")]


def test_reach_that_is_withheld_voids_the_upper_bound_of_people(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    refresh_account(settings, a_page(SMALL))
    query = """
        select bool_and(posts_without_reach = posts), bool_and(people_reached_upper is null), bool_and(views > 0)
        from marts.agg_phase_content_type_reach where campaign_id = 'together'
    """
    assert marts(settings, query) == [(True, True, True)]


def test_a_metric_that_died_is_dropped_and_the_rest_of_the_page_lands(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = reading(tmp_path, sandbox)
    kill(monkeypatch, "post_clicks")
    refresh_account(settings, a_page(PAGE))
    query = """
        select metric, any_value(status), count(value) > 0
        from marts.fct_post_metrics where metric in ('clicks', 'views') group by 1 order by 1
    """
    assert marts(settings, query) == [("clicks", "metric_removed", False), ("views", "reported", True)]


def kill(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let Meta remove a metric today: the sandbox's rules, not our code, are changed."""
    today = tuple(replace(one, removed_on=date(2026, 1, 1)) if one.name == name else one for one in rules.POST_METRICS)
    monkeypatch.setattr("ingest.sandbox.insights.POST_METRICS", today)


def test_a_dead_metric_is_told_once_and_asked_again_after_a_week(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = ClientState(tmp_path / "state.sqlite")
    with monkeypatch.context() as patched:
        kill(patched, "post_clicks")
        refresh_account(reading(tmp_path, sandbox), a_page(PAGE))
        assert state.remember_refused(PAGE, "list", {"post_clicks": "metric_removed"}, at=MOMENT) == {}
    soon, later = MOMENT + timedelta(days=1), MOMENT + timedelta(days=8)
    refresh_account(reading(tmp_path, sandbox, now=soon), a_page(PAGE))
    assert state.refused_metrics(PAGE, "list", at=soon) == {"post_clicks": "metric_removed"}
    (key,) = refresh_account(reading(tmp_path, sandbox, now=later), a_page(PAGE))
    assert "post_clicks" in asked(tmp_path / "landing" / key)


def asked(path: Path) -> list[str]:
    import zstandard

    lines = map(json.loads, zstandard.ZstdDecompressor().decompress(path.read_bytes()).splitlines())
    listing = next(line["request"] for line in lines if line["request"]["edge"] == "published_posts")
    metrics: list[str] = listing["metrics"]
    return metrics


def test_a_token_without_read_insights_is_not_taken_for_a_dead_metric() -> None:
    def everything_is_refused(metrics: tuple[str, ...]) -> None:
        if metrics:
            raise RequestRefused("(#100) The value must be a valid insights metric", code=100)

    with pytest.raises(TokenRefused, match="which always lives"):
        sift(("views", "reactions"), everything_is_refused, control="reactions")


@pytest.mark.parametrize("dead", [(), ("c",), ("a", "e"), ("a", "b", "c", "d", "e")])
def test_sifting_finds_just_the_metrics_that_are_refused(dead: tuple[str, ...]) -> None:
    def probe(metrics: tuple[str, ...]) -> None:
        if set(metrics) & set(dead):
            raise RequestRefused("(#100) The value must be a valid insights metric", code=100)

    metrics = ("a", "b", "c", "d", "e")
    living, refused = sift(metrics, probe, control="none of them")
    assert (set(living), set(refused)) == (set(metrics) - set(dead), set(dead))


def test_a_refusal_for_another_reason_is_not_hidden() -> None:
    def probe(_: tuple[str, ...]) -> None:
        raise RequestRefused("(#100) … does not exist", code=100, subcode=33)

    with pytest.raises(RequestRefused):
        sift(("a", "b"), probe, control="a")


def test_a_throttled_account_rests_as_long_as_meta_says_and_the_others_go_on(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail(f"something sleeps for {seconds} s"))
    settings = reading(tmp_path, sandbox)
    sandbox.graph.throttled[PAGE] = 17
    with pytest.raises(RateLimited, match="80001"):
        refresh_account(settings, a_page(PAGE))
    refresh_account(settings, a_page(SMALL))
    rows = {row["account_id"]: row for row in plan_refresh(settings)}
    assert rows[PAGE]["not_before_at"] == (MOMENT + timedelta(minutes=17)).isoformat()
    assert SMALL not in rows  # it has been read: nothing of it is due
    assert refresh_account(settings, rows[PAGE]) == []  # nothing is asked, nothing sleeps
    sandbox.graph.throttled.clear()
    after = reading(tmp_path, sandbox, now=MOMENT + timedelta(minutes=18))
    (again,) = (row for row in plan_refresh(after) if row["account_id"] == PAGE)
    assert len(refresh_account(after, again)) == 1


def test_an_account_stops_at_ninety_percent_of_its_quota(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    sandbox.graph.calls[PAGE] = 48 * 91
    refresh_account(settings, a_page(PAGE))
    (quota,) = ClientState(settings.state_path).quotas()
    assert quota.used_pct >= 90
    assert quota.not_before_at == MOMENT + timedelta(hours=1)


def test_pages_that_are_too_large_are_found_once_a_week_and_the_largest_again_when_they_are_served(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    sandbox.graph.page_cap = 25
    settings = reading(tmp_path, sandbox)
    posts = len(sandbox.world.posts_of(PAGE, MOMENT))
    needed = -(-posts // 25)
    assert [requests_of_a_listing(sandbox, settings, days) for days in (0, 1, 6, 8)] == [
        needed + 2, needed, needed, needed + 2,
    ]  # fmt: skip
    known = {one.graph_name for one in ClientState(settings.state_path).refusals()}
    assert known == {"pages of 100", "pages of 50"}
    sandbox.graph.page_cap = 100
    assert requests_of_a_listing(sandbox, settings, 16) == -(-posts // 100)
    assert ClientState(settings.state_path).refusals() == []


def requests_of_a_listing(sandbox: Sandbox, settings: Settings, days: int) -> int:
    """Read the listing of the Page so many days later, and remember how large its pages may be."""
    state, at = ClientState(settings.state_path), MOMENT + timedelta(days=days)
    reader = ListingReader(api_for(settings, PAGE), PAGE, facebook, state, at)
    before = sandbox.graph.requests
    list(reader.pages(None))
    remember_page_size(state, PAGE, reader.size, at=at)
    return sandbox.graph.requests - before
