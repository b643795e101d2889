"""Ten thousand signed deliveries about two hundred posts, as fast as the receiver takes them, on the running stack.

Prints how many runs of `follow_events` that makes, how many posts they read, and the seconds until every delivery is
done and the marts have followed.
"""

import argparse
import asyncio
import json
import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import requests
import zstandard

from benchmarks.stack_in_use import api, idle, published_in, stack_in_a_folder, trigger, wait
from ingest.adapters.queue.event_store import EventStore
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.stack import Stack
from tests.events.notifications import SENT, of_instagram, of_page, reaction, signature

DELIVERIES, POSTS, CONNECTIONS = 10_000, 200, 32


def delivery(post: str, platform: str, account: str, number: int) -> bytes:
    """Somebody reacts to a post of a Page, or comments on a medium of an Instagram account."""
    if platform == "facebook":
        return of_page(reaction(post, number, page=account))
    comment = {"id": str(number), "text": "👏", "media": {"id": post}}
    return of_instagram({"id": account, "time": SENT, "changes": [{"field": "comments", "value": comment}]})


def posts_of_both_platforms(folder: Path) -> list[tuple[str, str, str]]:
    """Id, platform and account of two hundred posts, those of Facebook first."""
    with duckdb.connect(str(published_in(folder)), read_only=True) as connection:
        query = "select post_id, platform, account_id from marts.dim_posts where deleted_seen_at is null order by 2, 1"
        found = [row for row in connection.execute(query).fetchall() if row[1] in ("facebook", "instagram")]
    return found[:POSTS]


def let_posts_go_up(stack: Stack, folder: Path) -> None:
    """Let there be two hundred posts: the missing ones go up on Instagram, which tells nobody, and are read."""
    there = posts_of_both_platforms(folder)
    for number in range(POSTS - len(there)):
        asked = {"account_id": there[-1][2], "message": f"#{number}"}
        requests.post(f"{stack.sandbox}/_sandbox/posts", params=asked, timeout=10).raise_for_status()
    if len(there) < POSTS:
        trigger(stack, "reconcile_campaigns")  # the hourly run leaves what was read a moment ago
        wait(lambda: len(posts_of_both_platforms(folder)) == POSTS, 240)
        idle(stack)


def requests_of(posts: Sequence[tuple[str, str, str]], secret: str) -> list[bytes]:
    """Whole HTTP requests, made before the clock runs: somebody reacts to one post after the other."""
    made = []
    for number in range(DELIVERIES):
        body = delivery(*posts[number % len(posts)], number)
        length, signed = f"Content-Length: {len(body)}", f"X-Hub-Signature-256: {signature(body, secret)}"
        made.append("\r\n".join(("POST /webhook HTTP/1.1", "Host: x", length, signed)).encode() + b"\r\n\r\n" + body)
    return made


async def send(port: int, made: Sequence[bytes]) -> int:
    """Send everything; how many were not answered with 200."""
    refused = 0

    async def connection(first: int) -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in made[first::CONNECTIONS]:
            writer.write(request)
            refused += not (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        writer.close()

    await asyncio.gather(*(connection(first) for first in range(CONNECTIONS)))
    return refused


def read_since(folder: Path, began: float) -> int:
    """How many posts were read alone since then."""
    return sum(
        json.loads(line)["request"]["edge"] in ("post", "ig_media")
        for path in (folder / "var" / "landing" / "api").rglob("*.zst")
        if path.stat().st_mtime >= began
        for line in zstandard.ZstdDecompressor().decompress(path.read_bytes()).splitlines()
    )


def measure(stack: Stack, folder: Path) -> None:
    """Send the burst, wait until it has been followed, and print what that took."""
    let_posts_go_up(stack, folder)
    posts = posts_of_both_platforms(folder)
    made = requests_of(posts, stack.environment["CAMPAIGN_REACH_APP_SECRETS"])
    queue, store = SqliteQueue(folder / "var" / "queue.sqlite"), EventStore(folder / "var" / "events.sqlite")
    before, began = queue.facts().done, time.time()
    refused = asyncio.run(send(int(urlsplit(stack.receiver).port or 0), made))
    sent = time.time() - began
    wait(lambda: queue.facts().done == before + DELIVERIES, 300)
    took = time.time() - began
    idle(stack)
    published = time.time() - began
    runs = api(stack, "GET", "dags/follow_events/dagRuns?order_by=-run_after&limit=50")["dag_runs"]
    ours = [one for one in runs if datetime.fromisoformat(one["queued_at"]).astimezone(UTC).timestamp() >= began]
    read = read_since(folder, began)
    print(f"{stack.metadata} metadata: {DELIVERIES} deliveries over {len(posts)} posts, {refused} not 200")
    print(f"  sent in {sent:.1f} s, all done after {took:.1f} s, all published after {published:.1f} s")
    print(f"  {len(ours)} runs of follow_events (≤ 3), {read} posts read (= {POSTS}); events {store.counts()}")


def main() -> None:
    """Measure on PostgreSQL where there is one, else on SQLite."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with stack_in_a_folder(uses_postgres=shutil.which("initdb") is not None) as (stack, folder):
        measure(stack, folder)


if __name__ == "__main__":
    main()
