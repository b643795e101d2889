"""Back up: copy what cannot be made again, while it is used: queue, events, the client's file, landing, quarantine.

The queue goes first and landing last: whatever a copied file says has landed is among the copied landed files.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ingest.domain.errors import StorageFailed
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.landing.folder import FolderLanding

log = structlog.get_logger()
LANDING, QUARANTINE = "landing", "quarantine"


@dataclass(frozen=True, slots=True)
class Copied:
    """One thing of a backup: what, how many files are new in the backup, how many it holds now."""

    what: str
    new: int
    files: int


def back_up(settings: Settings, folder: Path) -> list[Copied]:
    """Copy everything into a folder; landed files that it holds from an earlier backup are left: they never change.

    What lies on SQS or S3 is left out: it is not on this machine.
    Raises: StorageFailed.
    """
    from ingest.adapters.landing.folder import FolderLanding
    from ingest.adapters.landing.open_landing import open_landing
    from ingest.adapters.queue.open_queue import ledger_path

    landing = open_landing(settings)
    with _storage(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = [ledger_path(settings), settings.events_path, settings.state_path]
        copied = [_copy_database(path, folder / path.name) for path in files if path.exists()]
        if isinstance(landing, FolderLanding):
            copied.append(_copy_files(LANDING, _landed(landing), folder))
        copied.append(_copy_files(QUARANTINE, _below(settings.quarantine_dir), folder))
    log.info("backed_up", folder=str(folder), new=sum(one.new for one in copied))
    return copied


def _copy_database(path: Path, target: Path) -> Copied:
    """A copy of an SQLite file as of one moment, whoever writes it meanwhile."""
    beside = target.with_name(f".{target.name}.new")
    beside.unlink(missing_ok=True)
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as file:
        file.execute("vacuum into ?", (str(beside),))
    beside.chmod(0o600)
    _sync(beside)
    beside.replace(target)
    _sync(target.parent)
    return Copied(path.name, 1, 1)


def _landed(landing: "FolderLanding") -> dict[str, Path]:
    return {key: landing.local_path(key) for key in landing.keys_below(".")}


def _below(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.glob("*") if path.is_file() and path.name[0] != "."}


def _copy_files(name: str, files: dict[str, Path], folder: Path) -> Copied:
    """Copy what is not there yet, or is another size: each file whole or not at all."""
    new = 0
    for key, path in files.items():
        target = folder / name / key
        if target.exists() and target.stat().st_size == path.stat().st_size:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.new")
        shutil.copyfile(path, beside)
        _sync(beside)
        beside.replace(target)
        new += 1
    return Copied(name, new, len(files))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _storage(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StorageFailed(
            f"The backup in {folder} could not be written: {error}. It is not whole. Free some space, or set it right; "
            "then run `campaign-reach backup` again, which goes on where it stopped."
        ) from None
