"""SIGKILLs of the triggerer and of the scheduler, its tasks included, while posts grow: the marts come to the same end.

On the running stack, with a client of its own: the sandbox grows posts and tells the receiver. At the end each delivery
is done, each event too, and the published file holds what the sandbox says, within one sweep and a half.
"""

import argparse
import random
import shutil
import sys
import time
from pathlib import Path

import requests

from benchmarks.stack_in_use import large_posts, published_in, stack_in_a_folder, views
from ingest.adapters.queue.event_store import EventStore
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.stack import Stack
from ingest.stack_programs import Starter

KILLS, POSTS_PER_KILL = 10, 4
LONGEST = 15 * 60
"""A run whose task was killed counts as running until its heartbeat is missed; then the sweep follows."""


def main() -> int:
    """Run, print what was found, and say whether every promise held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=20241124)
    asked = parser.parse_args()
    wants = shutil.which("initdb") is not None
    with stack_in_a_folder(uses_postgres=wants, latency_ms=20) as (stack, folder):
        return torture(stack, folder, kills=asked.kills, seed=asked.seed)


def torture(stack: Stack, folder: Path, *, kills: int, seed: int) -> int:
    """Kill and grow in turns; 0 when everything came to its end."""
    dice = random.Random(seed)  # noqa: S311 - moments of kills
    starter = Starter(stack, folder / "airflow" / "stack", stack.environment)
    posts, wanted = iter(large_posts(folder)), {}
    for number in range(kills):
        for post in [next(posts) for _ in range(POSTS_PER_KILL)]:
            asked = {"post_id": post, "factor": "1.5"}
            wanted[post] = requests.post(f"{stack.sandbox}/_sandbox/grow", params=asked, timeout=10).json()["views"]
            time.sleep(dice.uniform(0, 0.6))
        starter.kill_and_start(("triggerer", "scheduler")[number % 2])
        time.sleep(dice.uniform(3, 12))
    began = time.monotonic()
    behind = list(wanted)
    while behind and time.monotonic() - began < LONGEST:
        time.sleep(1)
        behind = [post for post in behind if views(published_in(folder), post) != wanted[post]]
    deliveries = SqliteQueue(folder / "var" / "queue.sqlite").facts()
    events = EventStore(folder / "var" / "events.sqlite").counts()
    print(
        f"{kills} SIGKILLs of triggerer and scheduler on {stack.metadata} (seed {seed}): {len(wanted)} posts grew, "
        f"{len(behind)} not in the marts, the last one {time.monotonic() - began:.0f} s after the last kill; "
        f"deliveries {deliveries.done} done, {deliveries.waiting + deliveries.leased + deliveries.dead} not; "
        f"events {events}"
    )
    is_clean = not behind and deliveries.done == len(wanted) and set(events) == {"done"}
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
