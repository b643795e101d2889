"""Killing the receiver and the consumer while a client sends: the harness of the crash test and of `make torture`.

The client's own history is the oracle: it knows what it sent, and which POSTs were answered with 200.
"""

import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import zstandard

from ingest.adapters.queue.deliveries import Delivery
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.settings import PROJECT
from tests.events.notifications import of_page, reaction, signature
from tests.events.running import environment, free_port, started

POST = "104857600000201_122100000000000101"
CONSUMER = """
from ingest.settings import load_settings
from ingest.steps.drain import drain_queue
import time
while True:
    drain_queue(load_settings())
    time.sleep(0.01)
"""
PATCHED = """
import asyncio, sys
from ingest.adapters import webhook_app
from ingest.adapters.queue import sqlite_queue
{change}
from ingest.cli import main
sys.argv = ["campaign-reach", "receive", "--port", sys.argv[1]]
main()
"""
ACKNOWLEDGES_FIRST = """
async def keep(self, delivery):
    asyncio.get_running_loop().call_later(0.3, self._queue.put_many, [delivery])
    return webhook_app.KEPT
webhook_app.Writer.keep = keep
"""
SETTLE_SECONDS, LONGEST_SECONDS = 60, 600


class Client:
    """Sends deliveries, each until it is acknowledged, as Meta does; its history is the oracle."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/webhook"
        self.acknowledged: list[tuple[float, bytes]] = []
        self.ends = threading.Event()
        self._number, self._lock = 0, threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self, *, side_by_side: int) -> None:
        """Begin to send from so many threads."""
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(side_by_side)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send no more."""
        self.ends.set()
        for thread in self._threads:
            thread.join(timeout=15)

    def _work(self) -> None:
        with httpx.Client(timeout=10) as connection:
            while not self.ends.is_set():
                with self._lock:
                    self._number += 1
                    body = of_page(reaction(POST, self._number))
                while not self.ends.is_set() and not self._is_acknowledged(connection, body):
                    time.sleep(0.02)

    def _is_acknowledged(self, connection: httpx.Client, body: bytes) -> bool:
        try:
            answer = connection.post(self.url, content=body, headers={"X-Hub-Signature-256": signature(body)})
        except httpx.TransportError:
            return False
        if answer.status_code == httpx.codes.OK:
            self.acknowledged.append((time.time(), body))
        return answer.status_code == httpx.codes.OK


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of kills came to: each list should be empty."""

    acknowledged: int
    lost: list[str]
    altered: list[str]
    not_landed_once: list[str]
    not_done: list[str]
    receipts_differ: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, altered or landed twice, and the ledgers agree."""
        return not (self.lost or self.altered or self.not_landed_once or self.not_done or self.receipts_differ)


def kill_again_and_again(
    folder: Path,
    kills: int,
    *,
    seed: int,
    side_by_side: int = 4,
    lives: tuple[float, float] = (0.05, 0.5),
    at_least: int = 0,
) -> Outcome:
    """Kill receiver and consumer, half of the kills each, at random moments, while a client sends; what is left.

    The client sends until so many deliveries at least are acknowledged, also after the last kill.
    """
    dice, port = random.Random(seed), free_port()  # noqa: S311 - moments of kills
    client = Client(port)
    taker, receiver = consumer(folder), started(folder, port)
    client.start(side_by_side=side_by_side)
    for _ in range(kills // 2):
        time.sleep(dice.uniform(*lives))
        victims = [receiver.process, taker]
        dice.shuffle(victims)
        for victim in victims:
            end(victim)
            time.sleep(dice.uniform(0, 0.1))
        taker, receiver = consumer(folder), started(folder, port)
    time.sleep(0.5)
    wait_until(lambda: len(client.acknowledged) >= at_least, seconds=LONGEST_SECONDS)
    client.stop()
    receiver.stop()
    _settle(SqliteQueue(folder / "queue.sqlite"))
    end(taker)
    return outcome(folder, [body for _, body in client.acknowledged])


def outcome(folder: Path, acknowledged: list[bytes]) -> Outcome:
    """What the files hold, beside the client's history."""
    queue = SqliteQueue(folder / "queue.sqlite")
    deliveries, receipts = queue.ledgers()
    states = {sha256: state for sha256, state, _, _ in deliveries}
    sent = {Delivery(body, None).sha256: body for body in acknowledged}  # type: ignore[arg-type]
    times = landed(folder)
    return Outcome(
        acknowledged=len(acknowledged),
        lost=[sha256 for sha256 in sent if sha256 not in states],
        altered=[sha256 for sha256, body in sent.items() if sha256 in states and queue.body(sha256) != body],
        not_landed_once=[sha256 for sha256 in states if times[sha256] != 1],
        not_done=[sha256 for sha256, state in states.items() if state != "done"],
        receipts_differ=len(receipts) - len(deliveries) - sum(repeats for _, _, _, repeats in deliveries),
    )


def _settle(queue: SqliteQueue) -> None:
    """Wait until everything is done; the leases of those that were killed end at once."""
    until = time.monotonic() + SETTLE_SECONDS
    while queue.facts().waiting + queue.facts().leased and time.monotonic() < until:
        with sqlite3.connect(queue.path) as file:
            file.execute("update deliveries set leased_until = '2000-01-01' where state = 'leased'")
        time.sleep(0.5)


def consumer(folder: Path) -> "subprocess.Popen[bytes]":
    """A process that drains for ever."""
    places = environment(folder, LANDING_URI=str(folder / "landing"), CAMPAIGNS_DIR=str(PROJECT / "campaigns"))
    return subprocess.Popen(
        [sys.executable, "-c", CONSUMER], env=places, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def patched_receiver(
    folder: Path, port: int, change: str, *, before: tuple[str, ...] = ()
) -> "subprocess.Popen[bytes]":
    """A receiver that breaks a promise, for controls; it is answering when this returns."""
    SqliteQueue(folder / "queue.sqlite").create()
    command = [*before, sys.executable, "-c", PATCHED.format(change=change), str(port)]
    process = subprocess.Popen(
        command, env=environment(folder), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until(lambda: _answers(port), seconds=60)
    return process


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process, and wait until it and its pipes are gone."""
    process.kill()
    process.communicate()


def wait_until(holds: Callable[[], bool], *, seconds: float) -> None:
    """Wait; an error when the time is over."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.02)


def landed(folder: Path) -> Counter[str]:
    """How often each delivery stands in landing, by SHA-256."""
    found: Counter[str] = Counter()
    for path in (folder / "landing").rglob("*.zst"):
        for line in zstandard.ZstdDecompressor().decompress(path.read_bytes()).splitlines():
            found[json.loads(line)["request"]["params"]["delivery_sha256"]] += 1
    return found


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
