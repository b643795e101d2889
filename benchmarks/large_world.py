"""A sandbox of any size in a process of its own, so that its seconds and bytes are not counted as the client's."""

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from ingest.sandbox.audience import audience_of
from ingest.sandbox.graph import Graph
from ingest.sandbox.server import serving
from ingest.sandbox.staging import WorldPost
from ingest.sandbox.tokens import Tokens
from ingest.sandbox.world import World, WorldAccount

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
YEARS = timedelta(days=720)
FORMATS = {"facebook": ("photo", "video", "photo", "reel", "link"), "instagram": ("photo", "reel", "carousel", "reel")}


@dataclass(frozen=True, slots=True)
class LargeWorld:
    """A running sandbox: its address and secrets, and a line to it that reads counters and sets its knobs."""

    url: str
    token: str
    app_secret: str
    line: Connection

    def counts(self) -> tuple[int, int]:
        """HTTP requests and metered calls since the last time."""
        self.line.send({})
        requests, calls = self.line.recv()
        return int(requests), int(calls)

    def set(self, **knobs: Any) -> None:
        """Set fields of the graph, such as `page_cap` or `latency_seconds`."""
        self.line.send(knobs)
        self.line.recv()


def make_world(accounts: int, posts: int) -> World:
    """Pages, each with an Instagram account, each with so many posts over two years."""
    owners, all_posts, finals, linked = {}, {}, {}, {}
    for number in range(accounts):
        for platform, first in (("facebook", 10**14), ("instagram", 17841 * 10**12)):
            one = WorldAccount(str(first + number), platform, f"account {number}", 5_000)
            owners[one.account_id] = one
            for post in _posts(one, posts):
                all_posts[post.post_id], finals[post.post_id] = post, post.facts
        linked[str(10**14 + number)] = str(17841 * 10**12 + number)
    return World(owners, all_posts, finals, frozenset(), linked)


def _posts(account: WorldAccount, count: int) -> Iterator[WorldPost]:
    formats = FORMATS[account.platform]
    for number in range(count):
        facts = {"reach": 900 + number, "views": 1500 + number, "reactions_like": 40, "comments": 5, "shares": 3}
        own = (
            f"{account.account_id}_{number}" if account.platform == "facebook" else f"{account.account_id}{number:06d}"
        )
        at = NOW - YEARS * (number + 0.01) / count
        kind = formats[number % len(formats)]
        link = f"https://www.facebook.com/{'reel' if kind == 'reel' else 'posts'}/{number}"
        yield WorldPost(own, account.platform, account.account_id, at, "Хамтдаа " * 20, kind, link, "c", facts=facts)


@contextmanager
def large_world(accounts: int, posts: int) -> Iterator[LargeWorld]:
    """A sandbox with that many Pages (each with an Instagram account) and posts on each, until the context ends."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, accounts, posts), daemon=True)
    process.start()
    yield LargeWorld(*ours.recv(), ours)
    process.kill()
    process.join()


def _serve(line: Connection, accounts: int, posts: int) -> None:
    world = make_world(accounts, posts)
    tokens = Tokens.of_pages(one for one in world.accounts if one.startswith("1000"))
    audiences = {platform: audience_of(platform, seed="bench") for platform in FORMATS}
    graph = Graph(
        world, tokens, NOW.date(), lambda: NOW, audiences=audiences, calls_per_pct=10**9, posts_per_year=10**9
    )
    threading.stack_size(0)
    with serving(graph) as url:
        line.send((url, tokens.system_user.value, tokens.app_secret))
        while True:
            for name, value in line.recv().items():
                setattr(graph, name, value)
            line.send((graph.requests, sum(graph.calls.values())))
            graph.requests = 0
            graph.calls.clear()
