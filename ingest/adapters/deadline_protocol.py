"""HTTP for a port that anybody may reach: the head of a request has a deadline and a largest size.

uvicorn waits for a head for ever (issue 157 of its tracker); a few hundred idle connections would shut everybody out.
No answer of this protocol has a body.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 16 * 1024
HEAD_SECONDS = 10.0
MOST_CONNECTIONS = 1_000
NO_HTTP = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class DeadlineProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a deadline for the head of a request, and a largest number of connections."""

    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to count the seconds."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head that has not ended; one that is too long ends the connection."""
        super().data_received(data)
        if self._timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD:
                self._late()

    def on_message_begin(self) -> None:
        """Another request on the same connection: it has its own deadline."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """The head is there; whoever is one too many is told when to come again."""
        self._stop()
        served = self.app
        if len(self.connections) > MOST_CONNECTIONS:
            self.app = one_too_many
        super().on_headers_complete()
        self.app = served

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        self.transport.write(NO_HTTP)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more."""
        self._stop()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._stop()
        self._head_bytes = 0
        self._timer = self.loop.call_later(HEAD_SECONDS, self._late)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._stop()
        self.transport.close()


def allow_open_files(count: int) -> None:
    """Let this process hold so many files and connections, if its system allows it: many allow 1,024 unless asked."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def one_too_many(scope: Any, receive: Any, send: Any) -> None:
    """503, and when to come again; nothing is read."""
    headers = [(b"content-length", b"0"), (b"connection", b"close"), (b"retry-after", b"5")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body"})
