"""Faults on demand: a front before the sandbox that spoils chosen answers on the wire, each in the way of its number.

What the numbers mean is said beside them; a test per fault says what the client must make of it. The front speaks plain
HTTP over sockets, so that it can also cut, drip and reset.
"""

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from ingest.domain.errors import RegistryInvalid
from ingest.sandbox.server import HOST, listening

CLOSE = b"Connection: close\r\n"
BOMB = gzip.compress(b'{"data":"' + b"0" * (80 * 1024 * 1024) + b'"}')
DEEP = b"[" * 100_000
BAD_USAGE = b"x-app-usage: {\r\nx-business-use-case-usage: [1]\r\n"
DRIP_SECONDS = 0.2


@dataclass(slots=True)
class Exchange:
    """One request on its way: the client's socket, what was asked, and the sandbox's own answer when it is needed."""

    client: socket.socket
    request: bytes
    upstream: tuple[str, int]
    evil: str

    @property
    def target(self) -> str:
        """The path and query that were asked for."""
        return self.request.split(b" ", 2)[1].decode("latin-1")

    def own_answer(self) -> bytes:
        """What the sandbox answers, headers and body."""
        with socket.create_connection(self.upstream) as server:
            server.sendall(self.request.replace(b"Connection: keep-alive\r\n", CLOSE, 1))
            return b"".join(iter(lambda: server.recv(65536), b""))

    def own_body(self) -> bytes:
        """The body of what the sandbox answers."""
        return self.own_answer().partition(b"\r\n\r\n")[2]

    def send(self, body: bytes, status: int = 200, headers: bytes = b"", length: int | None = None) -> None:
        """Answer with a body, by default with its true length."""
        size = len(body) if length is None else length
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n".encode()
        self.client.sendall(head + CLOSE + headers + b"\r\n" + body)

    def reset(self) -> None:
        """Break the connection off, so that the other side sees a reset."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()


Wire = Callable[[Exchange], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A way in which an answer is spoiled: its number, what happens, and how."""

    number: str
    what: str
    wire: Wire = field(repr=False)


@dataclass(slots=True)
class FaultFront:
    """A listening front. `script` holds what is spoiled: a part of the address, the fault, and how often still."""

    url: str
    script: list[tuple[str, Fault, int]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def spoil(self, fault: Fault, *, on: str, times: int = 1) -> None:
        """Spoil the next answers to requests whose address holds `on`."""
        self.script.append((on, fault, times))

    def next_fault(self, target: str) -> Fault | None:
        """The fault for a request, used up by one."""
        for index, (on, fault, times) in enumerate(self.script):
            if on in target:
                self.script[index : index + 1] = [(on, fault, times - 1)] if times > 1 else []
                return fault
        return None


def answers(body: bytes, status: int = 200, headers: bytes = b"") -> Wire:
    """Answer with this, whatever was asked."""
    return lambda exchange: exchange.send(body, status, headers)


def error(code: int, text: str = "It failed", status: int = 400, **more: object) -> Wire:
    """Answer with an error as Meta shapes it."""
    return answers(json.dumps({"error": {"message": text, "code": code, **more}}).encode(), status)


def changes(change: Callable[[Any], Any]) -> Wire:
    """Answer with the sandbox's own JSON, changed."""
    return lambda exchange: exchange.send(json.dumps(change(json.loads(exchange.own_body()))).encode())


def rewrites(old: bytes, new: bytes) -> Wire:
    """Answer with the sandbox's own bytes, some of them replaced, once."""
    return lambda exchange: exchange.send(exchange.own_body().replace(old, new, 1))


def _cut(exchange: Exchange) -> None:
    body = exchange.own_body()
    exchange.send(body[: len(body) // 2], length=len(body))


def _cut_chunked(exchange: Exchange) -> None:
    body = exchange.own_body()[:100]
    head = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n" + CLOSE + b"\r\n"
    exchange.client.sendall(head + f"{len(body):x}\r\n".encode() + body + b"\r\n")


def _drip(exchange: Exchange) -> None:
    body = exchange.own_body()
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % len(body))
    for byte in body[:200]:
        exchange.client.sendall(bytes([byte]))
        time.sleep(DRIP_SECONDS)


def _reset_in_body(exchange: Exchange) -> None:
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 5000\r\n\r\n" + exchange.own_body()[:50])
    exchange.reset()


def _reset_in_headers(exchange: Exchange) -> None:
    exchange.client.sendall(b"HTTP/1.1 200 X\r\nContent-Le")
    exchange.reset()


def _to_evil(status: int) -> Wire:
    return lambda exchange: exchange.send(b"", status, f"Location: {exchange.evil}/steal\r\n".encode())


def _next_at_evil(exchange: Exchange) -> None:
    body = json.loads(exchange.own_body())
    parts = urlsplit(body["paging"]["next"])
    body["paging"]["next"] = f"{exchange.evil}{parts.path}?{parts.query}"
    exchange.send(json.dumps(body).encode())


def _empty_with_next(exchange: Exchange) -> None:
    body = {"data": [], "paging": {"next": f"http://{HOST}{exchange.target}&__paging_token=again"}}
    exchange.send(json.dumps(body).encode())


def _in_a_circle(exchange: Exchange) -> None:
    body = json.loads(exchange.own_body())
    body["paging"]["next"] = f"http://{HOST}{exchange.target}"
    exchange.send(json.dumps(body).encode())


def _without_cursors(body: Any) -> Any:
    body.get("paging", {}).pop("cursors", None)
    return body


def _last_twice(body: Any) -> Any:
    return body | {"data": [*body["data"], body["data"][-1]]}


def _first_left_out(body: Any) -> Any:
    return body | {"data": body["data"][1:]}


def _shuffled(body: Any) -> Any:
    return body | {"data": body["data"][::-1]}


def _without_insights(body: Any) -> Any:
    body["data"][0].pop("insights")
    return body


def _with_unknown_metric(body: Any) -> Any:
    body["data"][0]["insights"]["data"].append({"name": "brand_new", "period": "lifetime", "values": [{"value": 1}]})
    return body


def _first_value(value: object) -> Callable[[Any], Any]:
    def change(body: Any) -> Any:
        body["data"][0]["insights"]["data"][0]["values"][0]["value"] = value
        return body

    return change


def _first_time(text: str | None) -> Callable[[Any], Any]:
    def change(body: Any) -> Any:
        body["data"][0]["created_time"] = text
        return body

    return change


def _null_part(body: Any) -> Any:
    return [None, *body[1:]]


def _of_another(body: Any) -> Any:
    part = body[0]
    return [part | {"body": json.dumps(json.loads(part["body"]) | {"id": "999"})}, *body[1:]]


HTML = b"<html><body>Sorry, something went wrong.</body></html>"
REDUCE = "Please reduce the amount of data you're asking for, then retry your request"
FIRST = b'"values":[{"value":'
FAULTS = (
    Fault("F01", "an error that passes, in a 200", error(2, "Service temporarily unavailable", 200, is_transient=True)),
    *(Fault("F02", f"quota, code {code}", error(code)) for code in (4, 17, 32, 613)),
    *(Fault("F03", f"quota of a Page or account, code {code}", error(code)) for code in (80001, 80002, 80004)),
    Fault("F04", "429 without a body", answers(b"", 429)),
    Fault("F04", "429 with a wait that is too long", answers(b"", 429, b"Retry-After: 1000000000\r\n")),
    *(Fault("F05", f"token, subcode {sub}", error(190, error_subcode=sub)) for sub in (458, 460, 463, 467, 492)),
    *(Fault("F06", f"permission, code {code}", error(code)) for code in (102, 10, 230)),
    Fault("F07", "a parameter is refused", error(100, "(#100) Invalid parameter")),
    Fault("F08", "the object is gone", error(100, "Unsupported get request", error_subcode=33)),
    Fault("F10", "too much data", error(1, REDUCE, 500)),
    *(Fault("F12", f"stopped, code {code}", error(code)) for code in (368, 2635, 12)),
    Fault("F13", "an error without a code", answers(b'{"error":{"message":"x"}}', 400)),
    Fault("F13", "an error that is a text", answers(b'{"error":"x"}', 400)),
    *(Fault("F14", f"{status} with HTML", answers(HTML, status)) for status in (500, 502, 503, 504)),
    Fault("F15", "503 with JSON that is no error", answers(b'{"data":[]}', 503)),
    Fault("F16", "200 with HTML", answers(HTML)),
    *(Fault("F17", f"200 with {body!r}", answers(body)) for body in (b"", b"null", b"[]", b'""', b"5")),
    Fault("F18", "JSON that ends too early", lambda exchange: exchange.send(exchange.own_body()[:-40])),
    Fault("F19", "fewer bytes than were promised", _cut),
    Fault("F20", "a chunked answer without its end", _cut_chunked),
    Fault("F22", "a reset before the answer", Exchange.reset),
    Fault("F22", "a reset within the headers", _reset_in_headers),
    Fault("F22", "a reset within the body", _reset_in_body),
    Fault("F23", "an answer that drips", _drip),
    Fault("F24", "a gzip bomb", answers(BOMB, headers=b"Content-Encoding: gzip\r\n")),
    Fault("F24", "gzip that is none", answers(b"no gzip", headers=b"Content-Encoding: gzip\r\n")),
    Fault("F24", "an encoding that nobody asked for", answers(b"\x1b\x02\x00", headers=b"Content-Encoding: br\r\n")),
    Fault("F25", "nested too deep", answers(b'{"data":' + DEEP)),
    *(Fault("F26", f"a redirect, {status}", _to_evil(status)) for status in (301, 302, 307, 308)),
    Fault("F27", "the next page on another host", _next_at_evil),
    Fault("F28", "a next page without cursors", changes(_without_cursors)),
    Fault("F29", "an empty page with a next one", _empty_with_next),
    Fault("F30", "pages that go in a circle", _in_a_circle),
    Fault("F31", "a cursor that is over", error(2642, "(#2642) Invalid cursors values")),
    Fault("F32", "a post twice", changes(_last_twice)),
    Fault("F33", "a post that is left out", changes(_first_left_out)),
    Fault("F34", "posts in another order", changes(_shuffled)),
    Fault("F35", "a post without insights", changes(_without_insights)),
    Fault("F37", "a metric that nobody asked for", changes(_with_unknown_metric)),
    *(
        Fault("F38", f"a number as {type(value).__name__}", changes(_first_value(value)))
        for value in ("12", {"a": 1}, [1], 1.5, True)
    ),
    *(Fault("F39", f"a number that is {value}", changes(_first_value(value))) for value in (None, -5)),
    Fault("F39", "a number that is NaN", rewrites(FIRST, FIRST + b"NaN,\"x\":")),
    *(Fault("F40", f"a number of {len(str(value))} digits", changes(_first_value(value))) for value in (2**60, 2**70)),
    Fault("F40", "a number of 4,000 digits", rewrites(FIRST, FIRST + b"9" * 4000)),
    Fault("F41", "a key twice", rewrites(b'{"data"', b'{"data":[],"data"')),
    Fault("F42", "bytes that are no UTF-8", rewrites(b'"message":"', b'"message":"\xff\xfe')),
    Fault("F42", "a lone surrogate", rewrites(b'"message":"', b'"message":"\\ud800')),
    Fault("F42", "a NUL", rewrites(b'"message":"', b'"message":"\\u0000')),
    Fault("F42", "a byte order mark", lambda exchange: exchange.send(b"\xef\xbb\xbf" + exchange.own_body())),
    Fault("F44", "a time without a zone", changes(_first_time("2024-02-01T10:00:00"))),
    Fault("F44", "no time", changes(_first_time(None))),
    Fault("F48", "a part of a batch that did not finish", changes(_null_part)),
    Fault("F49", "the answer about another object", changes(_of_another)),
    Fault("F51", "usage that is no JSON", lambda exchange: exchange.send(exchange.own_body(), headers=BAD_USAGE)),
)  # fmt: skip
"""Every fault by its number in the project's catalogue of faults; several ways of one share the number."""


def read_script(path: Path) -> list[tuple[str, Fault, int]]:
    """What a YAML file wants to be spoiled: a list of `where` (part of the address), `fault` (number), `times`.

    Raises: RegistryInvalid for a file that is none, or a fault that there is not.
    """
    try:
        steps = yaml.safe_load(path.read_text(encoding="utf-8"))
        wanted = [(str(step["where"]), str(step["fault"]), int(step.get("times", 1))) for step in steps]
    except (OSError, yaml.YAMLError, TypeError, KeyError, ValueError) as problem:
        raise RegistryInvalid(
            f"{path} is no script of faults: {problem}. Each step has where, fault and times."
        ) from None
    known = {fault.number: fault for fault in reversed(FAULTS)}
    unknown = sorted({number for _, number, _ in wanted} - set(known))
    if unknown:
        raise RegistryInvalid(f"{path}: there is no fault {', '.join(unknown)}; there are {', '.join(sorted(known))}.")
    return [(on, known[number], times) for on, number, times in wanted]


@contextmanager
def faulty(upstream: str, *, evil: str, port: int = 0) -> Iterator[FaultFront]:
    """A front before a sandbox; `evil` is the address that a client must never contact."""
    parts = urlsplit(upstream)
    place = (parts.hostname or HOST, parts.port or 80)
    with listening(port) as listener:
        listener.listen(64)
        front = FaultFront(f"http://{HOST}:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_accept, args=(listener, front, place, evil), daemon=True)
        thread.start()
        yield front
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, front: FaultFront, upstream: tuple[str, int], evil: str) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, front, upstream, evil), daemon=True).start()


def _serve(client: socket.socket, front: FaultFront, upstream: tuple[str, int], evil: str) -> None:
    try:
        with client:
            request = _read(client)
            if not request:
                return
            exchange = Exchange(client, request, upstream, evil)
            front.seen.append(exchange.target)
            fault = front.next_fault(exchange.target)
            if not (fault and _spoiled(fault, exchange)):
                client.sendall(exchange.own_answer())
    except OSError:
        return


def _spoiled(fault: Fault, exchange: Exchange) -> bool:
    """Whether the answer could be spoiled: a refusal of the sandbox has nothing that could be changed."""
    try:
        fault.wire(exchange)
    except (KeyError, IndexError, TypeError, ValueError):
        return False
    return True


def _read(client: socket.socket) -> bytes:
    """One request: its headers, and as much body as they promise."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    sizes = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    missing = (int(sizes[0]) if sizes else 0) - len(body)
    while missing > 0:
        more = client.recv(65536)
        data, missing = data + more, missing - len(more)
    return data


@contextmanager
def evil_host() -> Iterator[tuple[str, list[bytes]]]:
    """A host that must never be contacted: its address, and what came all the same."""
    came: list[bytes] = []
    with listening(0) as listener:
        listener.listen(8)

        def accept() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    came.append(client.recv(4096))

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://{HOST}:{listener.getsockname()[1]}", came
        listener.shutdown(socket.SHUT_RDWR)
