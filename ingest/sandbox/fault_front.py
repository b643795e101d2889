"""The front before the sandbox that spoils chosen answers on the wire. It speaks HTTP over plain sockets.

So it can also cut, drip and reset. Beside it stands a host that nobody must ever contact.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ingest.sandbox.loopback import HOST, listening

CLOSE = b"Connection: close\r\n"


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
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
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
