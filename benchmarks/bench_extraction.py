"""What extraction costs: HTTP requests, metered calls and seconds, beside the SDK's own list-and-insights loop.

A latency is what a client waits at least: the sandbox's answer leaves so long after the request has come, the time in
which it is computed included, and never earlier. Client and sandbox are two processes on the same cores.
"""

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import structlog

from benchmarks.large_world import NOW, LargeWorld, large_world
from benchmarks.one_run import read_and_load
from ingest.adapters.graph import facebook, instagram
from ingest.adapters.graph.access import api_for
from ingest.adapters.graph.batch import read_asks
from ingest.adapters.graph.listing import LIMIT, objects_of
from ingest.adapters.graph.questions import Ask, insights_ask
from ingest.adapters.state import EXPANSION, ClientState, SeenPost
from ingest.domain.metrics import expandable
from ingest.domain.refresh import AccountState, due_posts, plan_accounts
from ingest.settings import Settings, load_settings
from ingest.steps.read_listing import ListingReader
from ingest.steps.refresh import refresh_account, refresh_side_by_side
from ingest.steps.remember_refusals import remember_page_size

PAGE, INSTAGRAM = str(10**14), str(17841 * 10**12)
POSTS = 1000
REQUESTS = 3
"""HTTP requests that an account of a hundred posts takes, everything included."""


@contextmanager
def settings_of(world: LargeWorld) -> Iterator[Settings]:
    """Settings that read from the world into a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        names = {"landing_uri": "landing", "quarantine_dir": "quarantine", "state_path": "state.sqlite"}
        places = {name: str(Path(folder) / place) for name, place in names.items()}
        yield load_settings(
            graph_url=world.url,
            access_tokens=world.token,
            app_secrets=world.app_secret,
            warehouse_path=Path(folder) / "warehouse.duckdb",
            now=NOW,
            **places,
        )


def told(what: str, world: LargeWorld, work: Callable[[], object], limit: str = "") -> float:
    """Do something and print what it cost; its seconds."""
    world.counts()
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    requests, calls = world.counts()
    show(what, requests, calls, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, limit)
    return seconds


def show(what: str, requests: int, calls: int, seconds: float, peak: float, limit: str) -> None:
    """Print a row; `peak` is the most memory that its process has had, in MB."""
    print(f"{what:<62} {requests:5} HTTP {calls:6} calls {seconds:7.2f} s  peak {peak:4.0f} MB  {limit}")


def listing(settings: Settings, account_id: str, platform: str) -> None:
    """The account and all its posts with lifetime metrics."""
    served = {"facebook": facebook, "instagram": instagram}[platform]
    api, state = api_for(settings, account_id), ClientState(settings.state_path)
    list(read_asks(api, served.account_asks(account_id)[:1]))
    reader = ListingReader(api, account_id, served, state, NOW)
    seen = list(reader.pages(None))
    remember_page_size(state, account_id, reader.size, at=NOW)
    assert sum(body.body.count(b'"insights":') for body in seen) == POSTS


def sdk_loop(settings: Settings) -> None:
    """The SDK as its manual shows it: list the posts, then ask each for its insights."""
    import warnings

    from facebook_business.adobjects.page import Page

    warnings.simplefilter("ignore")
    from facebook_business.api import FacebookAdsApi
    from facebook_business.session import FacebookSession

    session = FacebookSession(access_token=settings.access_tokens[0].get_secret_value(), timeout=30)
    session.GRAPH = settings.graph_url
    token = api_for(settings, PAGE)._session.access_token
    session = FacebookSession(access_token=token, timeout=30)
    session.GRAPH = settings.graph_url
    api = FacebookAdsApi(session, api_version="v26.0")
    names = ",".join(expandable("facebook", on=NOW.date()))
    posts = list(
        Page(PAGE, api=api).get_published_posts(fields=["id", "created_time", "message"], params={"limit": 100})
    )
    for post in posts:
        list(post.get_insights(params={"metric": names}))
    assert len(posts) == POSTS


def listed_with_cap(world: LargeWorld, cap: int, limit: str) -> None:
    """The Page's listing with pages of so many posts at most: a first run that has to find that out, and the next."""
    found = ", and 3 to find the cap" if cap < LIMIT else ""
    world.set(page_cap=cap)
    with settings_of(world) as settings:
        api_for(settings, PAGE)  # the token's Pages are read once per process
        for run, most in (("first run", limit + found), ("next run", limit)):
            what = f"Facebook, {POSTS} posts, account and listing, cap {cap}, {run}"
            told(what, world, partial(listing, settings, PAGE, "facebook"), most)


def one_account(world: LargeWorld) -> None:
    """The rows about one account with a thousand posts."""
    for cap, limit in ((100, "≤ 11"), (50, "≤ 21"), (25, "≤ 41")):
        listed_with_cap(world, cap, limit)
    world.set(page_cap=100)
    with settings_of(world) as settings:
        api_for(settings, PAGE)
        told(
            f"Instagram, {POSTS} media, account and listing",
            world,
            lambda: listing(settings, INSTAGRAM, "instagram"),
            "≤ 11",
        )
        told("the SDK's own loop, Facebook (reference)", world, lambda: sdk_loop(settings))
    first_run(world)
    apart(world)
    tiers(world)
    fallback(world)


def fallback(world: LargeWorld) -> None:
    """The media of an account whose listing refuses to expand insights: listed bare, then asked in batches."""
    world.set(refuses_expansion=True)
    with settings_of(world) as settings:
        api, state = api_for(settings, INSTAGRAM), ClientState(settings.state_path)

        def media() -> None:
            reader = ListingReader(api, INSTAGRAM, instagram, state, NOW)
            found = [one["id"] for page in reader.pages(None) for one in objects_of(page)]
            node = instagram.account_asks(INSTAGRAM)[:1]
            asks = [*node, *(insights_ask(one, reader.wanted_of_bare) for one in found)]
            assert len(list(read_asks(api, asks))) == POSTS + 1

        told("Instagram, listing refuses expansion, media, first time", world, media, "≤ 32 HTTP; one call to find it")
        state.remember_refused(INSTAGRAM, EXPANSION, {"insights": "not_expanded"}, at=NOW)
        told("Instagram, listing refuses expansion, media", world, media, "≤ 32 HTTP, ≤ 1,011 calls")
    world.set(refuses_expansion=False)


def apart(world: LargeWorld) -> None:
    """What is read beside the listing, in rows of its own."""
    on = NOW.date()
    posts = [f"{PAGE}_{number}" for number in range(100)]
    reels = [{"id": str(number), "post_id": f"{PAGE}_{number}"} for number in range(3, POSTS, 5)]
    media = [f"{INSTAGRAM}{number:06d}" for number in range(100)]
    node, *lists = facebook.account_asks(PAGE)
    rows: dict[str, tuple[str, list[Ask]]] = {
        "the Page itself": (PAGE, [node]),
        "reels, live videos and stories of the Page, first pages": (PAGE, lists),
        "views by ads and by followers of 100 posts": (
            PAGE,
            [ask for post in posts for ask in facebook.apart_asks(post, "", on=on)],
        ),
        "plays of 200 reels": (PAGE, facebook.reel_asks(reels, on=on)),
        "90 days of the Page: day, week, 28 days": (
            PAGE,
            facebook.day_asks(PAGE, NOW - timedelta(days=90), NOW, on=on),
        ),
        "30 days of the Instagram account: reach and totals": (
            INSTAGRAM,
            instagram.day_asks(INSTAGRAM, NOW - timedelta(days=30), NOW, on=on),
        ),
        "type-specific metrics of 100 Instagram media": (
            INSTAGRAM,
            [
                ask
                for number, one in enumerate(media)
                for ask in instagram.apart_asks(one, "REELS" if number % 2 else "FEED", on=on)
            ],
        ),
    }
    with settings_of(world) as settings:
        for what, (account_id, asks) in rows.items():
            api = api_for(settings, account_id)
            told(f"apart: {what}", world, partial(list, read_asks(api, asks)))


def first_run(world: LargeWorld) -> None:
    """One account as the plan reads it at first, in a process of its own: seconds and memory are those of one run."""
    for latency, limit in ((None, ""), (0.0, "≤ 3 s"), (0.05, "≤ 5 s")):
        world.set(latency_seconds=latency or 0.0)
        world.counts()
        with settings_of(world) as settings, ProcessPoolExecutor(1, get_context("spawn")) as process:
            seconds, peak = process.submit(read_and_load, settings, PAGE, "facebook").result()
        requests, calls = world.counts()
        if latency is not None:  # first untimed: the sandbox counts people once
            what = f"first request to rows in DuckDB, everything, {1000 * latency:.0f} ms"
            show(what, requests, calls, seconds, peak, f"{limit}, ≤ 200 MB")
    world.set(latency_seconds=0.0)


def tiers(world: LargeWorld) -> None:
    """A run an hour, and a run a day, after the last one: only what is due, and all of it."""
    of_accounts = ((PAGE, "facebook"), (INSTAGRAM, "instagram"))
    for name, ago in (("hourly", timedelta(hours=1)), ("daily", timedelta(days=1))):
        for account_id, platform in of_accounts:
            tier(world, name, ago, account_id, platform)


def tier(world: LargeWorld, name: str, ago: timedelta, account_id: str, platform: str) -> None:
    """A run of one account so long after the last one."""
    with settings_of(world) as settings:
        state = ClientState(settings.state_path)
        refresh_account(settings, {"account_id": account_id, "platform": platform})
        pretend_read(state, account_id, NOW - ago)
        row = row_of(settings, account_id, platform)
        due = {post.post_id for post in due_posts(state.known_posts(), NOW)}
        limit = "≤ 5 HTTP" if name == "daily" else ""
        told(f"{platform}, {name}: {row['reason']}", world, partial(refresh_account, settings, row), limit)
        left = {post.post_id for post in due_posts(state.known_posts(), NOW)}
        assert due, f"nothing was due: the {name} tier measures nothing"
        assert not left, f"{len(left)} due posts were not read"


def pretend_read(state: ClientState, account_id: str, at: datetime) -> None:
    """Let everything of the account have been read at that moment."""
    posts = state.known_posts()
    state.note_posts((SeenPost(one.account_id, one.post_id, one.published_at) for one in posts), at=at)
    state.note_apart(account_id, (one.post_id for one in posts), at=at)
    for what in ("listing", "days"):
        state.note_read(account_id, what, until=at)


def row_of(settings: Settings, account_id: str, platform: str) -> dict[str, object]:
    """The plan's row for an account that the world knows and no campaign file does."""
    state = ClientState(settings.state_path)
    known = AccountState(account_id, platform, tuple(state.known_posts()), state.read_until("listing")[account_id])
    (row,) = plan_accounts([known], at=NOW, most_calls=settings.most_calls)
    return row.as_json()


def many_accounts(accounts: int, posts: int, latency: float, side_by_side: int) -> None:
    """Read many accounts side by side, beside what latency alone would take."""
    rows = [{"account_id": str(10**14 + number), "platform": "facebook"} for number in range(accounts)]
    with large_world(accounts, posts) as world:
        for seconds in (0.0, latency):  # first untimed: the sandbox counts people once
            with settings_of(world) as settings:
                world.set(latency_seconds=seconds)
                wide = settings.model_copy(update={"side_by_side": side_by_side})
                if not seconds:
                    read_all(wide, rows)
                    world.counts()
                    continue
                what = f"{accounts} accounts × {posts} posts, {side_by_side} side by side, {1000 * latency:.0f} ms"
                bound = 1.5 * latency * REQUESTS * accounts / side_by_side + 2
                told(what, world, partial(read_all, wide, rows), f"≤ {bound:.1f} s")


def read_all(settings: Settings, rows: list[dict[str, str]]) -> None:
    """Read every account of the plan; none may fail."""
    failed = [problem for _, problem in refresh_side_by_side(settings, rows) if problem]
    assert not failed, failed[0]


def main() -> None:
    """Print a row per question; the reference is in the same run."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with large_world(1, POSTS) as world:
        one_account(world)
    many_accounts(20, 100, 0.05, 2)
    many_accounts(200, 100, 0.05, 2)
    many_accounts(20, 100, 0.05, 4)
    many_accounts(200, 100, 0.05, 4)


if __name__ == "__main__":
    main()
