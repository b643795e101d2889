"""Landing in a folder: each batch one compressed file that is written once and never overwritten."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ingest.adapters.landing.envelope import Attachment, Batch
from ingest.adapters.landing.files import (
    SUFFIX,
    attachments_of,
    batches_among,
    files_of,
    require_same,
    require_same_file,
)
from ingest.domain.errors import StorageFailed

COPIED_AT_ONCE = 1024 * 1024
Open = Callable[[Path], BinaryIO]
"""Opens a new file for writing: the adapter's edge, where tests let the disk fill up."""


def _new_file(path: Path) -> BinaryIO:
    return path.open("xb")


class FolderLanding:
    """Landed files below a root folder, by key: `<source>/<platform>/<account>/<date>/<batch>.ndjson.zst`."""

    def __init__(self, root: Path, *, open_new: Open = _new_file) -> None:
        self._root = root
        self._open_new = open_new
        self.sift: Callable[[Batch], Batch] = lambda batch: batch

    def write(self, batch: Batch) -> str:
        """Land a batch; its key. The same batch again is nothing.

        Raises: StorageFailed when it cannot be written, LandingDamaged when other bytes lie under its key.
        """
        key, batch = "", self.sift(batch)
        with _storage_errors(self._root):
            for beside, attachment in attachments_of(batch):
                self._place_once(self._root / beside, attachment)
            for key, content in files_of(batch):
                self._write_once(self._root / key, content)
        return key

    def landed_keys(self) -> list[str]:
        """The keys of all landed files, oldest batch first."""
        return batches_among(path.relative_to(self._root).as_posix() for path in self._root.rglob(f"*{SUFFIX}"))

    def keys(self) -> list[str]:
        """The keys of everything that lies there; nothing unfinished."""
        return self.keys_below(".")

    def keys_below(self, folder: str) -> list[str]:
        """The keys of everything that lies in a folder of the landing; nothing unfinished."""
        found = (path for path in (self._root / folder).rglob("*") if path.is_file() and path.name[0] != ".")
        return sorted(path.relative_to(self._root).as_posix() for path in found)

    def local_path(self, key: str) -> Path:
        """Where the bytes of a landed file lie on this machine."""
        return self._root / key

    def put_new(self, key: str, content: bytes) -> None:
        """Write something beside the batches, once.

        Raises: StorageFailed, LandingDamaged when other bytes lie there.
        """
        with _storage_errors(self._root):
            self._write_once(self._root / key, content)

    def take_out(self, key: str, content: bytes | None) -> None:
        """Put other bytes in the place of a landed file in one step, or remove it.

        Raises: StorageFailed.
        """
        path = self._root / key
        with _storage_errors(self._root):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
                with temporary.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            _fsync_folder(path.parent)

    def _write_once(self, path: Path, content: bytes) -> None:
        self._put_once(path, lambda file: file.write(content), lambda: require_same(path, path.read_bytes(), content))

    def _place_once(self, path: Path, attachment: Attachment) -> None:
        self._put_once(
            path, lambda file: _copy(attachment.path, file), lambda: require_same_file(path, path, attachment)
        )

    def _put_once(self, path: Path, write: Callable[[BinaryIO], object], require: Callable[[], None]) -> None:
        """Write a file whole or not at all; what lies there already must be the same."""
        if path.exists():
            require()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        temporary.unlink(missing_ok=True)
        try:
            with self._open_new(temporary) as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(temporary, path)  # unlike a rename, this never replaces a file
            except FileExistsError:
                require()
        finally:
            temporary.unlink(missing_ok=True)
        _fsync_folder(path.parent)


def _copy(source: Path, target: BinaryIO) -> None:
    with source.open("rb") as file:
        shutil.copyfileobj(file, target, COPIED_AT_ONCE)


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
