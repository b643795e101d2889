"""The envelope: what stands around an answer when it lands, one line of NDJSON per answer.

The body is spliced in as the text that was received, never parsed and written again.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

SCHEMA_VERSION = 1
READABLE = frozenset({1})
"""The schema versions of landed lines that this release reads; `tests/data/landing` keeps a file of each."""
DIGITS = 12
"""Of a batch's SHA-256 in its id."""
SECRET = re.compile(
    r"((?:access_token|appsecret_proof)(?:=|%3[dD]|\\u003[dD]))((?:[^&\"\\%\s]|%(?!26)[0-9A-Fa-f]{2}|\\/)+)"
)
"""What Meta puts into `paging.next`: a credential, up to the next parameter or the end of the text."""
UNSAFE_ESCAPE = re.compile(
    r"\\(?:\\|u0000|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""Escapes that are not valid everywhere, and those that must be read whole so that no half of them looks like one."""
SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""What each of those begins with; a body without it is as it is to be."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, without any secret."""

    edge: str
    object_id: str
    fields: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    params: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    """Metrics that were wanted and not asked for, because Meta refuses them: the reason by Graph name."""

    def as_json(self) -> dict[str, object]:
        """The request as the envelope holds it."""
        facts: dict[str, object] = {
            "edge": self.edge,
            "object_id": self.object_id,
            "fields": list(self.fields),
            "metrics": list(self.metrics),
            "params": dict(sorted(self.params.items())),
        }
        return facts | ({"refused": dict(sorted(self.refused.items()))} if self.refused else {})


@dataclass(frozen=True, slots=True)
class Received:
    """An answer on its way to landing: the request, and the body as it came but for credentials inside it."""

    request: Request
    body: bytes
    http_status: int | None = None
    graph_version: str | None = None
    body_sha256: str = field(init=False)
    """Hexadecimal SHA-256 of the body."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "body_sha256", hashlib.sha256(self.body).hexdigest())


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that lands unchanged beside its line: a private copy of its bytes, their SHA-256, and its extension."""

    path: Path
    sha256: str
    extension: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Answers that land together in one file: of one account, at one moment; an imported file lies beside them."""

    source: str
    platform: str
    account_id: str
    fetched_at: datetime
    answers: tuple[Received, ...]
    attachment: Attachment | None = None
    content_sha256: str = ""
    """Of the imported file that the lines were made of: it names the batch, whether the file lands or not."""
    batch_id: str = field(init=False)
    """The moment and twelve digits of the content: the same answers at the same moment are the same batch.

    Of an imported file, its SHA-256 is the content.
    """

    def __post_init__(self) -> None:
        digest = self.content_sha256 or (self.attachment.sha256 if self.attachment else "")
        if not digest:
            digest = digest_of((answer.request.as_json(), answer.body_sha256) for answer in self.answers)
        moment = f"{self.fetched_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        object.__setattr__(self, "batch_id", f"{moment}-{digest[:DIGITS]}")

    def lines(self) -> bytes:
        """The file's content: one envelope per answer."""
        return b"".join(self._line(number, answer) for number, answer in enumerate(self.answers, start=1))

    def _line(self, number: int, answer: Received) -> bytes:
        body, is_cleaned = spliceable(answer.body)
        envelope: dict[str, object] = {
            "schema_version": SCHEMA_VERSION,
            "batch_id": self.batch_id,
            "line_no": number,
            "fetched_at": f"{self.fetched_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "source": self.source,
            "platform": self.platform,
            "account_id": self.account_id,
            "request": answer.request.as_json(),
            "graph_version": answer.graph_version,
            "http_status": answer.http_status,
            "body_sha256": answer.body_sha256,
        }
        if is_cleaned:
            envelope["is_cleaned"] = True
        head = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
        return head[:-1] + b',"body":' + body + b"}\n"

    def originals(self) -> Sequence[tuple[int, bytes]]:
        """Line number and bytes as received of each answer whose body had to be cleaned."""
        return [(n, answer.body) for n, answer in enumerate(self.answers, start=1) if spliceable(answer.body)[1]]


def digest_of(answers: Iterable[tuple[dict[str, object], str]]) -> str:
    """The SHA-256 by which a batch is named: of what was asked, and of the bodies' own SHA-256."""
    facts = [list(answer) for answer in answers]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def without_credentials(body: bytes) -> bytes:
    """The body with the credentials cut out that Meta puts into `paging.next`; all else as it was."""
    if b"access_token" not in body and b"appsecret_proof" not in body:
        return body
    text = body.decode("utf-8", errors="surrogateescape")
    return SECRET.sub(r"\1REDACTED", text).encode("utf-8", errors="surrogateescape")


def spliceable(body: bytes) -> tuple[bytes, bool]:
    """The body as one line that DuckDB reads, and whether that changed anything.

    Line breaks between tokens become spaces; a lone surrogate or NUL escape inside a text becomes U+FFFD.
    """
    if not any(mark in body for mark in (b"\\u", b"\n", b"\r")):
        return body, False
    text = body.decode("utf-8")
    cleaned = text.replace("\r", " ").replace("\n", " ")
    cleaned = UNSAFE_ESCAPE.sub(_safe, cleaned) if SUSPECT.search(cleaned) else cleaned
    return cleaned.encode(), cleaned != text


def _safe(match: re.Match[str]) -> str:
    escape = match.group()
    lone_surrogate = len(escape) == len("\\ud800") and escape[1:3].lower() == "ud"
    return "\\ufffd" if escape == "\\u0000" or lone_surrogate else escape
