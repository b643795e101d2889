"""`campaign-reach events`, as an operator meets it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters.queue.deliveries import LEASE, Delivery
from ingest.adapters.queue.open_queue import open_events
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.cli.console import out
from ingest.cli.following import events
from ingest.settings import load_settings
from ingest.steps.drain import drain_queue
from tests.events.notifications import of_page, page_feed, reaction
from tests.events.running import environment

POST = "104857600000201_122100000000000101"
NOW = datetime(2024, 2, 18, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(tmp_path, LANDING_URI=str(tmp_path / "landing")).items():
        if name.startswith("CAMPAIGN_REACH_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(out, "width", 200)
    queue = SqliteQueue(tmp_path / "queue.sqlite")
    queue.create()
    body = of_page(page_feed(POST), reaction(POST, 1), page_feed("999_1", page="999"))
    queue.put_many([Delivery(body, NOW), Delivery(body, NOW)])
    drain_queue(load_settings())


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*ids: str, **options: Any) -> str:
        own: dict[str, Any] = {"show": None, "state": None, "redrive": False, "quarantine": False, "most": 20}
        capsys.readouterr()
        events(**(own | options), ids=list(ids) or None)
        return capsys.readouterr().out

    return run


def counts() -> dict[str, int]:
    return open_events(load_settings()).counts()


def id_of(state: str) -> str:
    return open_events(load_settings()).listed(state=state)[0].event_id


def test_it_lists_events_and_counts_deliveries(said: Callable[..., str]) -> None:
    text = said()
    assert "events: 1 quarantined, 2 waiting" in text
    assert "0 waiting, 0 leased, 1 done, 0 dead, 1 repeats" in text
    assert "no campaign names this account" in text
    assert POST not in said(state="quarantined")


def test_it_shows_one_with_the_delivery_that_brought_it(said: Callable[..., str]) -> None:
    text = said(show=id_of("waiting")[:12])
    assert POST in text
    assert "delivery         done" in text
    assert "came 1 times again" in text
    assert "bytes kept" in text
    assert "No event has an id" in said(show="zz")


def test_it_takes_events_out_of_the_way_and_lets_named_ones_wait_again(said: Callable[..., str]) -> None:
    chosen = id_of("waiting")
    assert "1 events are in quarantine" in said(chosen[:12], quarantine=True)
    assert counts() == {"quarantined": 2, "waiting": 1}
    assert "0 events and 0 deliveries" in said(redrive=True)
    assert "1 events" in said(chosen[:12], redrive=True)
    assert counts() == {"quarantined": 1, "waiting": 2}


def test_it_lets_what_is_dead_wait_again(said: Callable[..., str], tmp_path: Path) -> None:
    store, queue = open_events(load_settings()), SqliteQueue(tmp_path / "queue.sqlite")
    queue.put_many([Delivery(of_page(reaction(POST, 7)), NOW)])
    for lease in range(6):
        queue.claim(at=NOW + lease * LEASE, most=1)
    for _ in range(5):
        store.put_off(store.due(at=NOW), until=NOW, reason="the token ended")
    assert counts() == {"dead": 2, "quarantined": 1}
    assert "2 events and 1 deliveries wait again" in said(redrive=True)
    assert (counts(), queue.facts().dead) == ({"quarantined": 1, "waiting": 2}, 0)
