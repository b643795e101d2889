"""What a publication promises wherever it lies: whole versions, and one manifest that switches readers over."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ingest.adapters.publication.manifest import Manifest

DATABASE = "campaign_reach.duckdb"
VERSIONS = "versions"
REJECTED = "rejected"
AS_OF = "as_of"
"""Below it the publications of past days, each whole in itself."""


class Publication(Protocol):
    """Versions below `versions/`, stopped candidates below `rejected/`; `manifest.json` names the served version.

    What is written happens in `publishing`: one publisher at a time, in a folder of this machine that nobody reads.
    """

    keep: int

    def place(self, path: str) -> str:
        """Where something of the publication lies, as people and programs name it: a path, or an `s3://` URI."""

    def readers_open(self, manifest: Manifest) -> str:
        """Where the DuckDB file lies that readers of this version open: the stable name, where there is one."""

    def publishing(self) -> AbstractContextManager[Path]:
        """A local folder to prepare a version in, which is gone afterwards.

        Raises: TryAgain when another process publishes, StorageFailed when nothing can be written.
        """

    def served(self) -> Manifest | None:
        """The manifest that readers follow; None before the first publication.

        Raises: StorageFailed when it is none, SomebodyMustAct when a newer release wrote it.
        """

    def kept(self, kind: str = VERSIONS) -> list[Manifest]:
        """The versions (or the stopped candidates) that are kept and whole enough to have a manifest, oldest first."""

    def is_whole(self, manifest: Manifest) -> bool:
        """Whether every file that the manifest names is there, with its length (`verify` re-hashes them)."""

    def serve(self, prepared: Path, manifest: Manifest, *, workspace: Path) -> Manifest:
        """Put a prepared version in place and switch readers over to it; its manifest, which says in which folder.

        Raises: StorageFailed, TryAgain when somebody else has switched them meanwhile.
        """

    def switch(self, manifest: Manifest, *, workspace: Path) -> None:
        """Switch readers over to a version that is kept.

        Raises: StorageFailed, TryAgain when somebody else has switched them meanwhile.
        """

    def point_to(self, manifest: Manifest, *, workspace: Path) -> None:
        """Make the stable name the served version's file, where there is a stable name."""

    def reject(self, prepared: Path, manifest: Manifest, *, workspace: Path) -> Manifest:
        """Keep a stopped candidate with its verdict; its manifest, which says in which folder."""

    def remove(self, manifest: Manifest, *, workspace: Path) -> None:
        """Remove a kept version that is not served: it vanishes whole."""

    def remove_day(self, folder: str, *, workspace: Path) -> None:
        """Remove the publication of a past day, which lies inside this one: it vanishes whole."""

    def local_copy(self, manifest: Manifest, path: str) -> Path:
        """A file of a version on this machine, as long as this object is in use."""

    def paths(self) -> list[str]:
        """Everything that lies in the publication, kept versions and stopped candidates included; nothing hidden."""

    def local_file(self, path: str) -> Path:
        """Something that lies in the publication on this machine, as long as this object is in use."""
