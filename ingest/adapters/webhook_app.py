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

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ingest.adapters.queue.deliveries import Delivery, DeliveryQueue
from ingest.domain.errors import StorageFailed
from ingest.domain.events import is_signed
from ingest.settings import Clock

log = structlog.get_logger()
LARGEST_BODY = 1024 * 1024
BODY_SECONDS = 10.0
MOST_WAITING = 768
"""Deliveries in line: fewer than the connections that are taken, so that one too many is told when to come again."""
MOST_AT_ONCE = 512
MOST_BYTES = 32 * 1024 * 1024
"""Bytes of bodies in memory, those that are still being sent included."""
KEPT, TOO_LARGE, BUSY, RETRY_AFTER = 200, 413, 503, {"Retry-After": "5"}
LONGEST_CHALLENGE = 32


@dataclass(slots=True)
class Waiting:
    """A delivery that is not durable yet, and who waits for it."""

    delivery: Delivery
    answer: "asyncio.Future[int]"


class Writer:
    """Commits deliveries from one thread, all that wait together."""

    def __init__(self, deliveries: DeliveryQueue, on_kept: Callable[[], None]) -> None:
        self._queue = deliveries
        self._on_kept = on_kept
        self._waiting: queue.Queue[Waiting | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="queue-writer", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to write; answers are given on the loop."""
        self._loop = loop
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    async def keep(self, delivery: Delivery) -> int:
        """200 when the delivery is durable now, 413 when the queue can hold none of its size, else 503.

        503 is for a line that is full, and for a queue that cannot be written.
        """
        waiting = Waiting(delivery, self._loop.create_future())
        try:
            self._waiting.put_nowait(waiting)
        except queue.Full:
            return BUSY
        return await waiting.answer

    @property
    def is_writing(self) -> bool:
        """Whether its thread lives."""
        return self._thread.is_alive()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, ends = [first], False
            while len(batch) < MOST_AT_ONCE and not self._waiting.empty():
                more = self._waiting.get()
                if more is None:
                    ends = True
                    break
                batch.append(more)
            answers = self._put([one.delivery for one in batch])
            self._loop.call_soon_threadsafe(self._answer, batch, answers)
            if KEPT in answers:
                self._on_kept()
            if ends:
                return

    def _put(self, deliveries: Sequence[Delivery]) -> list[int]:
        """What each is answered. Whatever happens, the thread lives on and nobody gets a false 200."""
        try:
            fits = [self._queue.takes(one) for one in deliveries]
            self._queue.put_many([one for one, does in zip(deliveries, fits, strict=True) if does])
        except StorageFailed as error:
            log.warning("deliveries_refused", deliveries=len(deliveries), reason=str(error))
        except Exception as error:
            log.error("deliveries_refused", deliveries=len(deliveries), reason=type(error).__name__)  # noqa: TRY400
        else:
            if not all(fits):
                log.warning("deliveries_too_large", deliveries=fits.count(False))
            return [KEPT if does else TOO_LARGE for does in fits]
        return [BUSY] * len(deliveries)

    def _answer(self, batch: list[Waiting], answers: list[int]) -> None:
        for one, status in zip(batch, answers, strict=True):
            if not one.answer.cancelled():
                one.answer.set_result(status)


class Refused(Exception):
    """A POST that is not kept: the status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class Receiver:
    """Answers Meta: the handshake, and deliveries that one of the secrets signed."""

    writer: Writer
    secrets: Sequence[str]
    verify_token: str
    clock: Clock
    answered: Counter[int] = field(default_factory=Counter)
    bytes_held: int = 0

    async def webhook(self, request: Request) -> Response:
        """Answer the handshake, or keep a delivery."""
        if request.method != "POST":
            return handshake(request, self.verify_token)
        body = bytearray()
        try:
            await self._receive(request, body)
            status = await self.writer.keep(Delivery(bytes(body), self.clock()))
            response = Response(status_code=status, headers=RETRY_AFTER if status == BUSY else {})
        except Refused as refused:
            retry = RETRY_AFTER if refused.status == BUSY else {}
            response = Response(status_code=refused.status, headers={"Connection": "close", **retry})
        finally:
            self.bytes_held -= len(body)
        self.answered[response.status_code] += 1
        return response

    async def health(self, request: Request) -> Response:
        """Whether deliveries can be taken; no detail."""
        return PlainTextResponse("ok\n") if self.writer.is_writing else Response(status_code=BUSY, headers=RETRY_AFTER)

    async def _receive(self, request: Request, body: bytearray) -> None:
        """Fill the body, if it is not too large, comes in time, and is signed.

        Raises: Refused.
        """
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            raise Refused(TOO_LARGE)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                await self._read(request, body)
        except TimeoutError:
            raise Refused(408) from None
        except ClientDisconnect:
            raise Refused(400) from None
        if not is_signed(body, request.headers.get("x-hub-signature-256", "").encode("latin-1"), self.secrets):
            raise Refused(401)

    async def _read(self, request: Request, body: bytearray) -> None:
        async for chunk in request.stream():
            if len(body) + len(chunk) > LARGEST_BODY:
                raise Refused(TOO_LARGE)
            if self.bytes_held + len(chunk) > MOST_BYTES:
                raise Refused(BUSY)
            body += chunk
            self.bytes_held += len(chunk)


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

    routes = [Route("/webhook", receiver.webhook, methods=["GET", "POST"]), Route("/health", receiver.health)]
    handlers = {HTTPException: empty, Exception: empty}
    return Starlette(debug=False, routes=routes, lifespan=lifespan, exception_handlers=handlers)


async def empty(request: Request, error: Exception) -> Response:
    """A status and nothing else, for a path or method that there is not."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    return Response(status_code=status, headers=headers)


def handshake(request: Request, verify_token: str) -> Response:
    """Meta's question whether this callback is ours: its challenge back, as plain text, if the token is right."""
    asked = request.query_params
    challenge = asked.get("hub.challenge", "")
    is_ours = hmac.compare_digest(asked.get("hub.verify_token", "").encode(), verify_token.encode())
    is_plain = challenge.isascii() and challenge.isdigit() and len(challenge) <= LONGEST_CHALLENGE
    if asked.get("hub.mode") != "subscribe" or not is_ours or not is_plain:
        return Response(status_code=403)
    return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff"})
