"""A version is whole or not there: readers follow the manifest, whatever happens to the publisher."""

import errno
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.publication.disk import Disk
from ingest.adapters.publication.folder import FolderPublication
from ingest.adapters.publication.manifest import describe, read_manifest
from ingest.adapters.publication.publication import DATABASE
from ingest.domain.errors import StorageFailed, TryAgain
from tests.adapters.publish_numbers import publish_number


class FailingDisk(Disk):
    """A disk that is full from its n-th call on."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def _spend(self, path: Path) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def make_folder(self, folder: Path) -> None:
        self._spend(folder)
        super().make_folder(folder)

    def write(self, path: Path, data: bytes) -> None:
        if self.calls == 1:
            path.write_bytes(data[: len(data) // 2])
        self._spend(path)
        super().write(path, data)

    def sync(self, path: Path) -> None:
        self._spend(path)
        super().sync(path)

    def rename(self, source: Path, target: Path) -> None:
        self._spend(target)
        super().rename(source, target)

    def link(self, source: Path, target: Path) -> None:
        self._spend(target)
        super().link(source, target)


def served_number(root: Path) -> int | None:
    """The number that readers see; the manifest, the version it names and the stable name must agree."""
    manifest = read_manifest(root / "manifest.json")
    if manifest is None:
        return None
    folder = root / manifest.folder
    assert all(describe(folder / file.path, folder).sha256 == file.sha256 for file in manifest.files)
    with duckdb.connect(str(folder / DATABASE), read_only=True) as connection:
        row = connection.execute("select number from marts.numbers").fetchone()
    assert row is not None
    return int(row[0])


def hidden(root: Path) -> list[str]:
    return [path.name for path in root.iterdir() if path.name.startswith(".candidate")]


def test_a_version_is_served_under_its_name_and_the_stable_one(tmp_path: Path) -> None:
    manifest = publish_number(FolderPublication(tmp_path, keep=3), 1)

    assert served_number(tmp_path) == 1
    assert (tmp_path / DATABASE).samefile(tmp_path / manifest.folder / DATABASE)
    assert (tmp_path / manifest.folder / "manifest.json").read_bytes() == (tmp_path / "manifest.json").read_bytes()
    assert stat.S_IMODE((tmp_path / DATABASE).stat().st_mode) == 0o444
    assert hidden(tmp_path) == []


def test_the_newest_versions_stay_and_older_ones_go(tmp_path: Path) -> None:
    publication = FolderPublication(tmp_path, keep=2)

    for number in range(5):
        publish_number(publication, number)

    assert len(list((tmp_path / "versions").iterdir())) == 3
    assert served_number(tmp_path) == 4


def test_a_reader_that_opened_the_old_version_keeps_it(tmp_path: Path) -> None:
    publication = FolderPublication(tmp_path, keep=1)
    publish_number(publication, 1)
    with duckdb.connect(str(tmp_path / DATABASE), read_only=True) as reader:
        for number in (2, 3, 4):
            publish_number(publication, number)
        assert reader.execute("select number from marts.numbers").fetchone() == (1,)


@pytest.mark.parametrize("calls", range(22))
def test_a_disk_that_fails_at_any_call_leaves_the_old_version_or_the_new_one(tmp_path: Path, calls: int) -> None:
    publish_number(FolderPublication(tmp_path, keep=2), 1)

    with suppress(StorageFailed):
        publish_number(FolderPublication(tmp_path, keep=2, disk=FailingDisk(calls)), 2)

    assert served_number(tmp_path) in (1, 2)
    assert hidden(tmp_path) == []
    publish_number(FolderPublication(tmp_path, keep=2), 2)
    assert served_number(tmp_path) == 2
    assert (tmp_path / DATABASE).samefile(next((tmp_path / "versions").glob("*-00000002")) / DATABASE)


def test_a_full_disk_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match=r"No space left on device\. The served version stays .* publish again"):
        publish_number(FolderPublication(tmp_path, keep=2, disk=FailingDisk(5)), 1)


def test_the_first_publication_that_fails_leaves_nothing_visible(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed):
        publish_number(FolderPublication(tmp_path / "published", keep=2, disk=FailingDisk(3)), 1)

    assert [path.name for path in (tmp_path / "published").iterdir()] == [".lock"]


@pytest.mark.parametrize("at", range(1, 11))
def test_a_publisher_that_is_killed_leaves_the_old_version_or_the_new_one(tmp_path: Path, at: int) -> None:
    publication = FolderPublication(tmp_path, keep=2)
    publish_number(publication, 1)

    command = [sys.executable, "-m", "tests.adapters.publish_numbers", str(tmp_path), "2", str(at)]
    killed = subprocess.run(command, check=False, cwd=Path(__file__).parents[2])

    assert killed.returncode == -9
    assert served_number(tmp_path) in (1, 2)
    publish_number(publication, 3)
    assert served_number(tmp_path) == 3
    assert hidden(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with (
        pytest.raises(StorageFailed, match="The served version stays"),
        FolderPublication(tmp_path / "file" / "published", keep=1).publishing(),
    ):
        pass


@contextmanager
def as_somebody_who_may_not_write() -> Iterator[None]:
    """Root may write everywhere: it becomes nobody for a while."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_a_read_only_folder_is_said_and_stays_served() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # whoever publishes gets there
        root = Path(folder) / "published"
        publication = FolderPublication(root, keep=1)
        publish_number(publication, 1)
        root.chmod(0o555)
        (root / ".lock").chmod(0o444)
        with (
            as_somebody_who_may_not_write(),
            pytest.raises(StorageFailed, match=r"Permission denied\. The served version"),
        ):
            publish_number(publication, 2)
        root.chmod(0o755)
        assert served_number(root) == 1
        assert hidden(root) == []


def test_of_two_publishers_the_second_is_told_to_wait(tmp_path: Path) -> None:
    publication = FolderPublication(tmp_path, keep=1)
    with (
        publication.publishing(),
        pytest.raises(TryAgain, match=rf"Another process \(id {os.getpid()}\) is publishing"),
        FolderPublication(tmp_path, keep=1).publishing(),
    ):
        pass

    publish_number(publication, 1)
    assert served_number(tmp_path) == 1


def test_what_a_killed_publisher_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".candidate-old" / "version").mkdir(parents=True)

    publish_number(FolderPublication(tmp_path, keep=1), 1)

    assert hidden(tmp_path) == []


def test_a_version_that_lost_a_file_is_not_whole(tmp_path: Path) -> None:
    publication = FolderPublication(tmp_path, keep=1)
    manifest = publish_number(publication, 1)
    assert publication.is_whole(manifest)

    (tmp_path / manifest.folder / DATABASE).unlink()

    assert not publication.is_whole(manifest)


def test_a_rejected_candidate_is_kept_once_and_not_served(tmp_path: Path) -> None:
    publication = FolderPublication(tmp_path, keep=2)
    publish_number(publication, 1)

    publish_number(publication, 2, is_rejected=True)
    publish_number(publication, 2, is_rejected=True, built_at=datetime(2027, 1, 1, tzinfo=UTC))
    publish_number(publication, 3, is_rejected=True)

    rejected = sorted(path.name for path in (tmp_path / "rejected").iterdir())
    assert [name[-8:] for name in rejected] == ["00000003", "00000002"]
    assert served_number(tmp_path) == 1
