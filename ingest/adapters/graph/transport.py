"""The transport: HTTP to one host, following nothing, with a limit on the time and on the bytes of every answer.

`requests` bounds each read, not the whole: an answer that drips a byte a second lasts for ever. Here one deadline holds
from the first byte of the headers to the last one of the body, and packed bytes are counted before they are unpacked.
"""

import http.client
import io
import logging
import re
import socket
import time
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ingest.domain.errors import AnswerRejected, AnswerTooLarge, GraphUnavailable, UnsafeAnswer

CHUNK = 64 * 1024
GZIP = 31
"""The window of zlib that takes gzip and nothing else."""
KEPT_OF_LARGE = 1024 * 1024
"""So much of an answer that was too large goes to quarantine."""
PROOF = re.compile(r"(appsecret_proof=)[^&\s'\")]+")


class Deadline:
    """How long the answer that is on its way may still take."""

    def __init__(self, total_seconds: float, read_seconds: float) -> None:
        self.total_seconds, self.read_seconds = total_seconds, read_seconds
        self._ends = time.monotonic() + total_seconds

    def begin(self) -> None:
        """A new answer: all of its time is left."""
        self._ends = time.monotonic() + self.total_seconds

    def patience(self) -> float:
        """How many seconds the next read may take.

        Raises: TimeoutError when the time is over.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the total deadline is over")
        return min(left, self.read_seconds)


class _PatientReader(io.RawIOBase):
    """A socket's bytes; each read waits no longer than the deadline leaves."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline = sock, deadline
        self._source = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.patience())
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()


class _PatientSocket:
    """What `http.client` wants of a socket: a file to read an answer from."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock, self._deadline = sock, deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_PatientReader(self._sock, self._deadline))


class _Adapter(HTTPAdapter):
    """Connections whose answers are read under a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._deadline)


def _pools(deadline: Deadline) -> dict[str, Any]:
    """The pools of urllib3 with connections that read patiently."""

    def response(sock: socket.socket, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:
        return http.client.HTTPResponse(_PatientSocket(sock, deadline), *args, **kwargs)  # type: ignore[arg-type]

    def patient(kind: type, pool: type) -> type:
        connection = type(kind.__name__, (kind,), {"response_class": staticmethod(response)})
        return type(pool.__name__, (pool,), {"ConnectionCls": connection})

    return {
        "http": patient(HTTPConnection, HTTPConnectionPool),
        "https": patient(HTTPSConnection, HTTPSConnectionPool),
    }


class _WithoutProof(logging.Filter):
    """Cuts the proof out of what urllib3 logs: the address of each call when it debugs, or of one with odd headers."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = PROOF.sub(r"\1REDACTED", record.getMessage()), ()
        record.exc_info = record.exc_text = None
        return True


WITHOUT_PROOF = _WithoutProof()


class BoundedSession(requests.Session):
    """A `requests` session that speaks to one origin only, follows nothing, and reads so long and so much."""

    def __init__(self, origin: str, *, total_seconds: float, read_seconds: float, largest_body: int) -> None:
        super().__init__()
        parts = urlsplit(origin)
        self.trust_env = False
        self.headers["Accept-Encoding"] = "gzip"
        self._origin, self._host = (parts.scheme, parts.netloc), parts.netloc
        self._deadline = Deadline(total_seconds, read_seconds)
        self._largest_body = largest_body
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(self._deadline))
        for name in ("urllib3.connectionpool", "urllib3.connection"):
            logging.getLogger(name).addFilter(WITHOUT_PROOF)

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """The answer, read whole and unpacked.

        Raises: GraphUnavailable, UnsafeAnswer, AnswerRejected; none holds the URL, which may hold a credential.
        """
        if urlsplit(str(url))[:2] != self._origin:
            raise UnsafeAnswer(f"A request to another host than {self._host} was refused.")
        options = kwargs | {"allow_redirects": False, "stream": True}
        self._deadline.begin()
        send = super().request
        response: requests.Response = self._bounded(lambda: send(method, url, *args, **options))
        with response:
            packed = self._bounded(lambda: self._read(response))
        if 300 <= response.status_code < 400:  # noqa: PLR2004 - HTTP's own classes
            raise UnsafeAnswer(f"{self._host} answered with a redirect ({response.status_code}); nothing is followed.")
        encoding = response.headers.get("content-encoding", "").strip().lower()
        response._content = unpacked(packed, encoding, largest=self._largest_body)
        return response

    def _bounded(self, work: Callable[[], Any]) -> Any:
        """What the work gives; what goes wrong on the wire is said without the address."""
        try:
            return work()
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise UnsafeAnswer(
                    f"{self._host} showed a certificate that is not accepted; nothing was sent. "
                    "Is somebody between this machine and Meta?"
                ) from None
            raise GraphUnavailable(
                f"{self._host} gave no answer: {self._cause(error)}. "
                "Is the network there, and CAMPAIGN_REACH_GRAPH_URL right?"
            ) from None

    def _read(self, response: requests.Response) -> bytes:
        """The bytes as they come, packed if they are."""
        content = bytearray()
        for chunk in response.raw.stream(CHUNK, decode_content=False):
            content += chunk
            if len(content) > self._largest_body:
                raise _too_large(bytes(content), self._largest_body)
        return bytes(content)

    def _cause(self, error: Exception) -> str:
        """What went wrong, without the message of `requests`, which holds the URL."""
        late = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
        if isinstance(error, late):
            return f"it did not finish within {self._deadline.total_seconds:.0f} s, or fell silent"
        if isinstance(error, requests.ConnectionError):
            return "the connection was refused or broke off"
        return "the answer broke off"


def unpacked(content: bytes, encoding: str, *, largest: int) -> bytes:
    """The bytes of a body as it was before it was packed, at most so many.

    Raises: AnswerTooLarge, and AnswerRejected with the bytes as they came when they cannot be unpacked.
    """
    if encoding in ("", "identity"):
        return content
    if encoding != "gzip":
        raise AnswerRejected(f"Meta's answer is packed as {encoding[:20]}, which nobody asked for.", body=content)
    unpacker = zlib.decompressobj(GZIP)
    try:
        plain = unpacker.decompress(content, largest + 1)
    except zlib.error:
        raise AnswerRejected("Meta's answer says that it is gzip and is none.", body=content) from None
    if len(plain) > largest:
        raise _too_large(content, largest)
    if not unpacker.eof or unpacker.unused_data:
        raise AnswerRejected("Meta's answer is gzip that ends too early, or too late.", body=content)
    return plain


def _too_large(content: bytes, largest: int) -> AnswerTooLarge:
    return AnswerTooLarge(
        f"Meta's answer has more than {largest:,} bytes; the rest was not read.", body=content[:KEPT_OF_LARGE]
    )
