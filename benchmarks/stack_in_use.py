"""A running stack for measuring: started in a folder of its own, and asked through Airflow's API."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import requests

from ingest.settings import load_settings
from ingest.stack import Stack, running_stack


@contextmanager
def stack_in_a_folder(*, uses_postgres: bool, latency_ms: int = 50) -> Iterator[tuple[Stack, Path]]:
    """A stack whose places lie in a folder that is gone afterwards, after its first publication; and the folder."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it ends all of it
    here, folder = Path.cwd(), Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    os.chdir(folder)
    try:
        with running_stack(
            load_settings(),
            home=folder / "airflow",
            say=lambda _: None,
            uses_postgres=uses_postgres,
            latency_ms=latency_ms,
        ) as stack:
            trigger(stack, "publish_marts")
            published = published_in(folder)
            wait(lambda: published.exists() and views(published) > 0, 240)
            idle(stack)
            yield stack, folder
    finally:
        os.chdir(here)
        shutil.rmtree(folder, ignore_errors=True)


def published_in(folder: Path) -> Path:
    """The file that readers open."""
    return folder / "var" / "published" / "campaign_reach.duckdb"


def large_posts(folder: Path) -> list[str]:
    """Posts of Facebook with enough views to see them grow."""
    with duckdb.connect(str(published_in(folder)), read_only=True) as connection:
        query = """
            select post_id from marts.fct_post_performance inner join marts.dim_posts using (post_id)
            where platform = 'facebook' and views > 1000 order by 1
        """
        return [post for (post,) in connection.execute(query).fetchall()]


def api(stack: Stack, method: str, path: str, **asked: Any) -> Any:
    """What Airflow answers."""
    answer = requests.request(
        method,
        f"{stack.airflow}/api/v2/{path}",
        headers={"Authorization": f"Bearer {stack.token()}"},
        timeout=20,
        **asked,
    )
    answer.raise_for_status()
    return answer.json()


def trigger(stack: Stack, dag: str) -> None:
    """Run a DAG once Airflow has parsed it."""
    wait(lambda: dag in {one["dag_id"] for one in api(stack, "GET", "dags")["dags"]}, 60)
    api(stack, "POST", f"dags/{dag}/dagRuns", json={"logical_date": None})


def idle(stack: Stack) -> None:
    """Wait until nothing runs."""
    wait(lambda: not api(stack, "GET", "dags/~/dagRuns?state=running&state=queued")["dag_runs"], 240)


def wait(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until it holds; an error when the time is over."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("the stack did not come so far")
        time.sleep(0.25)


def views(path: Path, post_id: str | None = None) -> int:
    """The views of a post, or of all, in the published file."""
    with duckdb.connect(str(path), read_only=True) as connection:
        chosen = "where post_id = ?" if post_id else ""
        query = f"select coalesce(sum(views), 0) from marts.fct_post_performance {chosen}"  # noqa: S608
        return int(connection.execute(query, [post_id] if post_id else []).fetchall()[0][0])
