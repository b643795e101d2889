"""`make up` as people use it: a post goes up, the marts follow, Airflow backfills, Ctrl-C leaves nothing behind.

PostgreSQL holds the metadata where `initdb` is found, else SQLite; nothing else is needed.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import duckdb
import pytest
import requests

from tests.events.crashing import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
COMMAND = str(Path(sys.executable).parent / "campaign-reach")
DAGS = {"follow_events", "publish_marts", "reconcile_campaigns", "refresh_accounts", "watch_health"}


class Up:
    """A stack that somebody started in a folder, and what it printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = started(folder, "up")
        self.said = read_until(self.process.stdout, "Ctrl-C stops it all.")
        self.airflow = found(r"^Airflow +(http://\S+),", self.said)
        self.password = found(r"user admin, password (\S+)", self.said)

    def api(self, path: str, **body: Any) -> Any:
        """What Airflow answers to who logs in as the stack said."""
        asked = {"username": "admin", "password": self.password}
        token = requests.post(f"{self.airflow}/auth/token", json=asked, timeout=30).json()["access_token"]
        answer = requests.request(
            "POST" if body else "GET",
            f"{self.airflow}/api/v2/{path}",
            json=body or None,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json()

    def sessions(self) -> set[int]:
        """The sessions of what it started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="utf-8")
        return {os.getsid(int(child)) for child in children.split()}

    def stop(self) -> int:
        """Press Ctrl-C; its exit status."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=90)
        return self.process.returncode


def started(folder: Path, *words: str, **more: str) -> subprocess.Popen[str]:
    variables = os.environ | {"PYTHONUNBUFFERED": "1", "COLUMNS": "80"} | more
    return subprocess.Popen([COMMAND, *words], cwd=folder, env=variables, stdout=subprocess.PIPE, text=True)


def read_until(lines: IO[str] | None, last: str) -> str:
    """What a program says, up to a line that holds this."""
    assert lines
    said = ""
    for line in lines:
        said += line
        if last in line:
            return said
    raise AssertionError(said)


def found(pattern: str, said: str) -> str:
    match = re.search(pattern, said, re.M)
    assert match, said
    return match[1]


def living(sessions: set[int]) -> list[str]:
    """The command lines of processes of these sessions."""
    lines = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(path.name)) in sessions and (line := (path / "cmdline").read_bytes()):
                lines.append(line.replace(b"\0", b" ").decode())
        except (ProcessLookupError, FileNotFoundError):
            continue
    return lines


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # PostgreSQL runs as a user of its own; pytest's folders are its user's only
        one = Up(Path(name))
        yield one
        if one.process.poll() is None:
            one.stop()


def test_it_prints_how_to_log_in_and_every_dag_is_there_and_runs(up: Up) -> None:
    dags = {one["dag_id"]: one["is_paused"] for one in up.api("dags")["dags"]}
    assert dags == dict.fromkeys(DAGS, False)
    assert up.api("importErrors")["total_entries"] == 0
    assert max(map(len, up.said.splitlines())) <= 120


def test_it_reads_and_publishes_by_itself_and_no_run_fails(up: Up) -> None:
    published = up.folder / "var" / "published" / "campaign_reach.duckdb"
    wait_until(published.exists, seconds=180)
    with duckdb.connect(str(published), read_only=True) as connection:
        (posts,) = connection.execute("select count(*) from marts.dim_posts").fetchone() or (0,)
    assert posts > 100
    assert up.api("dags/~/dagRuns?state=failed")["dag_runs"] == []
    wait_until(lambda: not (time.sleep(1) or up.api("dags/~/dagRuns?state=running")["dag_runs"]), seconds=180)
    with duckdb.connect(str(up.folder / "var" / "warehouse.duckdb"), read_only=True) as connection:
        (files,) = connection.execute("select count(*) from raw.load_log").fetchone() or (0,)
    assert files > 10


def test_a_post_goes_up_and_who_watches_the_status_sees_the_marts_change(up: Up) -> None:
    watching = started(up.folder, "status", "--watch", "--no-tokens")
    try:
        read_until(watching.stdout, "Watching")
        happen = found(r"campaign-reach (happen --post-up \S+)", up.said).split()
        url = found(r"CAMPAIGN_REACH_GRAPH_URL=(\S+)", up.said)
        happening = started(up.folder, *happen, CAMPAIGN_REACH_GRAPH_URL=url)
        assert "id" in happening.communicate(timeout=60)[0]
        assert re.search(r"all posts: posts ([\d,]+) → [\d,]+ \(\+1\)", read_until(watching.stdout, "all posts:"))
    finally:
        watching.kill()
        watching.communicate()


def test_airflow_backfills_reconcile_campaigns(up: Up) -> None:
    day = {"from_date": "2026-11-01T00:00:00Z", "to_date": "2026-11-01T23:59:00Z"}
    up.api("backfills", dag_id="reconcile_campaigns", max_active_runs=1, **day)

    def ran() -> bool:
        time.sleep(1)
        runs = up.api("dags/reconcile_campaigns/dagRuns?run_type=backfill")["dag_runs"]
        assert not [one for one in runs if one["state"] == "failed"]
        return [one["state"] for one in runs] == ["success"]

    wait_until(ran, seconds=400)


def test_ctrl_c_stops_everything_and_it_starts_again(up: Up) -> None:
    sessions = up.sessions()
    assert len(sessions) >= 6
    assert len(living(sessions)) >= 6
    assert up.stop() == 0
    assert living(sessions) == []
    again = Up(up.folder)  # reads nothing first: everything was read
    assert "first reading" in up.said
    assert "first reading" not in again.said
    sessions = again.sessions()
    assert {one["dag_id"] for one in again.api("dags")["dags"]} == DAGS
    assert again.stop() == 0
    assert living(sessions) == []
