"""The transport: one origin, one deadline for all of an answer, bytes counted before they are unpacked, no secret."""

import gzip
import logging
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ingest.adapters.graph.session import GraphSession
from ingest.adapters.graph.transport import BoundedSession, unpacked
from ingest.domain.errors import AnswerRejected, AnswerTooLarge, GraphUnavailable, SettingsInvalid, UnsafeAnswer

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LARGEST = 1024 * 1024


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that gives each caller the same answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.recv(65536)
                    try:
                        answer(client)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def session(url: str, *, total: float = 5.0) -> BoundedSession:
    return BoundedSession(url, total_seconds=total, read_seconds=2.0, largest_body=LARGEST)


def drip(client: socket.socket, piece: bytes) -> None:
    for _ in range(40):
        client.sendall(piece)
        time.sleep(0.05)


def in_headers(client: socket.socket) -> None:
    client.sendall(HEAD + b"X-Slow: ")
    drip(client, b"a")


def in_the_body(client: socket.socket) -> None:
    client.sendall(HEAD + b"Content-Length: 5000\r\n\r\n")
    drip(client, b"a")


def in_chunks(client: socket.socket) -> None:
    client.sendall(CHUNKED)
    drip(client, b"1\r\na\r\n")


@pytest.mark.parametrize("slow", [in_headers, in_the_body, in_chunks])
def test_an_answer_that_drips_ends_with_the_deadline_wherever_it_drips(slow: Callable[[socket.socket], None]) -> None:
    with serving(slow) as url:
        begun = time.monotonic()
        with pytest.raises(GraphUnavailable, match="did not finish within"):
            session(url, total=0.4).request("GET", f"{url}/x")
        assert time.monotonic() - begun < 1.5


def test_gzip_that_never_unpacks_to_anything_is_counted_before_it_is_unpacked() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    empty = packer.compress(b"") + packer.flush(zlib.Z_SYNC_FLUSH) + b"\x00\x00\x00\xff\xff" * 10_000

    def for_ever(client: socket.socket) -> None:
        client.sendall(HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            client.sendall(b"%x\r\n%b\r\n" % (len(empty), empty))

    with serving(for_ever) as url, pytest.raises(AnswerTooLarge):
        session(url).request("GET", f"{url}/x")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "https://graph.facebook.com/x", "http://graph.facebook.com@evil/"]
)
def test_no_other_origin_is_asked(url: str) -> None:
    with pytest.raises(UnsafeAnswer):
        session("https://graph.facebook.com").request("GET", url.replace("https:", "http:"))


@pytest.mark.parametrize(
    ("body", "encoding", "raised"),
    [
        (b"no gzip", "gzip", AnswerRejected),
        (gzip.compress(b"{}")[:-1], "gzip", AnswerRejected),
        (gzip.compress(b"{}")[:-6] + b"\0" * 6, "gzip", AnswerRejected),
        (gzip.compress(b"{}") + b"more", "gzip", AnswerRejected),
        (b"\x1b\x02\x00", "br", AnswerRejected),
        (gzip.compress(gzip.compress(b"{}")), "gzip, gzip", AnswerRejected),
        (gzip.compress(b"0" * (LARGEST + 1)), "gzip", AnswerTooLarge),
    ],
)
def test_what_cannot_be_unpacked_is_no_answer_and_its_bytes_are_kept(
    body: bytes, encoding: str, raised: type[AnswerRejected]
) -> None:
    with pytest.raises(AnswerRejected) as found:
        unpacked(body, encoding, largest=LARGEST)
    assert type(found.value) is raised
    assert found.value.body == body


@pytest.mark.parametrize(
    "url",
    [
        "https://graph.facebok.com",
        "https://graph.facebook.com.evil.example",
        "https://graph.facebook.com@evil.example",
        "https://token@graph.facebook.com",
        "http://graph.facebook.com",
        "https://10.0.0.1",
        "file:///etc/passwd",
        "graph.facebook.com",
    ],
)
def test_no_token_goes_to_a_host_that_is_not_meta_or_this_machine(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="CAMPAIGN_REACH_GRAPH_URL"):
        GraphSession(graph_url=url, access_token="EAAx")


@pytest.mark.parametrize("url", ["https://graph.facebook.com", "https://graph.instagram.com", "http://127.0.0.1:8126"])
def test_meta_and_a_sandbox_on_this_machine_may_see_a_token(url: str) -> None:
    assert url == GraphSession(graph_url=url, access_token="EAAx").GRAPH


def test_what_can_be_unpacked_is_what_was_packed() -> None:
    assert unpacked(gzip.compress(b"0" * LARGEST), "gzip", largest=LARGEST) == b"0" * LARGEST


def test_the_log_of_the_http_library_holds_no_proof(caplog: pytest.LogCaptureFixture) -> None:
    def odd_header(client: socket.socket) -> None:
        client.sendall(HEAD + b"Content-Length: 2\r\nno header at all\r\n\r\n{}")

    with caplog.at_level(logging.DEBUG), serving(odd_header) as url:
        speaking = session(url)
        speaking.params = {"appsecret_proof": "c0ffee" * 8}
        speaking.request("GET", f"{url}/x")
    assert "REDACTED" in caplog.text
    assert "c0ffee" not in caplog.text
