"""From a signed delivery to a new number in the published DuckDB file, on the running stack; the sandbox takes 50 ms.

Prints the median and the 95th percentile of each stage, for PostgreSQL metadata where `initdb` is found, and SQLite.
"""

import argparse
import shutil
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests

from benchmarks.stack_in_use import api, idle, large_posts, published_in, stack_in_a_folder, views
from ingest.stack import Stack

EVENTS = 24
LIMITS = {"PostgreSQL": (2.5, 4.0), "SQLite": (4.0, 6.0)}
STAGES = ("acknowledged", "run created", "task started", "answers landed", "published", "read")


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds after the delivery was sent, by stage."""

    seconds: dict[str, float]


def sample(stack: Stack, folder: Path, post_id: str) -> Sample:
    """Let a post grow, and watch its new number come."""
    published = published_in(folder)
    before, inode = views(published, post_id), published.stat().st_ino
    began = time.time()
    requests.post(f"{stack.sandbox}/_sandbox/grow", params={"post_id": post_id, "factor": 1.5}, timeout=10)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if published.stat().st_ino != inode:
            inode = published.stat().st_ino
            if views(published, post_id) > before:
                break
        time.sleep(0.01)
    else:
        raise TimeoutError("no new number within a minute")
    read = time.time()
    landed = max(path.stat().st_mtime for path in (folder / "var" / "landing" / "api").rglob("*.zst"))
    acknowledged = max(path.stat().st_mtime for path in (folder / "var").glob("queue.sqlite*"))
    runs = api(stack, "GET", "dags/follow_events/dagRuns?order_by=-run_after&limit=5")["dag_runs"]
    run = max((one for one in runs if _moment(one["queued_at"]) < read), key=lambda one: one["queued_at"])
    (task,) = api(stack, "GET", f"dags/follow_events/dagRuns/{run['dag_run_id']}/taskInstances")["task_instances"]
    moments = {
        "acknowledged": min(acknowledged, read),
        "run created": _moment(run["queued_at"]),
        "task started": _moment(task["start_date"]),
        "answers landed": landed,
        "published": published.stat().st_ctime,
        "read": read,
    }
    return Sample({name: moment - began for name, moment in moments.items()})


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


def measure(*, uses_postgres: bool) -> None:
    """Print a row per stage for one kind of metadata."""
    with stack_in_a_folder(uses_postgres=uses_postgres) as (stack, folder):
        posts = large_posts(folder)
        sample(stack, folder, posts.pop())  # the first event after a start is slower
        idle(stack)
        found = []
        for post in posts[:EVENTS]:
            found.append(sample(stack, folder, post))
            time.sleep(1.5)
        _show(stack, found)


def _show(stack: Stack, found: list[Sample]) -> None:
    median_limit, p95_limit = LIMITS[stack.metadata]
    print(f"{stack.metadata} metadata, {len(found)} events; seconds after the delivery was sent")
    for stage in STAGES:
        values = sorted(one.seconds[stage] for one in found)
        p95 = values[round(0.95 * (len(values) - 1))]
        limit = f"≤ {median_limit} and ≤ {p95_limit}" if stage == "read" else ""
        print(f"  {stage:<16} median {statistics.median(values):5.2f}  p95 {p95:5.2f}  {limit}")


def main() -> None:
    """Measure with each kind of metadata that there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["postgresql", "sqlite"])
    only = parser.parse_args().only
    if only != "sqlite" and shutil.which("initdb"):
        measure(uses_postgres=True)
    if only != "postgresql":
        measure(uses_postgres=False)


if __name__ == "__main__":
    main()
