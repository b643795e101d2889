"""Landing on S3: each batch one object, written once by `If-None-Match`, read through a temporary folder."""

import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.adapters.landing.envelope import Attachment, Batch
from ingest.adapters.landing.files import (
    attachments_of,
    batches_among,
    files_of,
    require_same,
    require_same_file,
)
from ingest.adapters.s3 import Bucket
from ingest.domain.errors import LandingDamaged, StorageFailed


@dataclass
class S3Landing:
    """Landed files below a prefix of a bucket, by the same keys as in a folder."""

    bucket: Bucket
    sift: Callable[[Batch], Batch] = field(default=lambda batch: batch, repr=False)
    _fetched: Path | None = field(default=None, repr=False)

    def write(self, batch: Batch) -> str:
        """Land a batch; its key. The same batch again is nothing.

        Raises: StorageFailed when it cannot be written, LandingDamaged when other bytes lie under its key.
        """
        key, batch = "", self.sift(batch)
        for beside, attachment in attachments_of(batch):
            self._place_once(beside, attachment)
        for key, content in files_of(batch):
            self._write_once(key, content)
        return key

    def landed_keys(self) -> list[str]:
        """The keys of all landed files, oldest batch first."""
        return batches_among(self.bucket.keys())

    def keys(self) -> list[str]:
        """The keys of everything that lies there."""
        return self.bucket.keys()

    def keys_below(self, folder: str) -> list[str]:
        """The keys of everything that lies in a folder of the landing."""
        return self.bucket.keys(f"{folder}/")

    def local_path(self, key: str) -> Path:
        """A copy of a landed file on this machine; it is removed with this object.

        Raises: LandingDamaged when it is not there, StorageFailed when it cannot be read.
        """
        path = self._folder() / key
        if not path.exists():
            if key not in self.bucket.sizes(key):
                raise LandingDamaged(f"{self.bucket.uri}/{key} has landed and is gone. Restore it from a backup.")
            path.parent.mkdir(parents=True, exist_ok=True)
            self.bucket.download(key, path)  # of any size, and never whole in memory
        return path

    def put_new(self, key: str, content: bytes) -> None:
        """Write something beside the batches, once.

        Raises: StorageFailed, LandingDamaged when other bytes lie there.
        """
        self._write_once(key, content)

    def take_out(self, key: str, content: bytes | None) -> None:
        """Put other bytes in the place of a landed file in one step, or remove it.

        Raises: StorageFailed when it cannot be done, or somebody else has written there meanwhile.
        """
        if self._fetched is not None:
            (self._fetched / key).unlink(missing_ok=True)
        there = self.bucket.get(key)
        if content is None:
            self.bucket.remove([key])
        elif there and not self.bucket.put_over(key, content, tag=there.tag):
            raise StorageFailed(f"{self.bucket.uri}/{key} has been written by somebody else. Try again.")

    def _write_once(self, key: str, content: bytes) -> None:
        if self.bucket.put_new(key, content):
            return
        there = self.bucket.get(key)
        require_same(f"{self.bucket.uri}/{key}", there.content if there else b"", content)

    def _place_once(self, key: str, attachment: Attachment) -> None:
        with attachment.path.open("rb") as file:
            if self.bucket.put_new(key, file):
                return
        require_same_file(f"{self.bucket.uri}/{key}", self.local_path(key), attachment)

    def _folder(self) -> Path:
        if self._fetched is None:
            self._fetched = Path(tempfile.mkdtemp(prefix="campaign-reach-landing-"))
            weakref.finalize(self, shutil.rmtree, self._fetched, ignore_errors=True)
        return self._fetched
