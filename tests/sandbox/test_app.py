"""The sandbox refuses what Meta refuses: asked with plain HTTP, not with our client."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from ingest.adapters.registry import read_registry
from ingest.sandbox.rules import MEDIA_METRICS, POST_METRICS, MetricRule
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.sandbox.tokens import Token
from ingest.settings import PROJECT
from tests.conftest import MOMENT

PAGE = "104857600000201"
OTHER_PAGE = "104857600000202"
INSTAGRAM = "17841400000000201"
API_DATE = date(2026, 11, 22)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    registry = read_registry(PROJECT / "campaigns")
    with running_sandbox(registry, api_date=API_DATE, clock=lambda: MOMENT) as running:
        yield running


def ask(sandbox: Sandbox, path: str, *, token: str | None = None, **params: str) -> httpx.Response:
    own = sandbox.tokens.of_page(PAGE).value if token is None else token
    headers = {"Authorization": f"Bearer {own}"} if own else {}
    return httpx.get(f"{sandbox.url}/{path}", params=params, headers=headers)


def refused(response: httpx.Response) -> tuple[int, int | None, str]:
    error = response.json()["error"]
    assert response.status_code >= 400
    assert set(error) >= {"message", "type", "code", "fbtrace_id"}
    return error["code"], error.get("error_subcode"), error["message"]


def posts(sandbox: Sandbox, **params: str) -> dict[str, Any]:
    body: dict[str, Any] = ask(sandbox, f"v26.0/{PAGE}/published_posts", **params).json()
    return body


def post_id(sandbox: Sandbox, account_id: str = PAGE) -> str:
    return sandbox.world.posts_of(account_id, MOMENT)[0].post_id


def test_a_call_without_a_token_is_refused(sandbox: Sandbox) -> None:
    assert refused(ask(sandbox, f"v26.0/{PAGE}", token=""))[0] == 2500


def test_a_token_that_was_never_given_is_refused(sandbox: Sandbox) -> None:
    assert refused(ask(sandbox, f"v26.0/{PAGE}", token="EAAnever"))[0] == 190


def test_an_expired_token_is_refused_with_its_subcode(sandbox: Sandbox) -> None:
    old = sandbox.tokens.give(Token("PAGE", "EAAold", PAGE, expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
    assert refused(ask(sandbox, f"v26.0/{PAGE}", token=old.value))[:2] == (190, 463)


def test_a_user_token_is_refused_where_a_page_token_is_needed(sandbox: Sandbox) -> None:
    token = sandbox.tokens.system_user.value
    assert refused(ask(sandbox, f"v26.0/{PAGE}/published_posts", token=token))[0] == 210


def test_a_page_token_reads_no_other_page(sandbox: Sandbox) -> None:
    assert refused(ask(sandbox, f"v26.0/{OTHER_PAGE}/published_posts"))[:2] == (100, 33)


def test_an_object_that_is_not_there_is_refused(sandbox: Sandbox) -> None:
    assert refused(ask(sandbox, "v26.0/1"))[:2] == (100, 33)


@pytest.mark.parametrize("edge", ["nothing", "feed", "insights/day"])
def test_an_unknown_edge_is_refused(sandbox: Sandbox, edge: str) -> None:
    assert refused(ask(sandbox, f"v26.0/{PAGE}/{edge}"))[0] in (100, 2500)


@pytest.mark.parametrize(("path", "node"), [(f"{PAGE}", "Page"), (f"{INSTAGRAM}", "IGUser")])
def test_an_unknown_field_is_refused_with_the_type_of_the_node(sandbox: Sandbox, path: str, node: str) -> None:
    code, _, message = refused(ask(sandbox, f"v26.0/{path}", fields="id,nonsense"))
    assert code == 100
    assert f"nonexisting field (nonsense) on node type ({node})" in message


def test_a_field_of_a_post_that_does_not_exist_refuses_the_whole_listing(sandbox: Sandbox) -> None:
    assert refused(ask(sandbox, f"v26.0/{PAGE}/published_posts", fields="id,is_reel"))[0] == 100


@pytest.mark.parametrize("field", ["comments", "reactions"])
def test_a_gated_field_refuses_the_whole_listing(sandbox: Sandbox, field: str) -> None:
    code, _, message = refused(ask(sandbox, f"v26.0/{PAGE}/published_posts", fields=f"id,{field}"))
    assert (code, "pages_read_user_content" in message) == (10, True)


@pytest.mark.parametrize(
    "fields", ["id,", "id,insights.metric(", "id}", "{id}", "id,attachments{media_type", "id;name"]
)
def test_fields_that_cannot_be_parsed_are_refused(sandbox: Sandbox, fields: str) -> None:
    assert refused(ask(sandbox, f"v26.0/{PAGE}/published_posts", fields=fields))[0] == 2500


@pytest.mark.parametrize(
    "metric", [rule.name for rule in POST_METRICS if not rule.is_served_on(API_DATE)] + ["invented"]
)
def test_one_metric_that_is_not_served_refuses_the_whole_call(sandbox: Sandbox, metric: str) -> None:
    names = f"post_clicks,{metric}"
    for response in (
        ask(sandbox, f"v26.0/{post_id(sandbox)}/insights", metric=names),
        ask(sandbox, f"v26.0/{PAGE}/published_posts", fields=f"id,insights.metric({names})"),
    ):
        assert refused(response)[::2] == (100, "(#100) The value must be a valid insights metric")


@pytest.mark.parametrize("rule", [rule for rule in POST_METRICS if rule.removed_on != date.max], ids=lambda r: r.name)
def test_a_removed_metric_was_served_the_day_before(rule: MetricRule) -> None:
    eve = rule.removed_on - timedelta(days=1)
    with running_sandbox(read_registry(PROJECT / "campaigns"), api_date=eve, clock=lambda: MOMENT) as sandbox:
        assert ask(sandbox, f"v26.0/{post_id(sandbox)}/insights", metric=rule.name).status_code == 200


@pytest.mark.parametrize("metric", [rule.name for rule in MEDIA_METRICS if not rule.is_served_on(API_DATE)] + ["saves"])
def test_a_media_metric_that_does_not_exist_names_those_that_do(sandbox: Sandbox, metric: str) -> None:
    response = ask(sandbox, f"v26.0/{post_id(sandbox, INSTAGRAM)}/insights", metric=f"reach,{metric}")
    code, _, message = refused(response)
    assert code == 100
    assert message.startswith("(#100) metric[1] must be one of the following values: ")


def test_a_metric_that_the_media_product_type_lacks_is_refused(sandbox: Sandbox) -> None:
    feed = next(p for p in sandbox.world.posts_of(INSTAGRAM, MOMENT) if p.media_format == "photo")
    response = ask(sandbox, f"v26.0/{feed.post_id}/insights", metric="ig_reels_video_view_total_time")
    assert "does not support the ig_reels_video_view_total_time metric" in refused(response)[2]


def test_insights_without_a_metric_are_refused(sandbox: Sandbox) -> None:
    assert refused(ask(sandbox, f"v26.0/{post_id(sandbox)}/insights"))[:2] == (3001, 1504028)


def test_without_read_insights_the_answer_is_an_empty_list_and_no_error(sandbox: Sandbox) -> None:
    blind = sandbox.tokens.give(Token("PAGE", "EAAblind", PAGE, scopes=("pages_read_engagement",)))
    response = ask(sandbox, f"v26.0/{post_id(sandbox)}/insights", token=blind.value, metric="post_clicks")
    assert (response.status_code, response.json()) == (200, {"data": []})


def test_without_its_scope_an_edge_is_refused(sandbox: Sandbox) -> None:
    bare = sandbox.tokens.give(Token("PAGE", "EAAbare", PAGE, scopes=()))
    assert refused(ask(sandbox, f"v26.0/{PAGE}/published_posts", token=bare.value))[0] == 10


def test_a_wrong_proof_is_refused(sandbox: Sandbox) -> None:
    assert "appsecret_proof" in refused(ask(sandbox, f"v26.0/{PAGE}", appsecret_proof="0" * 64))[2]


@pytest.mark.parametrize("parameter", ["ids", "date_format"])
def test_a_parameter_that_was_removed_is_refused(sandbox: Sandbox, parameter: str) -> None:
    assert refused(ask(sandbox, f"v26.0/{PAGE}", **{parameter: "U"}))[0] == 100


@pytest.mark.parametrize("limit", ["101", "0", "-1", "x"])
def test_a_page_that_is_too_large_or_none_is_refused(sandbox: Sandbox, limit: str) -> None:
    assert refused(ask(sandbox, f"v26.0/{PAGE}/published_posts", limit=limit))[0] == 100


def test_a_cursor_that_was_never_given_is_refused(sandbox: Sandbox) -> None:
    assert refused(ask(sandbox, f"v26.0/{PAGE}/published_posts", after="bm9uZQ"))[0] == 2642


@pytest.mark.parametrize(
    ("asked", "served"), [("v26.0", "v26.0"), ("v21.0", "v21.0"), ("v3.1", "v21.0"), ("v27.0", "v21.0")]
)
def test_a_version_that_is_over_is_served_as_the_oldest_one(sandbox: Sandbox, asked: str, served: str) -> None:
    response = ask(sandbox, f"{asked}/{PAGE}")
    assert (response.status_code, response.headers["facebook-api-version"]) == (200, served)


def test_a_version_that_never_was_is_refused(sandbox: Sandbox) -> None:
    assert refused(ask(sandbox, f"v99.0/{PAGE}"))[0] == 2500


def test_the_body_is_ascii_with_escaped_slashes(sandbox: Sandbox) -> None:
    response = ask(sandbox, f"v26.0/{PAGE}/published_posts", fields="message,permalink_url")
    assert response.content.isascii()
    assert b"https:\\/\\/www.facebook.com" in response.content
    assert b"\\u04" in response.content


def test_paging_to_the_end_gives_every_post_once_and_next_is_absent_on_the_last_page(sandbox: Sandbox) -> None:
    seen, params = [], {"limit": "7"}
    while True:
        page = posts(sandbox, **params)
        seen += [post["id"] for post in page["data"]]
        if "next" not in page["paging"]:
            break
        assert "access_token=EAA" in page["paging"]["next"]  # as Meta does: whoever lands this must cut it out
        params["after"] = page["paging"]["cursors"]["after"]
    assert seen == [post.post_id for post in sandbox.world.posts_of(PAGE, MOMENT)]


def test_what_insights_say_adds_up_to_what_happened(sandbox: Sandbox) -> None:
    page = posts(sandbox, limit="100", fields="id,insights.metric(post_media_view){values}")
    views = sum(post["insights"]["data"][0]["values"][0]["value"] for post in page["data"])
    assert views == sandbox.world.final("views", account_ids=[PAGE])


def test_a_metric_list_may_be_json(sandbox: Sandbox) -> None:
    response = ask(sandbox, f"v26.0/{post_id(sandbox)}/insights", metric='["post_clicks","post_media_view"]')
    assert [one["name"] for one in response.json()["data"]] == ["post_clicks", "post_media_view"]


def test_a_map_leaves_zero_keys_out(sandbox: Sandbox) -> None:
    page = posts(sandbox, limit="100", fields="insights.metric(post_reactions_by_type_total){values}")
    maps = [post["insights"]["data"][0]["values"][0]["value"] for post in page["data"]]
    assert all(count > 0 for one in maps for count in one.values())


def test_me_accounts_lists_pages_with_their_tokens_and_instagram_accounts(sandbox: Sandbox) -> None:
    token = sandbox.tokens.system_user.value
    body = ask(sandbox, "v26.0/me/accounts", token=token, fields="id,access_token,instagram_business_account").json()
    pages = {page["id"]: page for page in body["data"]}
    assert pages[PAGE]["instagram_business_account"] == {"id": INSTAGRAM}
    assert pages[PAGE]["access_token"] == sandbox.tokens.of_page(PAGE).value


def test_posts_that_are_not_yet_published_are_not_there() -> None:
    early = datetime(2024, 2, 1, tzinfo=UTC)
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: early) as sandbox:
        published = {post["created_time"] for post in posts(sandbox, limit="100", fields="created_time")["data"]}
    assert published
    assert max(published) <= "2024-02-01T00:00:00+0000"


def test_latency_is_the_time_from_a_request_to_its_answer_and_computing_is_a_part_of_it() -> None:
    def slow_clock() -> datetime:
        time.sleep(0.3)
        return MOMENT

    with running_sandbox(read_registry(PROJECT / "campaigns"), api_date=API_DATE, clock=slow_clock) as slow:
        computing = seconds(slow)
        slow.graph.latency_seconds = computing + 0.5
        assert computing + 0.5 <= seconds(slow) < 2 * computing + 0.5


def seconds(sandbox: Sandbox) -> float:
    start = time.perf_counter()
    assert ask(sandbox, f"v26.0/{PAGE}").status_code == 200
    return time.perf_counter() - start
