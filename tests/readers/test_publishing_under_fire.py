"""Readers that reopen while the publisher is killed see whole versions only, never an older one after a newer one."""

from pathlib import Path

import pytest

from ingest.adapters.publication.folder import FolderPublication
from ingest.adapters.publication.manifest import NAME
from tests.readers.publishing_under_fire import fight, open_at, prepare, torn


def test_fifty_publications_with_ten_kills_show_nothing_torn_missing_or_backward(tmp_path: Path) -> None:
    fought = fight(str(tmp_path / "published"), publications=50, kills=10, readers=2, seed=7)
    assert (fought.published, fought.kills) == (50, 10)
    assert fought.is_clean, fought.seen
    assert fought.seen.versions > 5


@pytest.mark.parametrize("path", ["campaign_reach.duckdb", "parquet/numbers.parquet"])
def test_a_file_of_another_version_is_seen_as_torn(tmp_path: Path, path: str) -> None:
    """The control: the readers above would have noticed."""
    publication = FolderPublication(tmp_path, keep=5)
    folders = []
    for number in (1, 2):
        with publication.publishing() as workspace:
            prepared, manifest = prepare(workspace, number)
            folders.append(tmp_path / publication.serve(prepared, manifest, workspace=workspace).folder)
    (folders[0] / path).replace(folders[1] / path)
    served = open_at(str(tmp_path), "").served()
    assert served
    assert path in (torn(publication, served) or "")
    assert (tmp_path / NAME).exists()
