"""The drop folder: which files have arrived in it, in a folder or below an S3 prefix. Nothing is opened here."""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.adapters.s3 import bucket_at, is_s3

SETTLED_SECONDS = 1.0
"""A file that was written to more recently may still grow."""
UNFINISHED = (".part", ".tmp", ".crdownload", ".partial", ".download")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file in the drop folder; the mark is another one when its content may be."""

    name: str
    mark: str


def arrivals(uri: str, *, endpoint_url: str = "") -> list[Arrival]:
    """The files of the drop folder, and of folders in it, that are finished; below an S3 prefix all of them are.

    Raises: StorageFailed, SettingsInvalid.
    """
    if is_s3(uri):
        bucket = bucket_at(uri, setting="CAMPAIGN_REACH_DROP_URI", endpoint_url=endpoint_url)
        return [Arrival(key, str(size)) for key, size in bucket.sizes().items() if not key.endswith("/")]
    folder, now = drop_folder(uri), time.time()
    return [
        *files_of(folder, finished_by=now),
        *(
            Arrival(f"{inner.name}/{one.name}", one.mark)
            for inner in _folders_in(folder)
            for one in files_of(inner, finished_by=now)
        ),
    ]


def place_of(uri: str, name: str) -> Path:
    """Where an arrival lies in a drop folder on this machine; never outside of it."""
    path = PurePosixPath(name)
    is_inside = not path.is_absolute() and ".." not in path.parts
    return drop_folder(uri) / (path if is_inside else path.name)


def _folders_in(folder: Path) -> list[Path]:
    """The folders right in it: one that is called like an account says whose the files in it are."""
    try:
        return sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))
    except OSError:  # no folder yet
        return []


def drop_folder(uri: str) -> Path:
    """The folder that the URI names."""
    return Path(uri.removeprefix("file://"))


def files_of(folder: Path, *, finished_by: float | None = None, suffixes: tuple[str, ...] = ()) -> list[Arrival]:
    """The files right in a folder, without hidden and unfinished ones; none if there is no folder."""
    try:
        found = [(path, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()]
    except OSError:  # no folder, or a file that was taken away just now: the next look sees what is there
        return []
    return [
        Arrival(path.name, f"{facts.st_size} {facts.st_mtime_ns}")
        for path, facts in found
        if not path.name.startswith(".")
        and path.suffix.lower() not in UNFINISHED
        and (not suffixes or path.suffix in suffixes)
        and (finished_by is None or abs(finished_by - facts.st_mtime) >= SETTLED_SECONDS)
    ]


def mark_of(files: Iterable[Arrival]) -> str:
    """One mark for many files: another one when any has come, gone or changed."""
    return hashlib.sha256("\n".join(f"{one.name}\t{one.mark}" for one in files).encode()).hexdigest()
