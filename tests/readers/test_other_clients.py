"""Clients that others wrote work against the sandbox unchanged: Meta's SDK, and python-facebook-api."""

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

from ingest.adapters.registry import read_registry
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import PROJECT
from tests.conftest import MOMENT
from tests.readers.pinned import pinned_readers

PAGE, INSTAGRAM = "104857600000201", "17841400000000201"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: MOMENT) as running:
        yield running


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> FacebookAdsApi:
    """The SDK as it is: its own session, its own calls, its own cursors; only the address is another one."""
    session = FacebookSession("1", sandbox.tokens.app_secret, sandbox.tokens.of_page(PAGE).value, timeout=30)
    session.GRAPH = sandbox.url
    return FacebookAdsApi(session, api_version="v26.0")


def ids(sandbox: Sandbox, account_id: str) -> list[str]:
    return [post.post_id for post in sandbox.world.posts_of(account_id, MOMENT)]


def test_the_sdk_lists_all_posts_of_a_page_with_its_own_cursor(sandbox: Sandbox, api: FacebookAdsApi) -> None:
    posts = Page(PAGE, api=api).get_published_posts(fields=["id", "message"], params={"limit": 7})
    assert [post["id"] for post in posts] == ids(sandbox, PAGE)


def test_the_sdk_lists_all_media_of_an_instagram_account(sandbox: Sandbox, api: FacebookAdsApi) -> None:
    media = IGUser(INSTAGRAM, api=api).get_media(fields=["id", "caption"], params={"limit": 2})
    assert [one["id"] for one in media] == ids(sandbox, INSTAGRAM)


def test_the_sdk_reads_insights_of_a_post_and_of_a_page(sandbox: Sandbox, api: FacebookAdsApi) -> None:
    post = next(iter(Page(PAGE, api=api).get_published_posts(fields=["id"])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK doubts its own parameters (notes on its defects, 6)
        of_post = post.get_insights(params={"metric": ["post_media_view"]})
        of_page = Page(PAGE, api=api).get_insights(
            params={"metric": ["page_media_view"], "period": "day", "since": "2026-11-15", "until": "2026-11-19"}
        )
    views = sandbox.world.value(sandbox.world.posts[post["id"]], "views", MOMENT)
    assert of_post[0]["values"] == [{"value": views}]
    assert (of_page[0]["name"], len(of_page[0]["values"])) == ("page_media_view", 4)


READ = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pyfacebook import GraphAPI
url, token, page, instagram = sys.argv[2:]
api = GraphAPI(access_token=token, base_url=url + "/", version="v26.0", ignore_version_check=True)
print(json.dumps({
    "page": api.get_object(page, fields="id,name,followers_count"),
    "posts": api.get_full_connections(page, "published_posts", count=None, limit=7, fields="id,message")["data"],
    "media": api.get_full_connections(instagram, "media", count=None, limit=2, fields="id,caption")["data"],
    "insights": api.get_connection(page, "insights", metric="page_follows", period="day")["data"],
    "token": api.debug_token(token)["data"],
}))
"""


def test_python_facebook_api_reads_pages_posts_media_and_insights(sandbox: Sandbox) -> None:
    token = sandbox.tokens.of_page(PAGE).value
    command = [sys.executable, "-S", "-c", READ, str(pinned_readers()), sandbox.url, token, PAGE, INSTAGRAM]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    answer: dict[str, Any] = json.loads(ran.stdout)
    assert answer["page"]["id"] == PAGE
    assert [post["id"] for post in answer["posts"]] == ids(sandbox, PAGE)
    assert [one["id"] for one in answer["media"]] == ids(sandbox, INSTAGRAM)
    assert answer["insights"][0]["name"] == "page_follows"
    assert answer["token"]["is_valid"]
