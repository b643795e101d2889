"""Landing in a folder: each batch one compressed file that is written once and never overwritten."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ingest.adapters.landing.envelope import Batch
from ingest.adapters.landing.files import SUFFIX, batches_among, files_of, require_same
from ingest.domain.errors import StorageFailed

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
        key = ""
        with _storage_errors(self._root):
            for key, content in files_of(batch):
                self._write_once(self._root / key, content)
        return key

    def landed_keys(self) -> list[str]:
        """The keys of all landed files, oldest batch first."""
        return batches_among(path.relative_to(self._root).as_posix() for path in self._root.rglob(f"*{SUFFIX}"))

    def local_path(self, key: str) -> Path:
        """Where the bytes of a landed file lie on this machine."""
        return self._root / key

    def _write_once(self, path: Path, content: bytes) -> None:
        if path.exists():
            require_same(path, path.read_bytes(), content)
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
                require_same(path, path.read_bytes(), content)
        finally:
            temporary.unlink(missing_ok=True)
        _fsync_folder(path.parent)


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
