"""The receiver as Meta, and everybody else on the internet, meets it."""

import asyncio
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from ingest.adapters.deadline_protocol import MOST_CONNECTIONS, allow_open_files
from ingest.adapters.queue.open_queue import open_queue
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.adapters.webhook_app import MOST_WAITING
from ingest.settings import PROJECT
from tests.conftest import settings_in
from tests.events.crashing import wait_until
from tests.events.notifications import SECRET, VERIFY, of_page, page_feed, reaction, signature
from tests.events.running import Running, environment, running_receiver

POST = "104857600000201_122100000000000101"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("receiver")


@pytest.fixture(scope="module")
def receiver(folder: Path) -> Iterator[Running]:
    with running_receiver(folder, APP_SECRETS=f"another-app,{SECRET}") as running:
        yield running


@pytest.fixture
def queue(folder: Path) -> SqliteQueue:
    return SqliteQueue(folder / "queue.sqlite")


def post(receiver: Running, body: bytes, header: str | None = None, **more: str) -> httpx.Response:
    headers = {"X-Hub-Signature-256": signature(body) if header is None else header}
    return httpx.post(receiver.url, content=body, headers=headers | more, timeout=30)


def ask(receiver: Running, **asked: str) -> httpx.Response:
    own = {"mode": "subscribe", "challenge": "1158201444", "verify_token": VERIFY} | asked
    return httpx.get(receiver.url, params={f"hub.{name}": value for name, value in own.items()})


def test_the_handshake_says_the_challenge_back_as_plain_text(receiver: Running) -> None:
    answer = ask(receiver)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "asked",
    [{"verify_token": "wrong"}, {"verify_token": ""}, {"mode": "unsubscribe"}, {"challenge": "<script>1</script>"},
     {"challenge": "1" * 33}, {"challenge": "١٢٣"}],
)  # fmt: skip
def test_no_other_handshake_is_answered(receiver: Running, asked: dict[str, str]) -> None:
    answer = ask(receiver, **asked)
    assert (answer.status_code, answer.text) == (403, "")


def test_a_signed_delivery_is_durable_before_it_is_acknowledged_and_known_when_it_comes_again(
    receiver: Running, queue: SqliteQueue
) -> None:
    body = of_page(page_feed(POST))
    assert post(receiver, body).status_code == 200
    ((sha256, state, _, repeats),) = queue.ledgers()[0]
    assert (state, repeats) == ("waiting", 0)
    assert queue.body(sha256) == body
    assert post(receiver, body).status_code == 200
    assert [row[3] for row in queue.ledgers()[0]] == [1]
    assert len(queue.ledgers()[1]) == 2


def test_what_is_not_signed_is_401_and_leaves_no_byte(receiver: Running, queue: SqliteQueue, folder: Path) -> None:
    known = len(queue.ledgers()[1])
    body = of_page(page_feed(POST, message="forged-canary"))
    headers = ("", "sha256=" + "0" * 64, signature(body, "no app of ours"), signature(body + b" "), "sha1=" + "0" * 40)
    for header in headers:
        answer = post(receiver, body, header)
        assert (answer.status_code, answer.content) == (401, b"")
    assert len(queue.ledgers()[1]) == known
    assert not any(b"forged-canary" in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_signed_junk_is_kept_and_acknowledged(receiver: Running, queue: SqliteQueue) -> None:
    known = len(queue.ledgers()[0])
    for junk in (b"", b"\x00\xff", b"[" * 5000, b'{"object":"moon","entry":[{}]}'):
        assert post(receiver, junk).status_code == 200
    assert len(queue.ledgers()[0]) == known + 4


def test_a_body_above_a_mebibyte_is_413_said_or_streamed(receiver: Running) -> None:
    large = b"x" * (1024 * 1024 + 1)
    assert post(receiver, large).status_code == 413
    streamed = httpx.post(receiver.url, content=(large[i : i + 65536] for i in range(0, len(large), 65536)), timeout=30)
    assert (streamed.status_code, streamed.content) == (413, b"")


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/", "/webhook/../etc", "/metrics"])
def test_there_is_nothing_else(receiver: Running, path: str) -> None:
    answer = httpx.get(receiver.url.replace("/webhook", path))
    assert (answer.status_code, answer.content) == (404, b"")
    assert "server" not in answer.headers
    answer = httpx.put(receiver.url, content=b"canary")
    assert (answer.status_code, answer.content) == (405, b"")


@pytest.mark.parametrize("sent", [b"this is no HTTP\r\n\r\n", b"POST / HTTP/1.1\r\nno colon\r\n\r\n"])
def test_what_is_no_http_is_400_without_a_word(receiver: Running, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as one:
        one.sendall(sent)
        answer = b"".join(iter(lambda: one.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"\r\n\r\n")
    assert b"content-length: 0" in answer


def test_health_is_a_word(receiver: Running) -> None:
    answer = httpx.get(receiver.url.replace("/webhook", "/health"))
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_head_without_end_is_closed(receiver: Running) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as one:
        one.sendall(b"POST /webhook HTTP/1.1\r\n")
        with suppress(OSError):
            for number in range(100):
                one.sendall(f"X-{number}: {'a' * 1000}\r\n".encode())
                time.sleep(0.005)
        with pytest.raises(OSError, match=r"reset|pipe"):
            one.sendall(b"\r\n")


def test_bodies_that_never_end_do_not_fill_the_memory_and_who_is_one_too_many_is_told_when_to_come(
    receiver: Running,
) -> None:
    head = b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n"
    greedy = [socket.create_connection(("127.0.0.1", receiver.port), timeout=5) for _ in range(40)]
    for one in greedy:
        with suppress(OSError):
            one.sendall(head + b"x" * 1_000_000)
    answer = post(receiver, of_page(page_feed(POST, message="b" * 900_000)))
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, b"", "5")
    assert _peak_megabytes(receiver) < 160
    for one in greedy:
        one.close()
    time.sleep(0.5)
    assert post(receiver, of_page(page_feed(POST, message="b" * 900_000))).status_code == 200


def _peak_megabytes(receiver: Running) -> float:
    status = Path(f"/proc/{receiver.process.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def test_whoever_sends_slowly_is_closed_and_nobody_else_notices(receiver: Running) -> None:
    head = b"POST /webhook HTTP/1.1\r\nHost: x\r\n"
    slow = [socket.create_connection(("127.0.0.1", receiver.port)) for _ in range(60)]
    for number, one in enumerate(slow):
        one.sendall(head if number % 2 else head + b"Content-Length: 500\r\n\r\n{")
    started, latencies = time.monotonic(), []
    while time.monotonic() - started < 11:
        for one in slow:
            try:
                one.sendall(b"x" if slow.index(one) % 2 == 0 else b"X-A: 1\r\n")
            except OSError:
                continue
        begin = time.perf_counter()
        assert post(receiver, of_page(reaction(POST, len(latencies)))).status_code == 200
        latencies.append(time.perf_counter() - begin)
        time.sleep(0.4)
    for one in slow:
        one.settimeout(4)
        rest = b""
        try:
            while chunk := one.recv(4096):
                rest += chunk
        except ConnectionResetError:
            pass
        assert b" 200 " not in rest
        one.close()
    assert time.monotonic() - started < 15
    assert max(latencies) < 2


def test_a_locked_queue_is_503_and_it_works_again_without_a_restart(receiver: Running, queue: SqliteQueue) -> None:
    body = of_page(reaction(POST, 99_001))
    lock = sqlite3.connect(queue.path, isolation_level=None)
    lock.execute("begin exclusive")
    try:
        answer = post(receiver, body)
    finally:
        lock.execute("rollback")
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, b"", "5")
    assert httpx.get(receiver.url.replace("/webhook", "/health")).status_code == 200
    known = len(queue.ledgers()[1])
    assert post(receiver, body).status_code == 200
    assert len(queue.ledgers()[1]) == known + 1


def test_a_full_line_is_503_at_once_and_whoever_is_told_200_is_kept(receiver: Running, queue: SqliteQueue) -> None:
    """While the disk keeps the writer waiting, 768 stand in line, and each one more is told when to come again."""
    known, too_many = len(queue.ledgers()[1]), 25
    statuses, early = asyncio.run(_crowd(receiver, queue.path, 1 + MOST_WAITING + too_many))
    assert early == [b"503"] * too_many
    assert statuses == {b"200": 1 + MOST_WAITING, b"503": too_many}
    assert len(queue.ledgers()[1]) == known + 1 + MOST_WAITING


async def _crowd(receiver: Running, path: Path, size: int) -> tuple[dict[bytes, int], list[bytes]]:
    """How many of so many deliveries were answered what, sent while the queue was locked, the first before the others.

    Beside it what was answered before the queue was free again.
    """
    lines = [await asyncio.open_connection("127.0.0.1", receiver.port) for _ in range(size)]
    answers: list[bytes] = []

    async def one(number: int) -> None:
        reader, writer = lines[number]
        body = of_page(reaction(POST, 60_000 + number))
        head = f"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nX-Hub-Signature-256: "
        writer.write(head.encode() + signature(body).encode() + b"\r\n\r\n" + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b"200 OK" in answer or b"retry-after: 5" in answer
        answers.append(answer.split()[1])
        writer.close()

    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("begin exclusive")
    first = asyncio.create_task(one(0))
    await asyncio.sleep(0.3)  # the writer has it in hand, alone
    others = asyncio.gather(*(one(number) for number in range(1, size)))
    await asyncio.sleep(1.5)
    early = list(answers)
    lock.execute("rollback")
    await asyncio.gather(first, others)
    return dict(Counter(answers)), early


def test_a_connection_too_many_is_told_when_to_come_again(receiver: Running) -> None:
    allow_open_files(2 * MOST_CONNECTIONS)
    idle = [socket.create_connection(("127.0.0.1", receiver.port), timeout=10) for _ in range(MOST_CONNECTIONS + 1)]
    answer = httpx.get(receiver.url.replace("/webhook", "/health"))
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, b"", "5")
    for one in idle:
        one.close()
    wait_until(lambda: httpx.get(receiver.url.replace("/webhook", "/health")).status_code == 200, seconds=10)


def test_a_full_disk_is_503_and_it_works_again_when_there_is_room(tmp_path: Path) -> None:
    with running_receiver(tmp_path) as receiver:
        path = tmp_path / "queue.sqlite"
        assert post(receiver, of_page(page_feed(POST))).status_code == 200
        command = ["prlimit", f"--pid={receiver.process.pid}", f"--fsize={path.stat().st_size}:unlimited"]
        subprocess.run(command, check=True)
        large = of_page(page_feed(POST, message="a" * 200_000))
        answers = {post(receiver, large).status_code for _ in range(3)}
        subprocess.run(["prlimit", f"--pid={receiver.process.pid}", "--fsize=unlimited:unlimited"], check=True)
        assert answers == {503}
        assert post(receiver, large).status_code == 200
        assert len(SqliteQueue(path).ledgers()[1]) == 2


def test_a_queue_that_may_only_be_read_is_503_and_it_works_again(tmp_path: Path) -> None:
    """A backup is put in the place of the queue, first one that may only be read."""
    as_anybody = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    path, backup = tmp_path / "queue.sqlite", tmp_path / "backup.sqlite"
    with running_receiver(tmp_path, before=as_anybody) as receiver:
        assert post(receiver, of_page(page_feed(POST))).status_code == 200
        with sqlite3.connect(path) as file:
            file.execute("vacuum into ?", (str(backup),))
            file.execute("pragma wal_checkpoint(truncate)")
        backup.chmod(0o444)
        backup.rename(path)
        answers = {post(receiver, of_page(reaction(POST, number))).status_code for number in range(3)}
        assert answers == {503}
        path.chmod(0o666)
        assert post(receiver, of_page(reaction(POST, 99))).status_code == 200
        assert len(SqliteQueue(path).ledgers()[1]) == 2


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with running_receiver(tmp_path) as receiver:
        assert post(receiver, of_page(page_feed(POST))).status_code == 200
        assert receiver.stop() in (0, -15)
        assert len(SqliteQueue(tmp_path / "queue.sqlite").ledgers()[1]) == 1


@pytest.mark.parametrize(
    ("missing", "says"),
    [({"APP_SECRETS": ""}, "APP_SECRETS is empty"), ({"VERIFY_TOKEN": ""}, "VERIFY_TOKEN is empty")],
)
def test_without_a_secret_or_a_verify_token_it_does_not_start(
    tmp_path: Path, missing: dict[str, str], says: str
) -> None:
    command = [sys.executable, "-m", "ingest.cli", "receive"]
    ran = subprocess.run(
        command,
        env=environment(tmp_path, **missing),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert says in ran.stderr


def test_on_sqs_a_delivery_that_no_message_holds_is_413_and_its_neighbours_are_kept(tmp_path: Path, aws: str) -> None:
    uri = f"sqs://eu-central-1/{tmp_path.name[:40]}"
    queue = open_queue(settings_in(tmp_path, queue_uri=uri, aws_endpoint_url=aws))
    queue.create()
    noise = random.Random(5).randbytes(1024 * 1024)  # noqa: S311 - nothing compresses it
    large = of_page(*(reaction(POST, number, message="нэг " * 20) for number in range(1000)))
    with running_receiver(tmp_path, QUEUE_URI=uri, AWS_ENDPOINT_URL=aws) as receiver, ThreadPoolExecutor(3) as people:
        answers = list(people.map(lambda body: post(receiver, body), (of_page(page_feed(POST)), noise, large)))
    assert [answer.status_code for answer in answers] == [200, 413, 200]
    assert answers[1].content == b""
    claim = queue.claim(at=datetime.now(UTC), most=10)
    assert claim
    assert {one.body for one in claim.deliveries} == {of_page(page_feed(POST)), large}
