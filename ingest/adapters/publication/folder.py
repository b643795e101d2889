"""The publication folder: versions are put in place whole, one atomic rename of the manifest switches readers over."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ingest.adapters.publication.disk import Disk, storage
from ingest.adapters.publication.manifest import NAME, Manifest, read_manifest
from ingest.adapters.publication.publication import DATABASE, VERSIONS
from ingest.domain.errors import TryAgain

HIDDEN = ".candidate-"
READ_ONLY = 0o444


class FolderPublication:
    """A publication on a local disk.

    `versions/<version>/` is complete before it has its name; `manifest.json` names the served one and is the truth;
    `campaign_reach.duckdb` is a second name of the served version's file. Everything else is hidden.
    """

    def __init__(self, root: Path, *, keep: int, disk: Disk | None = None) -> None:
        self.root = root
        self.keep = keep
        self.disk = disk or Disk()

    @property
    def manifest_path(self) -> Path:
        """The manifest of the served version."""
        return self.root / NAME

    @property
    def database_path(self) -> Path:
        """The stable name that BI tools open."""
        return self.root / DATABASE

    def place(self, path: str) -> str:
        """Where something of the publication lies."""
        return str(self.root / path)

    def readers_open(self, manifest: Manifest) -> str:
        """The stable name that BI tools open."""
        return str(self.database_path)

    @contextmanager
    def publishing(self) -> Iterator[Path]:
        """A hidden folder to prepare a version in, for one publisher at a time; leftovers of killed ones are removed.

        Raises: TryAgain when another process publishes, StorageFailed when the folder cannot be written.
        """
        with storage(self.root, "Preparing a publication"):
            self.disk.make_folder(self.root)
            lock = (self.root / ".lock").open("a+")
        with lock:
            with storage(self.root, "Preparing a publication"):
                self._take(lock.fileno())
            for leftover in self.root.glob(f"{HIDDEN}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            with storage(self.root, "Preparing a publication"):
                workspace = Path(tempfile.mkdtemp(prefix=HIDDEN, dir=self.root))
                workspace.chmod(0o755)
            try:
                yield workspace
            finally:
                shutil.rmtree(workspace, ignore_errors=True)

    def served(self) -> Manifest | None:
        """The manifest that readers follow; None before the first publication."""
        return read_manifest(self.manifest_path)

    def kept(self, kind: str = VERSIONS) -> list[Manifest]:
        """The kept versions, or stopped candidates, oldest first."""
        found = (read_manifest(path) for path in sorted((self.root / kind).glob(f"*/{NAME}")))
        return [manifest for manifest in found if manifest]

    def is_whole(self, manifest: Manifest) -> bool:
        """Whether every file that the manifest names is there, with its length (`verify` re-hashes them)."""
        folder = self.root / manifest.folder
        sizes = ((folder / file.path, file.bytes) for file in manifest.files)
        return all(path.is_file() and path.stat().st_size == size for path, size in sizes)

    def serve(self, prepared: Path, manifest: Manifest, *, workspace: Path) -> Manifest:
        """Put a prepared version in place and switch readers over to it; its manifest.

        Killed anywhere in here, readers have the old version or the new one, and the next publication tidies up.
        Raises: StorageFailed.
        """
        target = self.root / manifest.folder
        with storage(self.root, f"Publishing {manifest.version}"):
            self._settle(prepared, manifest)
            self._place(prepared, target, workspace=workspace)
        self.switch(manifest, workspace=workspace)
        self._prune(self.root / VERSIONS, keep={manifest.version}, workspace=workspace)
        return manifest

    def switch(self, manifest: Manifest, *, workspace: Path) -> None:
        """Switch readers over to a version that is kept: the manifest by one rename, then the stable name.

        Raises: StorageFailed.
        """
        with storage(self.root, f"Switching readers to {manifest.version}"):
            self.disk.write(workspace / NAME, manifest.as_bytes())
            self.disk.rename(workspace / NAME, self.manifest_path)
        self.point_to(manifest, workspace=workspace)

    def reject(self, prepared: Path, manifest: Manifest, *, workspace: Path) -> Manifest:
        """Keep a stopped candidate with its verdict, where `--show-rejected` finds it; its manifest."""
        target = self.root / manifest.folder
        with storage(self.root, f"Keeping the rejected candidate {manifest.version}"):
            self._settle(prepared, manifest)
            for same in target.parent.glob(f"*-{manifest.content_hash[:8]}"):
                self.disk.rename(same, workspace / f"old-{same.name}")
            self._place(prepared, target, workspace=workspace)
        self._prune(target.parent, keep={manifest.version}, workspace=workspace)
        return manifest

    def remove(self, manifest: Manifest, *, workspace: Path) -> None:
        """Remove a kept version that is not served: it vanishes whole.

        Raises: StorageFailed.
        """
        with storage(self.root, f"Removing {manifest.version}"):
            folder = self.root / manifest.folder
            self.disk.rename(folder, workspace / f"old-{folder.name}")

    def remove_day(self, folder: str, *, workspace: Path) -> None:
        """Remove the publication of a past day, which lies inside this one: it vanishes whole.

        Raises: StorageFailed.
        """
        with storage(self.root, f"Removing {folder}"):
            self.disk.rename(self.root / folder, workspace / f"old-{PurePosixPath(folder).name}")

    def local_copy(self, manifest: Manifest, path: str) -> Path:
        """A file of a version: it lies on this machine already."""
        return self.local_file(f"{manifest.folder}/{path}")

    def paths(self) -> list[str]:
        """Everything that lies in the publication; nothing hidden."""
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return sorted(path.as_posix() for path in found if not path.parts[0].startswith("."))

    def local_file(self, path: str) -> Path:
        """Something that lies in the publication."""
        return self.root / path

    def point_to(self, manifest: Manifest, *, workspace: Path) -> None:
        """Make the stable name the served version's file; does nothing when it is."""
        source = self.root / manifest.folder / DATABASE
        with storage(self.root, f"Giving {manifest.version} its stable name"):
            if self.database_path.exists() and self.database_path.samefile(source):
                return
            self.disk.link(source, workspace / DATABASE)
            self.disk.rename(workspace / DATABASE, self.database_path)

    def _take(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
            raise TryAgain(
                f"Another process (id {holder}) is publishing to {self.root}. Nothing was changed: "
                "wait until it has ended, then publish again."
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)

    def _settle(self, prepared: Path, manifest: Manifest) -> None:
        """Write the manifest beside its files and wait until all of them are on the disk, never to be written again."""
        self.disk.write(prepared / NAME, manifest.as_bytes())
        for path in sorted(prepared.rglob("*")):
            if path.is_file():
                path.chmod(READ_ONLY)
            self.disk.sync(path)
        self.disk.sync(prepared)

    def _place(self, prepared: Path, target: Path, *, workspace: Path) -> None:
        """Give a prepared folder its name; one that a killed publication left under that name makes way."""
        self.disk.make_folder(target.parent)
        self.disk.sync(self.root)
        if target.exists():
            self.disk.rename(target, workspace / f"old-{target.name}")
        self.disk.rename(prepared, target)

    def _prune(self, folder: Path, *, keep: set[str], workspace: Path) -> None:
        """Remove all but the kept and the newest versions; each vanishes whole, readers of an open file keep it."""
        others = sorted(path for path in folder.iterdir() if path.name not in keep)
        with storage(self.root, "Removing old versions"):
            for path in others[: -self.keep]:
                self.disk.rename(path, workspace / f"old-{path.name}")
