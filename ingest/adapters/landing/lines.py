"""Landed lines, read back: the envelope, the body, and whether the body is still what its hash says.

Every schema version that was ever written stays readable here.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import zstandard

from ingest.adapters.landing.envelope import READABLE, SCHEMA_VERSION
from ingest.adapters.landing.files import SUFFIX, Landing
from ingest.domain.errors import LandingDamaged

BODY = b',"body":'


@dataclass(frozen=True, slots=True)
class LandedLine:
    """One line of a landed file. `is_true` says whether the body hashes to what was noted when it came.

    A body that had to be cleaned lies beside its file as it came: then that is what is hashed.
    """

    line_no: int
    schema_version: int
    fetched_at: datetime
    source: str
    platform: str
    account_id: str
    request: dict[str, Any]
    graph_version: str | None
    http_status: int | None
    body_sha256: str
    body: Any
    is_cleaned: bool
    is_true: bool


@dataclass(frozen=True, slots=True)
class LandedContent:
    """A landed file, decompressed: the hash of its bytes, and its lines as they lie there."""

    landing: Landing
    key: str
    sha256: str
    lines: tuple[bytes, ...]

    def read(self, numbers: Collection[int] | None = None) -> Iterator[LandedLine]:
        """Its lines, all or those numbered.

        Raises: LandingDamaged when a line is none, or was written by a newer release.
        """
        for number, line in enumerate(self.lines, start=1):
            if numbers is None or number in numbers:
                yield self._line(number, line)

    def _line(self, number: int, line: bytes) -> LandedLine:
        try:
            facts = json.loads(line)
            version = int(facts["schema_version"])
            if version not in READABLE:
                raise LandingDamaged(
                    f"{self.key}, line {number}, has schema version {version}; this release reads up to "
                    f"{SCHEMA_VERSION}. A newer release wrote it: update campaign-reach."
                )
            return LandedLine(
                line_no=number,
                schema_version=version,
                fetched_at=datetime.fromisoformat(facts["fetched_at"]),
                source=facts["source"],
                platform=facts["platform"],
                account_id=facts["account_id"],
                request=facts["request"],
                graph_version=facts.get("graph_version"),
                http_status=facts.get("http_status"),
                body_sha256=facts["body_sha256"],
                body=facts["body"],
                is_cleaned=bool(facts.get("is_cleaned")),
                is_true=self._is_true(number, line, facts) and facts["line_no"] == number,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise LandingDamaged(
                f"{self.key}, line {number}, is no landed line: {error}. Restore it from a backup."
            ) from None

    def _is_true(self, number: int, line: bytes, facts: dict[str, Any]) -> bool:
        """Whether the body as received has the hash that stands beside it."""
        if facts.get("is_cleaned"):
            original = self.landing.local_path(original_key(self.key, number))
            return original.is_file() and _sha256(original.read_bytes()) == str(facts["body_sha256"])
        start = line.index(BODY, line.index(b'"body_sha256"')) + len(BODY)
        return _sha256(line[start:-1]) == str(facts["body_sha256"])


def open_landed(landing: Landing, key: str) -> LandedContent:
    """A landed file's content.

    Raises: LandingDamaged when it is not there, cut, or not what was written; StorageFailed.
    """
    try:
        content = landing.local_path(key).read_bytes()
        text = zstandard.ZstdDecompressor().decompress(content)
    except zstandard.ZstdError as error:
        raise LandingDamaged(f"{key} is not what was written: {error}. Restore it from a backup.") from None
    except OSError as error:
        raise LandingDamaged(f"{key} cannot be read: {error.strerror}. Restore it from a backup.") from None
    if not text.endswith(b"\n"):
        raise LandingDamaged(f"{key} is not what was written: its last line has no end. Restore it from a backup.")
    return LandedContent(landing, key, hashlib.sha256(content).hexdigest(), tuple(text[:-1].split(b"\n")))


def original_key(key: str, number: int) -> str:
    """Where the bytes of a line's body lie as they came, if they had to be cleaned."""
    return f"{key.removesuffix(SUFFIX)}.{number}.bin"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
