"""The sandbox's webhooks, on the wire: signed, in batches, and as badly delivered as Meta may deliver them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ingest.adapters.registry import read_registry
from ingest.domain.events import changes_of, is_signed
from ingest.sandbox.outbox import Outbox
from ingest.sandbox.staging import WorldPost
from ingest.sandbox.webhooks import Sender, hint_entry
from ingest.sandbox.world import build_world
from ingest.settings import PROJECT
from tests.events.notifications import PAGE, SECRET
from tests.loopback import serving

NOW = datetime(2024, 2, 18, 12, tzinfo=UTC)


class Callback(ThreadingHTTPServer):
    """Somebody else's receiver: refuses as often as it is told, and remembers what came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.refuses = 0
        self.came: list[tuple[int, bytes, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/webhook"

    def bodies(self, status: int = 200) -> list[bytes]:
        return [body for answered, body, _ in self.came if answered == status]


class Answers(BaseHTTPRequestHandler):
    server: Callback

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 503 if self.server.refuses > 0 else 200
        self.server.refuses -= 1
        self.server.came.append((status, body, self.headers["X-Hub-Signature-256"]))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def callback() -> Iterator[Callback]:
    server = Callback()
    with serving(server):
        yield server


@pytest.fixture(scope="module")
def post() -> WorldPost:
    return build_world(read_registry(PROJECT / "campaigns")).posts_of(PAGE, NOW)[0]


def wait_for(callback: Callback, count: int) -> None:
    until = time.monotonic() + 20
    while len(callback.bodies()) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_what_happens_together_comes_in_one_signed_delivery_with_escapes(callback: Callback, post: WorldPost) -> None:
    outbox = Outbox(Sender(callback.url, SECRET))
    for number in range(5):
        outbox.add("page", hint_entry(post, number, at=NOW))
    wait_for(callback, 1)
    ((_, body, header),) = callback.came
    assert is_signed(body, header.encode(), [SECRET])
    assert body.isascii()
    assert b"\\u0425" in body
    assert len(changes_of(body)) == 5


def test_a_delivery_that_is_refused_comes_again(callback: Callback, post: WorldPost) -> None:
    callback.refuses = 3
    sender = Sender(callback.url, SECRET, speed=1000)
    Outbox(sender).add("page", hint_entry(post, 1, at=NOW))
    wait_for(callback, 1)
    assert len(set(callback.bodies(503))) == 1
    until = time.monotonic() + 20
    while len(sender.answers) < 4 and time.monotonic() < until:  # the sender notes an answer after it was given
        time.sleep(0.01)
    assert sender.answers == [503, 503, 503, 200]


def test_a_mess_brings_every_change_but_twice_and_out_of_order(callback: Callback, post: WorldPost) -> None:
    outbox = Outbox(Sender(callback.url, SECRET, speed=20), mess=7)
    for number in range(60):
        outbox.add("page", hint_entry(post, number, at=NOW))
    time.sleep(0.2)
    wait_for(callback, len(outbox.sent))
    came = [change.event_id for body in callback.bodies() for change in changes_of(body)]
    told = [change.event_id for body in outbox.sent for change in changes_of(body)]
    assert sorted(came) == sorted(told)
    assert len(set(came)) == 60 < len(came)
    assert came != told
    assert len(callback.bodies()) > 20  # few changes in each
