"""The whole line on S3: landed, loaded, judged, published, rolled back, with the content it has in a folder."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.publication.open_publication import open_publication
from ingest.adapters.publication.publication import DATABASE
from ingest.adapters.s3 import Bucket
from ingest.domain.errors import GateStopped
from ingest.settings import Settings
from ingest.steps.load import load_landed
from ingest.steps.publish import publish_marts
from ingest.steps.rollback import rejected_candidates, resume, roll_back
from tests.conftest import MOMENT, settings_in
from tests.two_campaigns import change, make_warehouse
from tests.worked_example import land_worked_example


def on_s3(folder: Path, bucket: Bucket, *, minutes: int = 0) -> Settings:
    return settings_in(
        folder,
        published_uri=f"s3://{bucket.name}/published",
        landing_uri=f"s3://{bucket.name}/landing",
        aws_endpoint_url=bucket.endpoint_url,
        now=MOMENT + timedelta(minutes=minutes),
    )


def test_the_same_marts_have_the_same_content_on_s3_as_in_a_folder(tmp_path: Path, bucket: Bucket) -> None:
    settings = on_s3(tmp_path, bucket)
    make_warehouse(settings.warehouse_path)
    here = publish_marts(settings_in(tmp_path))
    there = publish_marts(settings)
    assert there.is_new
    assert there.manifest.content_hash == here.manifest.content_hash
    publication = open_publication(settings)
    assert publication.is_whole(there.manifest)
    with duckdb.connect(str(publication.local_copy(there.manifest, DATABASE)), read_only=True) as marts:
        assert marts.execute("select sum(views) from marts.fct_post_performance").fetchall() == [(6121,)]
    assert not publish_marts(on_s3(tmp_path, bucket, minutes=10)).is_new


def test_a_stopped_candidate_is_kept_on_s3_and_the_served_version_stays(tmp_path: Path, bucket: Bucket) -> None:
    settings = on_s3(tmp_path, bucket)
    make_warehouse(settings.warehouse_path)
    first = publish_marts(settings)
    change(settings.warehouse_path, "update marts.fct_post_performance set views = -5 where post_id = '101_9'")
    with pytest.raises(
        GateStopped, match=rf"Version {first.version} stays served.*s3://{bucket.name}/published/rejected"
    ):
        publish_marts(on_s3(tmp_path, bucket, minutes=10))
    (rejected,) = rejected_candidates(settings)
    assert rejected.database.startswith(f"s3://{bucket.name}/published/rejected/")
    assert open_publication(settings).served() == first.manifest


def test_readers_on_s3_are_rolled_back_and_held(tmp_path: Path, bucket: Bucket) -> None:
    settings = on_s3(tmp_path, bucket)
    make_warehouse(settings.warehouse_path)
    first = publish_marts(settings)
    change(settings.warehouse_path, "update marts.dim_accounts set account_name = 'Other' where account_id = '101'")
    publish_marts(on_s3(tmp_path, bucket, minutes=10))
    roll_back(settings)
    assert publish_marts(on_s3(tmp_path, bucket, minutes=20)).version == first.version
    resume(settings)
    assert publish_marts(on_s3(tmp_path, bucket, minutes=30)).is_new


def test_what_landed_on_s3_is_loaded_and_judged_as_from_a_folder(tmp_path: Path, bucket: Bucket) -> None:
    from ingest.steps.check_landed import check_landed

    rows = []
    for settings in (on_s3(tmp_path / "s3", bucket), settings_in(tmp_path / "folder")):
        land_worked_example(settings)
        assert load_landed(settings).files == 3
        verdict = check_landed(settings)
        assert verdict
        assert verdict.passed, verdict.in_one_screen()
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
            query = "select object_id, graph_name, value, landing_file, line_no from raw.snapshots order by all"
            rows.append(warehouse.execute(query).fetchall())
    assert rows[0] == rows[1]
    assert rows[0]
