"""A backup is made while everything runs, and put back by the very commands of the how-to."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.queue.deliveries import Delivery
from ingest.adapters.queue.open_queue import open_events, queue_path
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.adapters.registry import read_registry
from ingest.domain.errors import StorageFailed
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.sandbox.webhooks import deliveries_of, post_entry
from ingest.settings import PROJECT, Settings
from ingest.steps.backup import back_up
from ingest.steps.follow import follow_events
from ingest.steps.land_registry import land_registry
from tests.living_world import NOW, PAGE, reading

HOW_TO = (PROJECT / "docs" / "how-to" / "run-on-your-airflow.md").read_text(encoding="utf-8")
BACKUP, RESTORE = re.findall(r"```sh\n(campaign-reach backup .*?|mkdir .*?)```", HOW_TO, re.DOTALL)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: NOW) as running:
        yield running


def followed(settings: Settings, sandbox: Sandbox, numbers: slice) -> None:
    """Posts go up, their deliveries come and are followed."""
    queue = SqliteQueue(queue_path(settings))
    queue.create()
    entries = [("page", post_entry(post)) for post in sandbox.world.posts_of(PAGE, NOW)[numbers]]
    queue.put_many([Delivery(body, NOW) for body in deliveries_of(entries, per_post=2)])
    land_registry(settings)
    follow_events(settings)


def run(commands: str, folder: Path, backup: Path) -> str:
    """What commands of the how-to print, in a folder with a `var/`; only the place of the backup is another."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("CAMPAIGN_REACH_")}
    mine |= {"PATH": f"{Path(sys.executable).parent}:{mine['PATH']}", "CAMPAIGN_REACH_NOW": NOW.isoformat()}
    script = "set -eu\n" + commands.replace("/backup/campaign-reach", str(backup))
    ran = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=mine, capture_output=True, text=True, check=False, timeout=280
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.timeout(600)  # one whole build
def test_what_was_lost_comes_back_by_the_commands_of_the_how_to(tmp_path: Path, sandbox: Sandbox) -> None:
    lost, found, backup = tmp_path / "lost", tmp_path / "found", tmp_path / "backup"
    found.mkdir()
    settings = reading(lost / "var", sandbox)
    followed(settings, sandbox, slice(0, 4))
    run(BACKUP, lost, backup)
    followed(settings, sandbox, slice(4, 8))
    assert re.search(r"landing +[1-9]\d* new", run(BACKUP, lost, backup))
    shutil.rmtree(lost)
    assert "is as it was written" in run(RESTORE, found, backup)
    again = reading(found / "var", sandbox)
    assert open_events(again).counts() == {"done": 8}
    assert follow_events(again).keys == ()
    with duckdb.connect(str(found / "var" / "published" / "campaign_reach.duckdb"), read_only=True) as connection:
        views = dict(connection.execute("select post_id, views from marts.fct_post_performance").fetchall())
    posts = sandbox.world.posts_of(PAGE, NOW)[:8]
    assert {post.post_id: views[post.post_id] for post in posts} == {
        post.post_id: sandbox.world.value(post, "views", NOW) for post in posts
    }


def test_a_backup_is_of_one_moment_while_somebody_writes_and_is_its_owners_only(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    settings = reading(tmp_path, sandbox)
    followed(settings, sandbox, slice(0, 2))
    with sqlite3.connect(queue_path(settings)) as writer:
        writer.execute("insert into receipts (sha256, received_at) values ('not committed', 'yet')")
        copied = back_up(settings, tmp_path / "backup")
    assert [(one.what, one.files) for one in copied][:3] == [
        ("queue.sqlite", 1),
        ("events.sqlite", 1),
        ("state.sqlite", 1),
    ]
    assert (
        SqliteQueue(tmp_path / "backup" / "queue.sqlite").ledgers()[1]
        == SqliteQueue(queue_path(settings)).ledgers()[1][:-1]
    )
    for name in ("queue.sqlite", "events.sqlite", "state.sqlite"):
        assert (tmp_path / "backup" / name).stat().st_mode & 0o777 == 0o600
    again = {one.what: one.new for one in back_up(settings, tmp_path / "backup")}
    assert again["landing"] == 0


def test_a_backup_that_cannot_be_written_says_so(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = reading(tmp_path, sandbox)
    followed(settings, sandbox, slice(0, 1))
    (tmp_path / "backup").write_text("in the way", encoding="utf-8")
    with pytest.raises(StorageFailed, match="could not be written"):
        back_up(settings, tmp_path / "backup")
