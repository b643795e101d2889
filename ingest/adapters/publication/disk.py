"""The few file-system calls that make a publication durable and visible; tests hand in a disk that fails."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.domain.errors import StorageFailed

NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}


class Disk:
    """A real disk. What `write` and `sync` return from survives a power cut; `rename` replaces in one step."""

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, if they are not there."""
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, path: Path, data: bytes) -> None:
        """Write a file and wait until it is on the disk."""
        path.write_bytes(data)
        self.sync(path)

    def sync(self, path: Path) -> None:
        """Wait until a file, or the names in a folder, are on the disk."""
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self, source: Path, target: Path) -> None:
        """Give a file or folder another name; a file that has the name is replaced in the same instant."""
        source.replace(target)
        self.sync(target.parent)

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name; a copy where the file system knows no second names."""
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise
            shutil.copyfile(source, target)
            self.sync(target)


@contextmanager
def storage(folder: Path, doing: str) -> Iterator[None]:
    """Say what could not be stored, and that what is served stays.

    Raises: StorageFailed instead of OSError.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise StorageFailed(
            f"{doing} failed in {folder}: {why}. The served version stays as it was. "
            "Make room or set the folder's permissions, then publish again."
        ) from error
