"""Landing in a folder: each batch once, whole or not at all, and never out of the root."""

import errno
import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.adapters.landing.envelope import Attachment, Batch, Received, Request
from ingest.adapters.landing.files import attachment_key, first_line
from ingest.adapters.landing.folder import FolderLanding
from ingest.domain.errors import LandingDamaged, StorageFailed

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def batch(body: bytes = b'{"id":"1"}', account_id: str = "42") -> Batch:
    return Batch("api", "facebook", account_id, AT, (Received(Request("page", account_id), body, http_status=200),))


class FullDisk:
    """A file that takes so many bytes, and then says what a full disk says."""

    def __init__(self, path: Path, room: int) -> None:
        self._file = path.open("xb")
        self._room = room

    def write(self, content: bytes) -> int:
        self._file.write(content[: self._room])
        if len(content) > self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "FullDisk":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@pytest.mark.parametrize("room", [0, 1, 50])
def test_a_full_disk_leaves_nothing_half_written_and_says_what_to_do(tmp_path: Path, room: int) -> None:
    def full(path: Path) -> BinaryIO:
        return FullDisk(path, room)  # type: ignore[return-value]

    with pytest.raises(StorageFailed, match=r"No space left on device.*No half file was left.*refresh again"):
        FolderLanding(tmp_path, open_new=full).write(batch())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert FolderLanding(tmp_path).write(batch())  # with space again the same batch lands


def test_the_same_batch_again_is_nothing_and_other_bytes_under_its_key_are_refused(tmp_path: Path) -> None:
    landing = FolderLanding(tmp_path)
    key = landing.write(batch())
    assert landing.write(batch()) == key
    assert landing.landed_keys() == [key]
    landing.local_path(key).write_bytes(b"changed by somebody")
    with pytest.raises(LandingDamaged, match="never overwritten"):
        landing.write(batch())
    assert landing.local_path(key).read_bytes() == b"changed by somebody"


def test_other_answers_at_the_same_moment_are_another_batch(tmp_path: Path) -> None:
    landing = FolderLanding(tmp_path)
    assert landing.write(batch(b'{"id":"1"}')) != landing.write(batch(b'{"id":"1" }'))
    assert len(landing.landed_keys()) == 2


def test_an_unfinished_file_is_no_landed_file(tmp_path: Path) -> None:
    landing = FolderLanding(tmp_path)
    key = landing.write(batch())
    (landing.local_path(key).parent / ".20261122T080000Z-aaaa.ndjson.zst").write_bytes(b"half")
    assert landing.landed_keys() == [key]


@settings(max_examples=60)
@given(account_id=st.text(min_size=1, max_size=200))
def test_an_id_never_leads_out_of_the_root(tmp_path_factory: pytest.TempPathFactory, account_id: str) -> None:
    root = tmp_path_factory.mktemp("landing")
    try:
        account_id.encode()
    except UnicodeEncodeError:
        return  # a lone surrogate cannot come out of checked JSON
    path = FolderLanding(root).local_path(FolderLanding(root).write(batch(account_id=account_id)))
    assert path.resolve().is_relative_to(root.resolve())
    assert len(path.relative_to(root).parts) == 5


def test_the_file_holds_what_was_received_and_its_hash(tmp_path: Path) -> None:
    body = '{"id":"1","name":"Хамтдаа"}'.encode()
    landing = FolderLanding(tmp_path)
    path = landing.local_path(landing.write(batch(body)))
    assert zstandard.ZstdDecompressor().decompress(path.read_bytes()).endswith(b',"body":' + body + b"}\n")
    assert first_line(path)["body_sha256"] == hashlib.sha256(body).hexdigest()


def test_a_cut_file_is_damaged_and_named(tmp_path: Path) -> None:
    landing = FolderLanding(tmp_path)
    path = landing.local_path(landing.write(batch()))
    path.write_bytes(path.read_bytes()[:10])
    with pytest.raises(LandingDamaged, match=path.name):
        first_line(path)


def with_file(folder: Path, content: bytes) -> Batch:
    file = folder / "export.csv"
    file.write_bytes(content)
    attachment = Attachment(file, hashlib.sha256(content).hexdigest(), "csv")
    answer = Received(Request("export", "42", params={"name": "export.csv"}), b'{"rows":1}')
    return Batch("export", "facebook", "42", AT, (answer,), attachment)


def test_an_imported_file_lies_unchanged_beside_its_line_and_is_no_batch_of_its_own(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfPost ID,Views\r\n1,\x002\r\n"
    landing, landed = FolderLanding(tmp_path / "landing"), with_file(tmp_path, content)
    key = landing.write(landed)
    assert landing.write(landed) == key
    assert landing.landed_keys() == [key]
    beside = landing.local_path(attachment_key(key, "csv"))
    assert (beside.name, beside.read_bytes()) == (Path(key).name.replace(".ndjson.zst", ".csv"), content)
    assert landed.batch_id.endswith(hashlib.sha256(content).hexdigest()[:12])


def test_another_file_where_one_has_landed_is_refused(tmp_path: Path) -> None:
    landing, landed = FolderLanding(tmp_path / "landing"), with_file(tmp_path, b"Post ID\n1\n")
    beside = landing.local_path(attachment_key(landing.write(landed), "csv"))
    beside.write_bytes(b"Post ID\n2\n")
    with pytest.raises(LandingDamaged, match="never overwritten"):
        landing.write(landed)


@pytest.mark.parametrize("room", [0, 5])
def test_a_file_for_which_there_is_no_room_leaves_neither_itself_nor_its_line(tmp_path: Path, room: int) -> None:
    def full(path: Path) -> BinaryIO:
        return FullDisk(path, room)  # type: ignore[return-value]

    root = tmp_path / "landing"
    with pytest.raises(StorageFailed):
        FolderLanding(root, open_new=full).write(with_file(tmp_path, b"Post ID\n1\n"))
    assert [path for path in root.rglob("*") if path.is_file()] == []
