"""The ring tells Airflow at once, carries nothing, and may fail: the deliveries are in the queue."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ingest.adapters.ring import LINGER_SECONDS, Ring
from tests.events.crashing import wait_until
from tests.loopback import serving


class Airflow:
    """The three answers of Airflow's API that a ring needs, on loopback; it remembers what it was asked."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []
        self.logins = 0
        self.is_ill = False
        airflow = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = [{"id": 6, "name": "doorbell_of_somebody"}, {"id": 7, "name": "doorbell"}]
                self.answer({"assets": found} if self.is_known() else {}, 200 if self.is_known() else 401)

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == "/auth/token":
                    airflow.logins += 1
                    is_ours = asked == {"username": "admin", "password": "secret-word"}
                    self.answer({"access_token": f"token-{airflow.logins}"} if is_ours else {}, 201 if is_ours else 401)
                elif airflow.is_ill or not self.is_known():
                    self.answer({}, 500 if airflow.is_ill else 401)
                else:
                    airflow.events.append(asked)
                    self.answer({}, 200)

            def is_known(self) -> bool:
                return self.headers["Authorization"] == f"Bearer token-{airflow.logins}"

            def answer(self, content: dict[str, object], status: int) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    made = Airflow()
    with serving(made.server):
        yield made


def test_a_burst_rings_once_and_the_event_carries_nothing(airflow: Airflow) -> None:
    ring = Ring(airflow.url, "admin", "secret-word")
    ring.start()
    for _ in range(200):
        ring.ring()
        time.sleep(LINGER_SECONDS / 100)
    wait_until(lambda: len(airflow.events) > 0, seconds=20)
    time.sleep(4 * LINGER_SECONDS)
    assert airflow.events == [{"asset_id": 7, "extra": {}}] * len(airflow.events)
    assert len(airflow.events) <= 3  # one, where the machine has time to spare
    ring.ring()
    rung = len(airflow.events)
    wait_until(lambda: len(airflow.events) > rung, seconds=20)
    assert airflow.logins == 1


def test_a_ring_that_failed_logs_in_anew_and_says_no_secret(
    airflow: Airflow, capsys: pytest.CaptureFixture[str]
) -> None:
    ring = Ring(airflow.url, "admin", "secret-word")
    ring.start()
    airflow.is_ill = True
    ring.ring()
    wait_until(lambda: "ring_failed" in capsys.readouterr().out or airflow.logins > 1, seconds=20)
    airflow.is_ill = False
    ring.ring()
    wait_until(lambda: len(airflow.events) == 1, seconds=20)
    assert airflow.logins == 2
    assert "secret-word" not in repr(ring) + capsys.readouterr().out


def test_without_airflow_nobody_waits() -> None:
    ring = Ring("http://127.0.0.1:9", "admin", "x")
    ring.start()
    began = time.monotonic()
    for _ in range(1000):
        ring.ring()
    assert time.monotonic() - began < 1
