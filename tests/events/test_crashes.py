"""Kill the receiver and the consumer again and again: what was acknowledged is there, unaltered, and landed once.

The control acknowledges before it writes, and must lose something, or the harness proves nothing.
`make torture` kills more often, kills Airflow too, and cuts the power.
"""

from pathlib import Path

import pytest

from ingest.adapters.queue.deliveries import Delivery
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from tests.events.crashing import (
    ACKNOWLEDGES_FIRST,
    POST,
    Client,
    end,
    kill_again_and_again,
    landed,
    outcome,
    patched_receiver,
    wait_until,
)
from tests.events.notifications import of_page, reaction
from tests.events.running import free_port

KILLS = 30


def test_no_acknowledged_delivery_is_lost_altered_or_landed_twice(tmp_path: Path) -> None:
    found = kill_again_and_again(tmp_path, KILLS, seed=5)
    assert found.acknowledged > 100
    assert found.is_clean, found


def test_a_receiver_that_acknowledges_first_loses_some(tmp_path: Path) -> None:
    port = free_port()
    client = Client(port)
    process = patched_receiver(tmp_path, port, ACKNOWLEDGES_FIRST)
    client.start(side_by_side=1)
    wait_until(lambda: len(client.acknowledged) >= 30, seconds=30)
    end(process)
    client.stop()
    assert outcome(tmp_path, [body for _, body in client.acknowledged]).lost


@pytest.mark.parametrize("rings", [0, 1, 10])
def test_any_number_of_rings_gives_the_same(tmp_path: Path, rings: int) -> None:
    """Without a doorbell the sweep follows; with ten there is nothing left to do for nine."""
    from ingest.adapters.queue.open_queue import open_events
    from ingest.steps.drain import drain_queue
    from tests.conftest import settings_in

    settings = settings_in(tmp_path)
    queue = SqliteQueue(tmp_path / "queue.sqlite")
    queue.create()
    for number in range(20):
        queue.put_many([Delivery(of_page(reaction(POST, number)), settings.clock())])
        for _ in range(rings):
            drain_queue(settings)
    drain_queue(settings)  # the sweep
    assert open_events(settings).counts() == {"waiting": 20}
    assert sum(landed(tmp_path).values()) == 20
