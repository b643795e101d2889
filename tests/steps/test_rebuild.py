"""Rebuild: from landing alone the same content comes again, whatever stops it on the way."""

import shutil
import signal
import subprocess
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import zstandard

from ingest.adapters.landing.envelope import READABLE, SCHEMA_VERSION, Batch
from ingest.adapters.landing.lines import open_landed
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.publication.open_publication import open_publication
from ingest.domain.errors import LandingDamaged, NothingYet
from ingest.settings import PROJECT, Settings
from ingest.steps.load import load_landed
from ingest.steps.publish import publish_changes
from ingest.steps.rebuild import rebuild
from ingest.steps.verify import plan_verify, verify
from tests.conftest import WORKED_EXAMPLE as CAMPAIGNS
from tests.conftest import settings_in
from tests.steps.served_world import COMMAND, ask, variables
from tests.worked_example import OUR_PAGE, READ_AT, listing

KEPT = PROJECT / "tests" / "data" / "landing"


def content_hash(settings: Settings) -> str:
    served = open_publication(settings).served()
    assert served
    return served.content_hash


def test_what_was_built_step_by_step_comes_again_from_landing_alone(served: Settings) -> None:
    later = settings_in(served.warehouse_path.parent, campaigns_dir=CAMPAIGNS, now=READ_AT + timedelta(days=1))
    more = replace(OUR_PAGE[0], insights={**OUR_PAGE[0].insights, "post_media_view": 9999})
    open_landing(later).write(
        Batch("api", "facebook", "900", later.clock(), tuple(listing("facebook", "900", (more,))))
    )
    publish_changes(later)
    before = content_hash(later)
    shutil.rmtree(later.published_uri)
    later.warehouse_path.unlink()
    heard: list[str] = []
    again = rebuild(later, told=heard.append)
    assert (again.before, again.content_hash, content_hash(later)) == (None, before, before)
    assert len(heard) == 4
    assert [one for one in verify(plan_verify(later)) if one.is_wrong] == []


def test_a_rebuild_that_is_killed_leaves_everything_as_it_was(served: Settings) -> None:
    before, rows = content_hash(served), ask(served.warehouse_path, "select count(*) from raw.snapshots")
    beside = served.warehouse_path.with_name("warehouse.rebuilt.duckdb")
    process = subprocess.Popen(
        [str(COMMAND), "rebuild"], env=variables(served), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not beside.exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert beside.exists()
    assert content_hash(served) == before
    assert ask(served.warehouse_path, "select count(*) from raw.snapshots") == rows
    again = rebuild(served)
    assert (again.is_same, again.differing) == (True, ())
    assert not beside.exists()


def test_a_damaged_landed_file_stops_the_rebuild_and_changes_nothing(served: Settings) -> None:
    before = content_hash(served)
    path = next(Path(served.landing_uri).rglob("api/**/*.zst"))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(LandingDamaged, match=path.name):
        rebuild(served)
    assert content_hash(served) == before
    assert ask(served.warehouse_path, "select count(*) > 0 from raw.snapshots") == [(True,)]


def test_without_landed_files_there_is_nothing_to_rebuild_from(settings: Settings) -> None:
    with pytest.raises(NothingYet, match="Nothing has landed"):
        rebuild(settings)
    assert not settings.warehouse_path.exists()


def test_a_file_of_each_schema_version_that_was_ever_written_is_kept() -> None:
    assert {f"schema_version_{version}.ndjson.zst" for version in READABLE} == {one.name for one in KEPT.iterdir()}
    assert max(READABLE) == SCHEMA_VERSION


@pytest.mark.parametrize("version", sorted(READABLE))
def test_a_landed_file_of_each_schema_version_is_read(settings: Settings, version: int) -> None:
    key = f"api/instagram/17841900/2024-10-15/20241015T060000Z-{version:012d}.ndjson.zst"
    place(settings, key, (KEPT / f"schema_version_{version}.ndjson.zst").read_bytes())
    load_landed(settings)
    views = "select object_id, value from raw.snapshots where graph_name = 'views' order by 1"
    assert ask(settings.warehouse_path, views) == [("18004", "300"), ("18006", "120")]
    assert ask(settings.warehouse_path, "select post_id from raw.posts order by 1") == [("18004",), ("18006",)]
    lines = list(open_landed(open_landing(settings), key).read())
    assert [(line.schema_version, line.request["edge"], line.is_true) for line in lines] == [
        (version, "ig_user", True),
        (version, "media", True),
    ]


def test_a_newer_schema_version_is_one_clear_message(settings: Settings) -> None:
    lines = zstandard.ZstdDecompressor().decompress((KEPT / "schema_version_1.ndjson.zst").read_bytes())
    newer = lines.replace(b'{"schema_version":1,', b'{"schema_version":99,')
    key = "api/instagram/17841900/2024-10-15/20241015T060000Z-000000000099.ndjson.zst"
    place(settings, key, zstandard.ZstdCompressor().compress(newer))
    with pytest.raises(LandingDamaged, match="has schema version 99; this release reads up to 1"):
        load_landed(settings)
    with pytest.raises(LandingDamaged, match="A newer release wrote it: update campaign-reach"):
        list(open_landed(open_landing(settings), key).read())
    assert any("schema version 99" in one.what for one in verify(plan_verify(settings)) if one.is_wrong)


def place(settings: Settings, key: str, content: bytes) -> None:
    path = Path(settings.landing_uri) / key
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
