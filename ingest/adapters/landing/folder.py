"""Landing in a folder: each batch one compressed file that is written once and never overwritten."""

import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import zstandard

from ingest.adapters.landing.envelope import Batch
from ingest.domain.errors import LandingDamaged, StorageFailed

PLAIN = re.compile(r"[A-Za-z0-9_]{1,128}", re.ASCII)
SUFFIX = ".ndjson.zst"
Open = Callable[[Path], BinaryIO]
"""Opens a new file for writing: the adapter's edge, where tests let the disk fill up."""


def _new_file(path: Path) -> BinaryIO:
    return path.open("xb")


class FolderLanding:
    """Landed files below a root folder, by key: `<source>/<platform>/<account>/<date>/<batch>.ndjson.zst`."""

    def __init__(self, root: Path, *, open_new: Open = _new_file) -> None:
        self._root = root
        self._open_new = open_new

    def write(self, batch: Batch) -> str:
        """Land a batch; its key. The same batch again is nothing.

        Raises: StorageFailed when it cannot be written, LandingDamaged when other bytes lie under its key.
        """
        key = f"{self._folder(batch)}/{batch.batch_id}{SUFFIX}"
        content = zstandard.ZstdCompressor(level=9, write_checksum=True).compress(batch.lines())
        with _storage_errors(self._root):
            for number, original in batch.originals():
                self._write_once(self._root / f"{key.removesuffix(SUFFIX)}.{number}.bin", original)
            self._write_once(self._root / key, content)
        return key

    def landed_keys(self) -> list[str]:
        """The keys of all landed files, oldest batch first."""
        found = (path.relative_to(self._root).as_posix() for path in self._root.rglob(f"*{SUFFIX}"))
        return sorted(
            (key for key in found if not Path(key).name.startswith(".")), key=lambda key: (Path(key).name, key)
        )

    def local_path(self, key: str) -> Path:
        """Where the bytes of a landed file lie on this machine."""
        return self._root / key

    def _folder(self, batch: Batch) -> str:
        parts = (batch.source, batch.platform, batch.account_id)
        return "/".join((*(_plain(part) for part in parts), f"{batch.fetched_at:%Y-%m-%d}"))

    def _write_once(self, path: Path, content: bytes) -> None:
        if path.exists():
            _same(path, content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        temporary.unlink(missing_ok=True)
        try:
            with self._open_new(temporary) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(temporary, path)  # unlike a rename, this never replaces a file
            except FileExistsError:
                _same(path, content)
        finally:
            temporary.unlink(missing_ok=True)
        _fsync_folder(path.parent)


def landing_root(uri: str) -> Path:
    """The folder that the landing's URI names."""
    return Path(uri.removeprefix("file://"))


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


def _plain(part: str) -> str:
    """The part itself if it is a plain name, else its hash: an id never leads out of the root."""
    return part if PLAIN.fullmatch(part) else hashlib.sha256(part.encode()).hexdigest()


def _same(path: Path, content: bytes) -> None:
    if path.read_bytes() != content:
        raise LandingDamaged(
            f"{path} holds other bytes than the same batch has now. Landing is never overwritten: "
            "restore the file from a backup, or move it away."
        )


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _storage_errors(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFailed(
            f"Nothing could be landed in {root}: {error.strerror or error}. "
            "No half file was left. Free some space or set the permissions, then refresh again."
        ) from None
