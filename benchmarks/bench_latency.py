"""From a signed delivery to a new number in the published DuckDB file, on the running stack; the sandbox takes 50 ms.

Prints the median and the 95th percentile of each stage, for PostgreSQL metadata where `initdb` is found, and SQLite.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import requests

from ingest.settings import Settings, load_settings
from ingest.stack import Stack, running_stack

EVENTS = 24
LIMITS = {"PostgreSQL": (2.5, 4.0), "SQLite": (4.0, 6.0)}
STAGES = ("acknowledged", "run created", "task started", "answers landed", "published", "read")


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds after the delivery was sent, by stage."""

    seconds: dict[str, float]


@contextmanager
def stack_in(folder: Path, *, uses_postgres: bool) -> Iterator[tuple[Stack, Settings]]:
    """A stack whose places lie in a folder, after its first publication."""
    os.chdir(folder)
    settings = load_settings()
    with running_stack(
        settings, home=folder / "airflow", say=lambda _: None, uses_postgres=uses_postgres, latency_ms=50
    ) as stack:
        _trigger(stack, "refresh_accounts")
        published = folder / "var" / "published" / "campaign_reach.duckdb"
        _wait(lambda: published.exists() and _views(published, None) > 0, 240)
        _idle(stack)
        yield stack, settings


def _api(stack: Stack, method: str, path: str, **asked: Any) -> Any:
    answer = requests.request(
        method,
        f"{stack.airflow}/api/v2/{path}",
        headers={"Authorization": f"Bearer {stack.token()}"},
        timeout=20,
        **asked,
    )
    answer.raise_for_status()
    return answer.json()


def _trigger(stack: Stack, dag: str) -> None:
    """Run a DAG once Airflow has parsed it."""
    _wait(lambda: dag in {one["dag_id"] for one in _api(stack, "GET", "dags")["dags"]}, 60)
    _api(stack, "POST", f"dags/{dag}/dagRuns", json={"logical_date": None})


def _idle(stack: Stack) -> None:
    """Wait until nothing runs."""
    _wait(lambda: not _api(stack, "GET", "dags/~/dagRuns?state=running&state=queued")["dag_runs"], 240)


def _wait(holds: Any, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("the stack did not come so far")
        time.sleep(0.25)


def _views(path: Path, post_id: str | None) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        chosen = "where post_id = ?" if post_id else ""
        query = f"select coalesce(sum(views), 0) from marts.fct_post_performance {chosen}"  # noqa: S608
        return int(connection.execute(query, [post_id] if post_id else []).fetchall()[0][0])


def sample(stack: Stack, folder: Path, post_id: str) -> Sample:
    """Let a post grow, and watch its new number come."""
    published = folder / "var" / "published" / "campaign_reach.duckdb"
    before, inode = _views(published, post_id), published.stat().st_ino
    began = time.time()
    requests.post(f"{stack.sandbox}/_sandbox/grow", params={"post_id": post_id, "factor": 1.5}, timeout=10)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if published.stat().st_ino != inode:
            inode = published.stat().st_ino
            if _views(published, post_id) > before:
                break
        time.sleep(0.01)
    else:
        raise TimeoutError("no new number within a minute")
    read = time.time()
    landed = max(path.stat().st_mtime for path in (folder / "var" / "landing" / "api").rglob("*.zst"))
    acknowledged = max(path.stat().st_mtime for path in (folder / "var").glob("queue.sqlite*"))
    runs = _api(stack, "GET", "dags/follow_events/dagRuns?order_by=-run_after&limit=5")["dag_runs"]
    run = max((one for one in runs if _moment(one["queued_at"]) < read), key=lambda one: one["queued_at"])
    (task,) = _api(stack, "GET", f"dags/follow_events/dagRuns/{run['dag_run_id']}/taskInstances")["task_instances"]
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
    here, folder = Path.cwd(), Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        with stack_in(folder, uses_postgres=uses_postgres) as (stack, _):
            posts = _posts(folder)
            sample(stack, folder, posts.pop())  # the first event after a start is slower
            _idle(stack)
            found = []
            for post in posts[:EVENTS]:
                found.append(sample(stack, folder, post))
                time.sleep(1.5)
            _show(stack, found)
    finally:
        os.chdir(here)
        shutil.rmtree(folder, ignore_errors=True)


def _posts(folder: Path) -> list[str]:
    with duckdb.connect(str(folder / "var" / "published" / "campaign_reach.duckdb"), read_only=True) as connection:
        query = """
            select post_id from marts.fct_post_performance inner join marts.dim_posts using (post_id)
            where platform = 'facebook' and views > 1000 order by 1
        """
        return [post for (post,) in connection.execute(query).fetchall()]


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
