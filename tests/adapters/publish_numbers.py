"""Publications that hold one number each; as a program, one that is killed at its n-th call to the disk."""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.adapters.publication.disk import Disk
from ingest.adapters.publication.folder import FolderPublication
from ingest.adapters.publication.manifest import Manifest, describe
from ingest.adapters.publication.publication import DATABASE, Publication

BUILT_AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


class DeadlyDisk(Disk):
    """A disk whose n-th call kills the process, before or after it has done its work."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def sync(self, path: Path) -> None:
        self.calls -= 1
        if self.calls == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        super().sync(path)

    def link(self, source: Path, target: Path) -> None:
        super().link(source, target)
        self.sync(target)


def publish_number(
    publication: Publication, number: int, *, is_rejected: bool = False, built_at: datetime = BUILT_AT
) -> Manifest:
    """Publish (or reject) a version whose only table holds this number."""
    with publication.publishing() as workspace:
        prepared, manifest = prepare_number(workspace, number, is_rejected=is_rejected, built_at=built_at)
        if is_rejected:
            return publication.reject(prepared, manifest, workspace=workspace)
        return publication.serve(prepared, manifest, workspace=workspace)


def prepare_number(
    workspace: Path, number: int, *, is_rejected: bool = False, built_at: datetime = BUILT_AT
) -> tuple[Path, Manifest]:
    """A prepared version whose only table holds this number, and its manifest."""
    prepared = workspace / "version"
    prepared.mkdir()
    with duckdb.connect(str(prepared / DATABASE)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.numbers as select ? as number", [number])
    version = f"{built_at:%Y%m%dT%H%M%SZ}-{number:08x}"
    return prepared, Manifest(
        version=version,
        folder=f"{'rejected' if is_rejected else 'versions'}/{version}",
        built_at=built_at.isoformat(),
        content_hash=f"{number:064x}"[-8:] + "0" * 56,
        code_revision="0.1.0",
        registry_hash=None,
        source_watermark=None,
        files=(describe(prepared / DATABASE, prepared),),
    )


if __name__ == "__main__":
    root, number, calls = sys.argv[1:]
    publish_number(FolderPublication(Path(root), keep=2, disk=DeadlyDisk(int(calls))), int(number))
