"""HTTP for a port that anybody may reach: the head of a request has a deadline and a largest size.

uvicorn waits for a head for ever (issue 157 of its tracker); a few hundred idle connections would shut everybody out.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 16 * 1024
HEAD_SECONDS = 10.0


class DeadlineProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a deadline for the head of a request: uvicorn waits for it for ever."""

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
        """The head is there."""
        self._stop()
        super().on_headers_complete()

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
