"""Landing on S3 keeps the promises of the folder: each batch once, never overwritten, the same bytes."""

from pathlib import Path

import pytest

from ingest.adapters.landing.files import attachment_key, first_line
from ingest.adapters.landing.folder import FolderLanding
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.landing.s3 import S3Landing
from ingest.adapters.s3 import Bucket
from ingest.domain.errors import LandingDamaged, SettingsInvalid, StorageFailed
from tests.adapters.landing.test_folder import batch, with_file
from tests.conftest import settings_in


@pytest.fixture
def landing(bucket: Bucket) -> S3Landing:
    return S3Landing(Bucket(bucket.name, "landing", bucket.endpoint_url))


def test_a_batch_lands_under_the_key_and_with_the_bytes_that_it_has_in_a_folder(
    landing: S3Landing, tmp_path: Path
) -> None:
    folder = FolderLanding(tmp_path)
    key = landing.write(batch(b'{"id":"1","name":"\\ud800"}'))
    assert folder.write(batch(b'{"id":"1","name":"\\ud800"}')) == key
    assert landing.landed_keys() == [key]
    assert landing.local_path(key).read_bytes() == folder.local_path(key).read_bytes()
    assert first_line(landing.local_path(key))["is_cleaned"]
    assert landing.bucket.keys() == sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    )


def test_the_same_batch_again_is_nothing_and_other_bytes_under_its_key_are_refused(landing: S3Landing) -> None:
    key = landing.write(batch())
    assert landing.write(batch()) == key
    stored = landing.bucket.get(key)
    assert stored
    assert landing.bucket.put_over(key, b"changed by somebody", tag=stored.tag)
    with pytest.raises(LandingDamaged, match=rf"s3://.*{key} holds other bytes.*never overwritten"):
        landing.write(batch())
    changed = landing.bucket.get(key)
    assert changed
    assert changed.content == b"changed by somebody"


def test_what_was_read_is_gone_from_this_machine_with_the_landing(bucket: Bucket) -> None:
    landing = S3Landing(bucket)
    path = landing.local_path(landing.write(batch()))
    assert path.exists()
    del landing
    assert not path.exists()


def test_a_landed_file_that_is_gone_is_named(landing: S3Landing) -> None:
    with pytest.raises(LandingDamaged, match="api/none has landed and is gone"):
        landing.local_path("api/none")


def test_a_bucket_that_is_not_there_is_named_with_what_to_do(bucket: Bucket) -> None:
    landing = S3Landing(Bucket("no-such-bucket", "landing", bucket.endpoint_url))
    with pytest.raises(StorageFailed, match=r"s3://no-such-bucket/landing cannot be written .*NoSuchBucket"):
        landing.write(batch())
    with pytest.raises(StorageFailed, match="cannot be listed"):
        landing.landed_keys()


def test_the_settings_name_a_folder_or_a_bucket_and_nothing_else(tmp_path: Path) -> None:
    assert isinstance(open_landing(settings_in(tmp_path, landing_uri="file:///tmp/landing")), FolderLanding)
    assert isinstance(open_landing(settings_in(tmp_path, landing_uri="s3://bucket/landing")), S3Landing)
    for uri in ("s3://", "gs://bucket"):
        with pytest.raises(SettingsInvalid, match=r"CAMPAIGN_REACH_LANDING_URI: .*s3://bucket/prefix"):
            open_landing(settings_in(tmp_path, landing_uri=uri))


def test_an_imported_file_lies_unchanged_beside_its_line_and_is_written_once(
    landing: S3Landing, tmp_path: Path
) -> None:
    one = with_file(tmp_path, b"Post ID\n1\n")
    key = landing.write(one)
    beside = attachment_key(key, "csv")
    assert landing.write(one) == key
    assert landing.landed_keys() == [key]
    assert landing.local_path(beside).read_bytes() == b"Post ID\n1\n"
    stored = landing.bucket.get(beside)
    assert stored
    assert landing.bucket.put_over(beside, b"changed by somebody", tag=stored.tag)
    with pytest.raises(LandingDamaged, match="never overwritten"):
        S3Landing(landing.bucket).write(one)
