"""Kill the receiver and the consumer again and again: what was acknowledged is there, unaltered, and landed once.

The history is the client's own: it knows what it sent and which POSTs were answered with 200. A control that
acknowledges before it writes must lose something, or the harness proves nothing.
"""

import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from ingest.adapters.queue.deliveries import Delivery
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.settings import PROJECT
from tests.events.notifications import of_page, reaction, signature
from tests.events.running import environment, free_port, started

POST = "104857600000201_122100000000000101"
KILLS = 15
CONSUMER = """
from ingest.settings import load_settings
from ingest.steps.drain import drain_queue
import time
while True:
    drain_queue(load_settings())
    time.sleep(0.01)
"""
LOSSY = """
import asyncio, sys
from ingest.adapters import webhook_app
async def keep(self, delivery):
    asyncio.get_running_loop().call_later(0.3, self._queue.put_many, [delivery])
    return True
webhook_app.Writer.keep = keep
from ingest.cli import main
sys.argv = ["campaign-reach", "receive", "--port", sys.argv[1]]
main()
"""


class Client:
    """Sends deliveries, each until it is acknowledged, as Meta does; its history is the oracle."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/webhook"
        self.acknowledged: list[bytes] = []
        self.ends = threading.Event()
        self._number, self._lock = 0, threading.Lock()

    def work(self, *, tries: int) -> None:
        """Send until the end."""
        while not self.ends.is_set():
            with self._lock:
                self._number += 1
                body = of_page(reaction(POST, self._number))
            for _ in range(tries):
                if self.ends.is_set():
                    return
                try:
                    answer = httpx.post(self.url, content=body, headers={"X-Hub-Signature-256": signature(body)})
                except httpx.TransportError:
                    time.sleep(0.02)
                    continue
                if answer.status_code == httpx.codes.OK:
                    self.acknowledged.append(body)
                    break


def lossy_receiver(folder: Path, port: int) -> subprocess.Popen[bytes]:
    SqliteQueue(folder / "queue.sqlite").create()
    command = [sys.executable, "-c", LOSSY, str(port)]
    return subprocess.Popen(
        command, env=environment(folder), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def consumer(folder: Path) -> subprocess.Popen[bytes]:
    places = environment(folder, LANDING_URI=str(folder / "landing"), CAMPAIGNS_DIR=str(PROJECT / "campaigns"))
    return subprocess.Popen(
        [sys.executable, "-c", CONSUMER], env=places, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def landed(folder: Path) -> Counter[str]:
    """How often each delivery stands in landing, by SHA-256."""
    import json

    import zstandard

    found: Counter[str] = Counter()
    for path in (folder / "landing").rglob("*.zst"):
        for line in zstandard.ZstdDecompressor().decompress(path.read_bytes()).splitlines():
            found[json.loads(line)["request"]["params"]["delivery_sha256"]] += 1
    return found


def test_no_acknowledged_delivery_is_lost_altered_or_landed_twice(tmp_path: Path) -> None:
    dice = random.Random(5)  # noqa: S311 - moments of kills
    port = free_port()
    client = Client(port)
    threads = [threading.Thread(target=client.work, kwargs={"tries": 10_000}, daemon=True) for _ in range(4)]
    receiver, taker = started(tmp_path, port), consumer(tmp_path)
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.05, 0.5))
        receiver.kill()
        taker.kill()
        taker.wait()
        receiver, taker = started(tmp_path, port), consumer(tmp_path)
    time.sleep(0.5)
    client.ends.set()
    for thread in threads:
        thread.join(timeout=10)
    receiver.stop()
    queue = SqliteQueue(tmp_path / "queue.sqlite")
    until = time.monotonic() + 60
    while queue.facts().waiting + queue.facts().leased and time.monotonic() < until:
        with sqlite3.connect(queue.path) as file:  # the leases of those that were killed have ended
            file.execute("update deliveries set leased_until = '2000-01-01' where state = 'leased'")
        time.sleep(0.5)
    taker.kill()
    taker.wait()
    deliveries, receipts = queue.ledgers()
    known = {sha256 for sha256, _, _, _ in deliveries}
    sent = {Delivery(body, None).sha256: body for body in client.acknowledged}  # type: ignore[arg-type]
    assert len(client.acknowledged) > 100
    assert set(sent) <= known
    assert all(queue.body(sha256) == body for sha256, body in sent.items())
    assert {state for _, state, _, _ in deliveries} == {"done"}
    assert len(receipts) == len(deliveries) + sum(repeats for _, _, _, repeats in deliveries)
    assert set(landed(tmp_path)) == known


def test_a_receiver_that_acknowledges_first_loses_some(tmp_path: Path) -> None:
    port = free_port()
    client = Client(port)
    process = lossy_receiver(tmp_path, port)
    thread = threading.Thread(target=client.work, kwargs={"tries": 10_000}, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while len(client.acknowledged) < 30 and time.monotonic() < until:
        time.sleep(0.02)
    process.kill()
    process.wait()
    client.ends.set()
    thread.join(timeout=10)
    kept = {sha256 for sha256, _, _, _ in SqliteQueue(tmp_path / "queue.sqlite").ledgers()[0]}
    lost = [body for body in client.acknowledged if Delivery(body, None).sha256 not in kept]  # type: ignore[arg-type]
    assert lost


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
