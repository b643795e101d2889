"""Every rule of the sandbox has its source, its confidence and a test with plain HTTP; some are met here."""

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from ingest.adapters.registry import read_registry
from ingest.sandbox.rulebook import RULES
from ingest.sandbox.rules import IG_ACCOUNT_METRICS, MEDIA_METRICS, PAGE_METRICS, POST_METRICS, VIDEO_METRICS
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.sandbox.staging import WorldPost
from ingest.settings import PROJECT
from tests.conftest import MOMENT
from tests.sandbox.conftest import REFUSALS, meets

PAGE, INSTAGRAM = "104857600000201", "17841400000000201"
FILES = sorted(Path(__file__).parent.glob("test_*.py"))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: MOMENT) as running:
        yield running


def ask(
    sandbox: Sandbox, path: str, *, token: str = "", headers: dict[str, str] | None = None, **params: str
) -> httpx.Response:
    own = token or sandbox.tokens.of_page(PAGE).value
    return httpx.get(
        f"{sandbox.url}/v26.0/{path}", params=params, headers={"Authorization": f"Bearer {own}", **(headers or {})}
    )


def refusal(response: httpx.Response) -> tuple[int, int | None]:
    error = response.json()["error"]
    return error["code"], error.get("error_subcode")


def functions_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_rule_names_its_source_its_confidence_and_a_test_with_plain_http() -> None:
    tests = {name for file in FILES for name in functions_of(file)}
    assert [rule.test for rule in RULES if rule.test not in tests] == []
    assert {rule.confidence for rule in RULES} <= {"high", "medium", "low"}
    assert all(rule.section for rule in RULES)
    assert len({rule.rule for rule in RULES}) == len(RULES)
    metrics = (*POST_METRICS, *VIDEO_METRICS, *PAGE_METRICS, *IG_ACCOUNT_METRICS, *MEDIA_METRICS)
    assert all(metric.source.startswith("1.") and metric.confidence for metric in metrics)


def test_every_refusal_of_the_sandbox_belongs_to_a_rule() -> None:
    """That the test of a rule does bring its refusal about is looked at where it ends: in conftest.py."""
    assert {name for rule in RULES for name in rule.refusals} == set(REFUSALS)


def test_a_rule_whose_test_brings_no_refusal_about_is_found() -> None:
    assert meets((), set())
    assert meets(("bad_token", "no_token"), {"no_token"})
    assert not meets(("bad_token",), {"no_token"})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_test_of_the_sandbox_asks_with_our_own_client(file: Path) -> None:
    assert "ingest.adapters.graph" not in file.read_text(encoding="utf-8").replace('"ingest.adapters.graph"', "")


def test_the_token_of_the_app_asks_about_tokens_only(sandbox: Sandbox) -> None:
    app = f"{sandbox.tokens.app_id}|{sandbox.tokens.app_secret}"
    assert refusal(ask(sandbox, PAGE, token=app)) == (2500, None)
    asked = ask(sandbox, "debug_token", token=app, input_token=sandbox.tokens.system_user.value)
    assert asked.json()["data"]["type"] == "SYSTEM_USER"


def test_media_older_than_the_business_account_have_no_insights(sandbox: Sandbox) -> None:
    media = sandbox.world.posts_of(INSTAGRAM, MOMENT)
    sandbox.graph.business_since[INSTAGRAM] = media[0].published_at
    assert ask(sandbox, f"{media[0].post_id}/insights", metric="reach").status_code == 200
    assert refusal(ask(sandbox, f"{media[1].post_id}/insights", metric="reach")) == (100, 2108006)
    listing = ask(sandbox, f"{INSTAGRAM}/media", fields="id,insights.metric(reach)")
    assert refusal(listing) == (100, 2108006)  # one old media refuses the whole page


def test_a_media_may_lack_a_metric_that_others_of_its_kind_have(sandbox: Sandbox) -> None:
    odd = sandbox.world.posts_of(INSTAGRAM, MOMENT)[0].post_id
    sandbox.graph.legacy[odd] = "views"
    assert "does not support the views metric" in ask(sandbox, f"{odd}/insights", metric="views,reach").text
    assert ask(sandbox, f"{odd}/insights", metric="reach").status_code == 200


def test_a_story_that_hardly_anybody_saw_has_no_insights(sandbox: Sandbox) -> None:
    story = WorldPost(
        "18999", "instagram", INSTAGRAM, MOMENT - timedelta(hours=20), "Хамтдаа", "story", "https://x.example/s", "s",
        facts={"reach": 4, "views": 6},
    )  # fmt: skip
    world = sandbox.graph.world
    sandbox.graph.world = replace(
        world, posts={**world.posts, "18999": story}, finals={**world.finals, "18999": story.facts}
    )
    answer = ask(sandbox, "18999/insights", metric="reach")
    assert refusal(answer) == (10, None)
    assert "Not enough viewers" in answer.text


def test_a_page_may_be_empty_and_have_a_next_one(sandbox: Sandbox) -> None:
    posts = sandbox.world.posts_of(PAGE, MOMENT)
    sandbox.graph.hidden.update(post.post_id for post in posts[:5])
    first = ask(sandbox, f"{PAGE}/published_posts", fields="id", limit="5").json()
    assert first["data"] == []
    second = ask(sandbox, f"{PAGE}/published_posts", fields="id", limit="5", after=first["paging"]["cursors"]["after"])
    assert [one["id"] for one in second.json()["data"]] == [post.post_id for post in posts[5:10]]


def test_what_meta_ignores_changes_nothing(sandbox: Sandbox) -> None:
    plain = ask(sandbox, PAGE, fields="id,name")
    ignored = ask(
        sandbox, PAGE, headers={"If-None-Match": '"x"'}, fields="id,name", pretty="1", debug="all", metadata="1"
    )
    assert (ignored.status_code, ignored.content) == (200, plain.content)


def test_a_part_of_a_batch_may_come_back_as_null(sandbox: Sandbox) -> None:
    sandbox.graph.unfinished = 1
    form = {"batch": json.dumps([{"method": "GET", "relative_url": PAGE}] * 2)}
    headers = {"Authorization": f"Bearer {sandbox.tokens.of_page(PAGE).value}"}
    first, second = httpx.post(f"{sandbox.url}/v26.0/", data=form, headers=headers).json()
    assert first is None
    assert second["code"] == 200


@pytest.mark.parametrize(("account_id", "code", "kind"), [(PAGE, 80001, "pages"), (INSTAGRAM, 80002, "instagram")])
def test_a_used_up_quota_is_refused_by_account_and_calls_meanwhile_lengthen_the_wait(
    sandbox: Sandbox, account_id: str, code: int, kind: str
) -> None:
    sandbox.graph.throttled[account_id] = 7
    refused = [ask(sandbox, account_id, fields="id") for _ in range(2)]
    assert {refusal(one)[0] for one in refused} == {code}
    (use,), (later,) = (json.loads(one.headers["x-business-use-case-usage"])[account_id] for one in refused)
    assert (use["type"], use["call_count"], use["estimated_time_to_regain_access"]) == (kind, 100, 7)
    assert later["estimated_time_to_regain_access"] == 8
    other = {PAGE: INSTAGRAM, INSTAGRAM: PAGE}[account_id]
    assert ask(sandbox, other, fields="id").status_code == 200


def test_the_used_up_quota_of_the_app_refuses_what_is_about_no_account(sandbox: Sandbox) -> None:
    user = sandbox.tokens.system_user.value
    assert ask(sandbox, "me/accounts", token=user).status_code == 200
    sandbox.graph.calls["app"] = 100 * sandbox.graph.calls_per_pct
    assert refusal(ask(sandbox, "me/accounts", token=user)) == (4, None)
    assert ask(sandbox, PAGE, fields="id").status_code == 200
