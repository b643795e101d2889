"""What a landing holds wherever it lies: files by key, each written once, and how they are read."""

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import zstandard

from ingest.adapters.landing.envelope import Attachment, Batch
from ingest.domain.errors import LandingDamaged

PLAIN = re.compile(r"[A-Za-z0-9_]{1,128}", re.ASCII)
SUFFIX = ".ndjson.zst"


class Landing(Protocol):
    """Landed files by key, `<source>/<platform>/<account>/<date>/<batch>.ndjson.zst`: in a folder, or on S3."""

    @property
    def sift(self) -> Callable[[Batch], Batch]:
        """Takes out of a batch what must not land: objects that were erased."""

    def write(self, batch: Batch) -> str:
        """Land a batch; its key. The same batch again is nothing.

        Raises: StorageFailed when it cannot be written, LandingDamaged when other bytes lie under its key.
        """

    def landed_keys(self) -> list[str]:
        """The keys of all landed files, oldest batch first."""

    def keys(self) -> list[str]:
        """The keys of everything that lies there, batches and what lies beside them; nothing unfinished."""

    def keys_below(self, folder: str) -> list[str]:
        """The keys of everything that lies in a folder of the landing."""

    def local_path(self, key: str) -> Path:
        """Where the bytes of a landed file lie on this machine, as long as this landing is in use."""

    def put_new(self, key: str, content: bytes) -> None:
        """Write something beside the batches, once.

        Raises: StorageFailed, LandingDamaged when other bytes lie there.
        """

    def take_out(self, key: str, content: bytes | None) -> None:
        """Put other bytes in the place of a landed file, or remove it: `erase` and the retention alone do that.

        Raises: StorageFailed.
        """


def files_of(batch: Batch) -> Iterator[tuple[str, bytes]]:
    """Key and content of every file that a batch lands as; the lines come last, for they make it a batch."""
    stem = _stem(batch)
    for number, original in batch.originals():
        yield f"{stem}.{number}.bin", original
    yield f"{stem}{SUFFIX}", compressed(batch.lines())


def compressed(lines: bytes) -> bytes:
    """The bytes of a landed file that holds these lines: the same lines give the same bytes."""
    return zstandard.ZstdCompressor(level=9, write_checksum=True).compress(lines)


def attachments_of(batch: Batch) -> Iterator[tuple[str, Attachment]]:
    """Key and file of what lies beside the lines; it lands before them, so that no line stands without its file."""
    if batch.attachment:
        yield attachment_key(_stem(batch), batch.attachment.extension), batch.attachment


def attachment_key(key: str, extension: str) -> str:
    """The key of the file that lies beside the lines of a landing key."""
    return f"{key.removesuffix(SUFFIX)}.{extension}"


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


def require_same_file(where: object, there: Path, attachment: Attachment) -> None:
    """The file that lies under a key already is the one that was to be written.

    Raises: LandingDamaged.
    """
    with there.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != attachment.sha256:
            raise LandingDamaged(
                f"{where} is not the file that landed under this name. Landing is never overwritten: "
                "restore it from a backup, or move it and its line away and import it again."
            )


def _stem(batch: Batch) -> str:
    parts = (batch.source, batch.platform, batch.account_id)
    folder = "/".join((*(_plain(part) for part in parts), f"{batch.fetched_at:%Y-%m-%d}"))
    return f"{folder}/{batch.batch_id}"


def _plain(part: str) -> str:
    """The part itself if it is a plain name, else its hash: an id never leads out of the root."""
    return part if PLAIN.fullmatch(part) else hashlib.sha256(part.encode()).hexdigest()
