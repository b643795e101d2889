"""A private copy of a file that is to be imported: what is recognised, hashed and landed are the same bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.adapters.exports.seen import Passing, Seen
from ingest.domain.errors import ImportRefused

LARGEST = 2 * 1024**3
AT_ONCE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Copy:
    """The copied bytes: where they came from, where they are, their SHA-256, and when the original was written."""

    name: str
    path: Path
    sha256: str
    modified_at: datetime
    seen: Seen | None = None
    """What its bytes were when they were copied; None of a file that has landed."""
    folder: str = ""
    """The name of the folder that the file lay in: an account's id there says whose file it is."""
    archive: str = ""
    """The name of the ZIP that it came out of."""

    @property
    def shown(self) -> str:
        """What people call it."""
        return f"{self.archive} › {self.name}" if self.archive else self.name


def copy_file(path: Path, into: Path, *, told: Callable[[int], None] = lambda _: None) -> Copy:
    """A copy of a file in a folder of ours; `told` hears of every part that is copied, how many bytes it has.

    Raises: ImportRefused when it cannot be read, is empty, too large, or changed while it was read.
    """
    try:
        before = path.stat()
        if before.st_size > LARGEST:
            raise ImportRefused(f"{path.name} has {before.st_size:,} bytes: more than {LARGEST:,}. Export it in parts.")
        target, passing = into / f"{sum(1 for _ in into.iterdir()):05d}{path.suffix.lower()}", Passing()
        with path.open("rb") as source, target.open("xb") as file:
            while part := source.read(AT_ONCE):
                passing.take(part)
                file.write(part)
                told(len(part))
        after = path.stat()
    except OSError as error:
        raise ImportRefused(
            f"{path.name} cannot be read: {error.strerror}. Is it there, and may you read it?"
        ) from None
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
        raise ImportRefused(f"{path.name} changed while it was read. Wait until it is written, then import it again.")
    if not after.st_size:
        raise ImportRefused(f"{path.name} is empty. Export it again.")
    modified = datetime.fromtimestamp(after.st_mtime, UTC)
    seen = passing.seen()
    return Copy(path.name, target, seen.sha256, modified, seen, folder=path.absolute().parent.name)
