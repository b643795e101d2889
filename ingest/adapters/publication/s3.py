"""The publication on S3: each version below a prefix of its own, its manifest last, the pointer by conditional put.

Readers follow `manifest.json`; nothing that they may be reading is ever overwritten. There is no lock: of two
publishers that began with the same pointer, S3 lets one change it, and the other is told.
"""

import secrets
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ingest.adapters.publication.manifest import NAME, Manifest, parse_manifest
from ingest.adapters.publication.publication import DATABASE, REJECTED, VERSIONS
from ingest.adapters.s3 import Bucket, Stored
from ingest.domain.errors import StorageFailed, TryAgain


class S3Publication:
    """A publication below a prefix of a bucket."""

    def __init__(self, bucket: Bucket, *, keep: int) -> None:
        self.bucket = bucket
        self.keep = keep
        self._before: Stored | None = None
        self._leftovers: list[str] = []
        self._fetched: Path | None = None

    def place(self, path: str) -> str:
        """The URI of something of the publication."""
        return f"{self.bucket.uri}/{path}"

    def readers_open(self, manifest: Manifest) -> str:
        """The URI of the version's own file: there is no stable name, since readers ask S3 for it piece by piece."""
        return self.place(f"{manifest.folder}/{DATABASE}")

    @contextmanager
    def publishing(self) -> Iterator[Path]:
        """A temporary folder to prepare a version in; what others do meanwhile is found when readers are switched."""
        self._before = self.bucket.get(NAME)
        self._leftovers = self._unfinished()
        workspace = Path(tempfile.mkdtemp(prefix="campaign-reach-candidate-"))
        try:
            yield workspace
        finally:
            shutil.rmtree(workspace, ignore_errors=True)

    def served(self) -> Manifest | None:
        """The manifest that readers follow; None before the first publication.

        Raises: StorageFailed when it is none, SomebodyMustAct when a newer release wrote it.
        """
        pointer = self.bucket.get(NAME)
        return parse_manifest(pointer.content, self.place(NAME)) if pointer else None

    def kept(self, kind: str = VERSIONS) -> list[Manifest]:
        """The kept versions, or stopped candidates, oldest first."""
        found = [self._manifest_of(key) for key in self.bucket.keys(f"{kind}/") if _is_manifest(key)]
        return sorted((one for one in found if one), key=lambda manifest: (manifest.version, manifest.folder))

    def is_whole(self, manifest: Manifest) -> bool:
        """Whether every file that the manifest names is there, with its length."""
        sizes = self.bucket.sizes(f"{manifest.folder}/")
        return all(sizes.get(f"{manifest.folder}/{file.path}") == file.bytes for file in manifest.files)

    def serve(self, prepared: Path, manifest: Manifest, *, workspace: Path) -> Manifest:
        """Upload a prepared version and switch readers over to it; its manifest, which says in which folder.

        Killed anywhere in here, readers have the old version or the new one, and the next publication tidies up.
        Raises: StorageFailed, TryAgain when somebody else has switched readers meanwhile.
        """
        placed = self._upload(prepared, manifest)
        self.switch(placed, workspace=workspace)
        self.bucket.remove(self._leftovers)
        self._prune(VERSIONS, keep=placed.folder)
        return placed

    def switch(self, manifest: Manifest, *, workspace: Path) -> None:
        """Switch readers over to a version that is kept.

        Raises: StorageFailed, TryAgain when somebody else has switched them meanwhile.
        """
        content = manifest.as_bytes()
        before = self._before
        done = self.bucket.put_over(NAME, content, tag=before.tag) if before else self.bucket.put_new(NAME, content)
        if not done:
            raise TryAgain(
                f"Somebody else has published to {self.bucket.uri} since this publication began. "
                f"Version {manifest.version} is not served, theirs stays: publish again."
            )
        self._before = self.bucket.get(NAME)

    def point_to(self, manifest: Manifest, *, workspace: Path) -> None:
        """Do nothing: S3 has no second names, readers follow the manifest."""

    def reject(self, prepared: Path, manifest: Manifest, *, workspace: Path) -> Manifest:
        """Keep a stopped candidate with its verdict; its manifest, which says in which folder."""
        placed = self._upload(prepared, manifest)
        for same in self.kept(REJECTED):
            if same.content_hash == placed.content_hash and same.folder != placed.folder:
                self._remove(same.folder)
        self._prune(REJECTED, keep=placed.folder)
        return placed

    def remove(self, manifest: Manifest, *, workspace: Path) -> None:
        """Remove a kept version: its manifest first, so that it vanishes whole."""
        self._remove(manifest.folder)

    def remove_day(self, folder: str, *, workspace: Path) -> None:
        """Remove the publication of a past day, which lies below this one: its manifest first."""
        self._remove(folder)

    def local_copy(self, manifest: Manifest, path: str) -> Path:
        """A copy of a file of a version; it is removed with this object."""
        return self.local_file(f"{manifest.folder}/{path}")

    def paths(self) -> list[str]:
        """Everything that lies in the publication."""
        return self.bucket.keys()

    def local_file(self, path: str) -> Path:
        """A copy of something that lies in the publication; it is removed with this object."""
        if self._fetched is None:
            self._fetched = Path(tempfile.mkdtemp(prefix="campaign-reach-published-"))
            weakref.finalize(self, shutil.rmtree, self._fetched, ignore_errors=True)
        target = self._fetched / path
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            self.bucket.download(path, target)
        return target

    def _upload(self, prepared: Path, manifest: Manifest) -> Manifest:
        """Write every file below a prefix that nobody else has, then the manifest; gives the manifest.

        Raises: StorageFailed, also when what is there afterwards is not all of it.
        """
        placed = replace(manifest, folder=f"{manifest.folder}.{secrets.token_hex(4)}")
        for file in placed.files:
            self.bucket.upload(prepared / file.path, f"{placed.folder}/{file.path}")
        if not self.is_whole(placed):
            raise StorageFailed(f"{self.place(placed.folder)} is not whole after it was written. Publish again.")
        self.bucket.put_new(f"{placed.folder}/{NAME}", placed.as_bytes())
        return placed

    def _unfinished(self) -> list[str]:
        """What killed publishers left: keys of versions without a manifest, begun before this publication.

        A publisher that is still at work on one of them began with a pointer that this publication replaces, so that
        it cannot switch readers over any more once these are removed.
        """
        keys = [key for kind in (VERSIONS, REJECTED) for key in self.bucket.keys(f"{kind}/")]
        finished = {_folder(key) for key in keys if _is_manifest(key)}
        return [key for key in keys if _folder(key) not in finished]

    def _manifest_of(self, key: str) -> Manifest | None:
        stored = self.bucket.get(key)
        return parse_manifest(stored.content, self.place(key)) if stored else None

    def _prune(self, kind: str, *, keep: str) -> None:
        folders = sorted({_folder(key) for key in self.bucket.keys(f"{kind}/") if _is_manifest(key)} - {keep})
        for folder in folders[: -self.keep]:
            self._remove(folder)

    def _remove(self, folder: str) -> None:
        self.bucket.remove([f"{folder}/{NAME}"])
        self.bucket.remove(self.bucket.keys(f"{folder}/"))


def _folder(key: str) -> str:
    return "/".join(PurePosixPath(key).parts[:2])


def _is_manifest(key: str) -> bool:
    return key == f"{_folder(key)}/{NAME}"
