"""The webhook receiver: a handshake, and signed deliveries that are acknowledged when they are durable.

One writer thread commits whatever has come meanwhile at once, so that a slow disk costs latency and not throughput.
A full line of waiting deliveries, or a queue that cannot be written, is a 503: Meta comes again for 36 hours.
"""

import asyncio
import hmac
import queue
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ingest.adapters.queue.deliveries import Delivery, DeliveryQueue
from ingest.domain.errors import StorageFailed
from ingest.domain.events import is_signed
from ingest.settings import Clock

log = structlog.get_logger()
LARGEST_BODY = 1024 * 1024
LARGEST_HEAD = 16 * 1024
HEAD_SECONDS = BODY_SECONDS = 10.0
MOST_WAITING = 4_096
MOST_AT_ONCE = 512
BYTES_WAITING = 64 * 1024 * 1024
RETRY_AFTER = {"Retry-After": "5"}
LONGEST_CHALLENGE = 32


@dataclass(slots=True)
class Waiting:
    """A delivery that is not durable yet, and who waits for it."""

    delivery: Delivery
    done: "asyncio.Future[bool]"


class Writer:
    """Commits deliveries from one thread, all that wait together."""

    def __init__(self, deliveries: DeliveryQueue, on_kept: Callable[[], None]) -> None:
        self._queue = deliveries
        self._on_kept = on_kept
        self._waiting: queue.Queue[Waiting | None] = queue.Queue(MOST_WAITING)
        self._bytes = 0
        self._thread = threading.Thread(target=self._work, name="queue-writer", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to write; answers are given on the loop."""
        self._loop = loop
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    async def keep(self, delivery: Delivery) -> bool:
        """Whether the delivery is durable now; False when the line is full or the queue cannot be written."""
        if self._bytes + len(delivery.body) > BYTES_WAITING:
            return False
        waiting = Waiting(delivery, self._loop.create_future())
        try:
            self._waiting.put_nowait(waiting)
        except queue.Full:
            return False
        self._bytes += len(delivery.body)
        return await waiting.done

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, ends = [first], False
            while len(batch) < MOST_AT_ONCE and not self._waiting.empty():
                more = self._waiting.get()
                if more is None:
                    ends = True
                    break
                batch.append(more)
            is_kept = self._put([one.delivery for one in batch])
            self._loop.call_soon_threadsafe(self._answer, batch, is_kept)
            if is_kept:
                self._on_kept()
            if ends:
                return

    def _put(self, deliveries: Sequence[Delivery]) -> bool:
        try:
            self._queue.put_many(deliveries)
        except StorageFailed as error:
            log.warning("deliveries_refused", deliveries=len(deliveries), reason=str(error))
            return False
        return True

    def _answer(self, batch: list[Waiting], is_kept: bool) -> None:
        for one in batch:
            self._bytes -= len(one.delivery.body)
            if not one.done.cancelled():
                one.done.set_result(is_kept)


class Refused(Exception):
    """A POST that is not kept: the status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Receiver:
    """Answers Meta: the handshake, and deliveries that one of the secrets signed."""

    writer: Writer
    secrets: Sequence[str]
    verify_token: str
    clock: Clock
    answered: Counter[int] = field(default_factory=Counter)

    async def webhook(self, request: Request) -> Response:
        """Answer the handshake, or keep a delivery."""
        if request.method != "POST":
            return handshake(request, self.verify_token)
        try:
            body = await self._signed_body(request)
            is_kept = await self.writer.keep(Delivery(body, self.clock()))
            response = Response(status_code=200) if is_kept else Response(status_code=503, headers=RETRY_AFTER)
        except Refused as refused:
            response = Response(status_code=refused.status, headers={"Connection": "close"})
        self.answered[response.status_code] += 1
        return response

    async def _signed_body(self, request: Request) -> bytes:
        """The body, if it is not too large, came in time, and is signed."""
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            raise Refused(413)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await read(request)
        except TimeoutError:
            raise Refused(408) from None
        except ClientDisconnect:
            raise Refused(400) from None
        if not is_signed(body, request.headers.get("x-hub-signature-256", "").encode("latin-1"), self.secrets):
            raise Refused(401)
        return body


async def health(request: Request) -> Response:
    """Whether the process answers; no detail."""
    return PlainTextResponse("ok\n")


def webhook_app(
    deliveries: DeliveryQueue,
    *,
    secrets: Sequence[str],
    verify_token: str,
    clock: Clock,
    on_kept: Callable[[], None] = lambda: None,
) -> Starlette:
    """The receiver's two routes: `/webhook` and `/health`; nothing else, and no body in any error."""
    writer = Writer(deliveries, on_kept)
    receiver = Receiver(writer, secrets, verify_token, clock)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        writer.start(asyncio.get_running_loop())
        yield
        await asyncio.to_thread(writer.stop)
        log.info("receiver_stopped", answered=dict(receiver.answered))

    routes = [Route("/webhook", receiver.webhook, methods=["GET", "POST"]), Route("/health", health)]
    return Starlette(debug=False, routes=routes, lifespan=lifespan)


async def read(request: Request) -> bytes:
    """The body, not more of it than it may have.

    Raises: Refused.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refused(413)
    return bytes(body)


def handshake(request: Request, verify_token: str) -> Response:
    """Meta's question whether this callback is ours: its challenge back, as plain text, if the token is right."""
    asked = request.query_params
    challenge = asked.get("hub.challenge", "")
    is_ours = hmac.compare_digest(asked.get("hub.verify_token", "").encode(), verify_token.encode())
    is_plain = challenge.isascii() and challenge.isdigit() and len(challenge) <= LONGEST_CHALLENGE
    if asked.get("hub.mode") != "subscribe" or not is_ours or not is_plain:
        return Response(status_code=403)
    return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff"})


class DeadlineProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a deadline for the head of a request: uvicorn waits for it for ever."""

    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to count the seconds."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head that has not ended."""
        if self._timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD + LARGEST_BODY:
                self._late()
                return
        super().data_received(data)

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
