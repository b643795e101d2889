"""SIGKILLs of the triggerer and of the scheduler, its tasks included, while posts grow: the marts come to the same end.

On the running stack, with a client of its own: the sandbox grows posts and tells the receiver. At the end each delivery
is done, each event too, and the published file holds what the sandbox says, within one sweep and a half.
"""

import argparse
import random
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import requests

from benchmarks.stack_in_use import large_posts, published_in, stack_in_a_folder, views
from ingest.adapters.queue.event_store import EventStore
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.stack_programs import Stack, Starter, groups_beside

KILLS, POSTS_PER_KILL = 10, 4
LONGEST = 15 * 60
"""A sweep and a half: by then everything has followed, or it is lost."""
LONGEST_FOR_A_TASK = 30


def main() -> int:
    """Run, print what was found, and say whether every promise held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=20241124)
    asked = parser.parse_args()
    say("starting the stack, and its first publication: about a minute …")
    wants = shutil.which("initdb") is not None
    with stack_in_a_folder(uses_postgres=wants, latency_ms=20) as (stack, folder):
        wanted = kill_while_posts_grow(stack, folder, kills=asked.kills, seed=asked.seed)
        began = time.monotonic()
        behind = wait_for_the_marts(folder, wanted)
        took = time.monotonic() - began
        print(f"{asked.kills} SIGKILLs of triggerer and scheduler on {stack.metadata} (seed {asked.seed}):")
        return verdict(folder, wanted=wanted, behind=behind, took=took)


def kill_while_posts_grow(stack: Stack, folder: Path, *, kills: int, seed: int) -> dict[str, int]:
    """Kill and grow in turns; the views that each post has come to."""
    dice = random.Random(seed)  # noqa: S311 - moments of kills
    starter = Starter(stack, folder / "airflow" / "stack", stack.environment)
    posts, wanted = iter(large_posts(folder)), {}
    for number in range(kills):
        for post in [next(posts) for _ in range(POSTS_PER_KILL)]:
            asked = {"post_id": post, "factor": "1.5"}
            wanted[post] = requests.post(f"{stack.sandbox}/_sandbox/grow", params=asked, timeout=10).json()["views"]
            time.sleep(dice.uniform(0, 0.6))
        name = ("triggerer", "scheduler")[number % 2]
        tasks = wait_for_a_task(stack) if name == "scheduler" else 0
        time.sleep(dice.uniform(0, 1))
        starter.kill_and_start(name)
        with_tasks = f", tasks running: {tasks}" if tasks else ""
        say(f"kill {number + 1} of {kills}: {name}{with_tasks}; {len(wanted)} posts have grown")
        time.sleep(dice.uniform(1, 5))
    return wanted


def wait_for_a_task(stack: Stack) -> int:
    """How many tasks run, once one does: a kill is to strike them; 0 when none has come within half a minute."""
    until = time.monotonic() + LONGEST_FOR_A_TASK
    while not (tasks := len(groups_beside(stack.processes["scheduler"].pid))) and time.monotonic() < until:
        time.sleep(0.05)
    return tasks


def wait_for_the_marts(folder: Path, wanted: Mapping[str, int]) -> list[str]:
    """The posts whose number is not in the marts after a sweep and a half; none, as soon as all are."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < LONGEST:
        path = published_in(folder)
        behind = [post for post, count in wanted.items() if views(path, post) != count]
        if not behind:
            return []
        say(f"{len(behind)} of {len(wanted)} posts are not in the marts yet; {passed:.0f} of at most {LONGEST} s")
        time.sleep(3)
    return behind


def verdict(folder: Path, *, wanted: Mapping[str, int], behind: Sequence[str], took: float) -> int:
    """Print what became of posts, deliveries and events; 0 when everything came to its end."""
    deliveries = SqliteQueue(folder / "var" / "queue.sqlite").facts()
    events = EventStore(folder / "var" / "events.sqlite").counts()
    not_done = deliveries.waiting + deliveries.leased + deliveries.dead
    print(f"  {len(wanted)} posts grew, {len(behind)} not in the marts, {took:.0f} s after the last kill")
    print(f"  {deliveries.done} deliveries done, {not_done} not; events {events}")
    is_clean = not behind and not not_done and deliveries.done == len(wanted) and set(events) == {"done"}
    print("clean: every delivery and event is done, every number is published" if is_clean else "NOT CLEAN")
    return 0 if is_clean else 1


def say(line: str) -> None:
    """Say how far it is, with the time of day."""
    print(f"  {datetime.now():%H:%M:%S} {line}", file=sys.stderr, flush=True)  # noqa: DTZ005 - for the person who waits


if __name__ == "__main__":
    sys.exit(main())
