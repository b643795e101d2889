"""The manifest reads back as it was written, and what is none is said with what to do."""

import json
from pathlib import Path

import pytest

from ingest.adapters.publication.folder import FolderPublication
from ingest.adapters.publication.manifest import Manifest, content_hash, describe, read_manifest
from ingest.adapters.publication.publication import DATABASE
from ingest.domain.errors import SomebodyMustAct, StorageFailed
from tests.adapters.publish_numbers import publish_number


def test_a_manifest_reads_back_as_it_was_written(tmp_path: Path) -> None:
    manifest = publish_number(FolderPublication(tmp_path, keep=1), 1)

    assert read_manifest(tmp_path / "manifest.json") == manifest
    assert json.loads(manifest.as_bytes())["files"][0]["sha256"]


def test_there_is_no_manifest_before_the_first_publication(tmp_path: Path) -> None:
    assert read_manifest(tmp_path / "manifest.json") is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "{", '{"manifest_version": 1}', '{"manifest_version": 1, "files": [{}]}']
)
def test_what_is_no_manifest_is_said_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)

    with pytest.raises(StorageFailed, match="Move it away"):
        read_manifest(tmp_path / "manifest.json")


def test_a_manifest_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"manifest_version": 99}')

    with pytest.raises(SomebodyMustAct, match="newer release"):
        read_manifest(tmp_path / "manifest.json")


def test_the_content_hash_does_not_depend_on_the_order_of_the_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    files = [describe(tmp_path / name, tmp_path, table=name) for name in ("a", "b")]

    assert content_hash(files) == content_hash(files[::-1])


def test_the_manifest_names_files_relative_to_its_folder(tmp_path: Path) -> None:
    manifest: Manifest = publish_number(FolderPublication(tmp_path, keep=1), 1)

    assert [file.path for file in manifest.files] == [DATABASE]
