"""One row deleted on either side of each sum, in the very files, stops the publication; and an upgrade does not."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.queue.deliveries import Delivery, DeliveryQueue
from ingest.adapters.queue.open_queue import queue_path
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.adapters.registry import read_registry
from ingest.domain.errors import GateStopped
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.sandbox.webhooks import deliveries_of, hint_entry, post_entry
from ingest.settings import PROJECT, Settings
from ingest.steps.check_landed import check_landed
from ingest.steps.follow import follow_events
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.publish import publish_changes
from tests.living_world import NOW, PAGE, reading


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: NOW) as running:
        yield running


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Path:
    """A folder in which deliveries came, some twice, were followed, and what they asked for is loaded and holds."""
    folder = tmp_path_factory.mktemp("followed")
    settings = reading(folder, sandbox)
    queue = SqliteQueue(queue_path(settings))
    queue.create()
    follow_some(settings, queue, sandbox, posts=8)
    return folder


def follow_some(settings: Settings, queue: DeliveryQueue, sandbox: Sandbox, *, posts: int) -> None:
    """Let deliveries about posts come, one of them twice, and junk; follow them, load what they asked for, judge it."""
    about = sandbox.world.posts_of(PAGE, NOW)[:posts]
    entries = [("page", post_entry(post)) for post in about]
    entries += [("page", hint_entry(post, number, at=NOW)) for number, post in enumerate(about)]
    bodies = deliveries_of(entries, per_post=3)
    queue.put_many([Delivery(body, NOW) for body in bodies[:1]])
    follow_events(settings)
    queue.put_many([Delivery(body, NOW) for body in (*bodies, b"signed junk")])
    follow_events(settings)
    land_registry(settings)
    load_landed(settings)
    check_landed(settings)


@pytest.fixture
def settings(followed: Path, tmp_path: Path, sandbox: Sandbox) -> Settings:
    """The same, in a folder of the test's own."""
    shutil.copytree(followed, tmp_path / "copy")
    return reading(tmp_path / "copy", sandbox)


def stops(settings: Settings) -> set[str]:
    """The rules that stop the next publication before anything is built."""
    with pytest.raises(GateStopped) as stopped:
        publish_changes(settings)
    assert not Path(settings.published_uri).exists()
    return {word for line in str(stopped.value).splitlines() for word in line.replace(":", " ").split() if "_" in word}


def change(path: Path, statement: str) -> None:
    """Change an SQLite file, as a fault or a hand would."""
    with sqlite3.connect(path) as file:
        assert file.execute(statement).rowcount > 0, statement


@pytest.mark.parametrize(
    ("file", "statement", "rule"),
    [
        ("queue.sqlite", "delete from receipts where receipt = 2", "acknowledged_deliveries_are_kept"),
        ("queue.sqlite", "delete from deliveries where seq = 2", "acknowledged_deliveries_are_kept"),
        ("queue.sqlite", "update deliveries set repeats = 0 where repeats = 1", "acknowledged_deliveries_are_kept"),
        ("events.sqlite", "delete from drained where rowid = 1", "done_deliveries_became_events"),
        ("events.sqlite", "update drained set changes = changes + 1 where rowid = 1", "changes_add_up"),
        (
            "events.sqlite",
            "delete from events where state = 'done' and verb = 'hint'",
            "events_are_kept",
        ),
        ("events.sqlite", "delete from events where state = 'quarantined'", "events_are_kept"),
        ("state.sqlite", "delete from answers where rowid = 1", "landed_answers_were_read"),
        ("state.sqlite", "update answers set answers = answers + 1 where rowid = 1", "answers_landed"),
    ],
)
def test_a_row_that_is_gone_from_a_file_stops_the_publication(
    settings: Settings, tmp_path: Path, file: str, statement: str, rule: str
) -> None:
    change(tmp_path / "copy" / file, statement)
    assert rule in stops(settings)


@pytest.mark.parametrize("table", ["posts", "registry"])
def test_an_object_that_is_gone_from_raw_stops_the_publication(settings: Settings, table: str) -> None:
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        gone = f"delete from raw.{table} where rowid = (select min(rowid) from raw.{table})"
        assert connection.execute(gone).fetchall() == [(1,)]
    assert "objects_are_in_raw" in stops(settings)


def test_a_landed_file_that_is_gone_before_it_is_loaded_stops_the_publication(
    settings: Settings, sandbox: Sandbox
) -> None:
    post = sandbox.world.posts_of(PAGE, NOW)[9]
    body = deliveries_of([("page", post_entry(post))])[0]
    SqliteQueue(queue_path(settings)).put_many([Delivery(body, NOW)])
    (key,) = (key for key in follow_events(settings).keys if key.startswith("api/"))
    (Path(settings.landing_uri) / key).unlink()
    assert "answers_landed" in stops(settings)


def test_a_warehouse_of_an_older_release_is_brought_up_by_the_next_load(settings: Settings) -> None:
    """It counted no objects, knew no answers, and its ledgers had other columns."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("""
            drop table raw.loaded_objects;
            drop table raw.answers;
            drop table raw.refused_answers;
            alter table raw.receipts drop column row_id;
            alter table raw.deliveries drop column row_id;
            alter table raw.drained drop column row_id;
            alter table raw.events drop column row_id;
            alter table raw.events add column state varchar;
            alter table raw.posts drop column content_type;
            drop table raw.imports;
        """)
        rows = connection.execute("select count(*) from raw.snapshots").fetchone()
    load_landed(settings)
    check_landed(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.snapshots").fetchone() == rows
        assert connection.execute("select count(*) from raw.loaded_objects").fetchone() != (0,)
