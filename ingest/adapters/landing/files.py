"""What a landing holds wherever it lies: files by key, each written once, and how they are read."""

import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import zstandard

from ingest.adapters.landing.envelope import Batch
from ingest.domain.errors import LandingDamaged

PLAIN = re.compile(r"[A-Za-z0-9_]{1,128}", re.ASCII)
SUFFIX = ".ndjson.zst"


class Landing(Protocol):
    """Landed files by key, `<source>/<platform>/<account>/<date>/<batch>.ndjson.zst`: in a folder, or on S3."""

    def write(self, batch: Batch) -> str:
        """Land a batch; its key. The same batch again is nothing.

        Raises: StorageFailed when it cannot be written, LandingDamaged when other bytes lie under its key.
        """

    def landed_keys(self) -> list[str]:
        """The keys of all landed files, oldest batch first."""

    def local_path(self, key: str) -> Path:
        """Where the bytes of a landed file lie on this machine, as long as this landing is in use."""


def files_of(batch: Batch) -> Iterator[tuple[str, bytes]]:
    """Key and content of every file that a batch lands as; the lines come last, for they make it a batch."""
    parts = (batch.source, batch.platform, batch.account_id)
    folder = "/".join((*(_plain(part) for part in parts), f"{batch.fetched_at:%Y-%m-%d}"))
    stem = f"{folder}/{batch.batch_id}"
    for number, original in batch.originals():
        yield f"{stem}.{number}.bin", original
    yield f"{stem}{SUFFIX}", zstandard.ZstdCompressor(level=9, write_checksum=True).compress(batch.lines())


def batches_among(keys: Iterable[str]) -> list[str]:
    """The keys that are landed batches, oldest first; what lies beside them and what is unfinished is none."""
    batches = (key for key in keys if key.endswith(SUFFIX) and not PurePosixPath(key).name.startswith("."))
    return sorted(batches, key=lambda key: (PurePosixPath(key).name, key))


def first_line(path: Path) -> dict[str, Any]:
    """The first envelope of a landed file.

    Raises: LandingDamaged when it is not what was written.
    """
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            line = io.TextIOWrapper(stream, encoding="utf-8").readline()
        envelope: dict[str, Any] = json.loads(line)
    except (zstandard.ZstdError, ValueError) as error:
        raise LandingDamaged(f"{path} is not what was written: {error}. Restore it from a backup.") from None
    return envelope


def require_same(where: object, there: bytes, content: bytes) -> None:
    """What lies under a key already is what was to be written.

    Raises: LandingDamaged.
    """
    if there != content:
        raise LandingDamaged(
            f"{where} holds other bytes than the same batch has now. Landing is never overwritten: "
            "restore the file from a backup, or move it away."
        )


def _plain(part: str) -> str:
    """The part itself if it is a plain name, else its hash: an id never leads out of the root."""
    return part if PLAIN.fullmatch(part) else hashlib.sha256(part.encode()).hexdigest()
