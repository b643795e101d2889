"""On S3 a version is whole or not there as well: readers follow one pointer, whatever happens to the publisher."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.publication.manifest import describe
from ingest.adapters.publication.publication import DATABASE, REJECTED
from ingest.adapters.publication.s3 import S3Publication
from ingest.adapters.s3 import Bucket
from ingest.domain.errors import SomebodyMustAct, StorageFailed, TryAgain
from tests.adapters.publish_numbers import prepare_number, publish_number


class Killed(BaseException):
    """The publisher's process is gone."""


class FailingBucket(Bucket):
    """A bucket whose n-th write ends the publisher, before or after it has reached S3."""

    calls = 10**6
    is_after = False

    def _spend(self) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise Killed

    def upload(self, source: Path, key: str) -> None:
        self._around(lambda: super(FailingBucket, self).upload(source, key))

    def _put(self, key: str, content: bytes, **condition: str) -> bool:
        done = []
        self._around(lambda: done.append(super(FailingBucket, self)._put(key, content, **condition)))
        return done[0]

    def remove(self, keys: list[str]) -> None:
        self._around(lambda: super(FailingBucket, self).remove(keys))

    def _around(self, write: object) -> None:
        if not self.is_after:
            self._spend()
        write()  # type: ignore[operator]
        if self.is_after:
            self._spend()


def at(bucket: Bucket, *, keep: int = 2) -> S3Publication:
    below = Bucket(bucket.name, "published", bucket.endpoint_url, bucket.client)
    return S3Publication(below, keep=keep)


def served_number(bucket: Bucket) -> int | None:
    """The number that a reader sees who follows the pointer; every file must be what its manifest says."""
    publication = at(bucket)
    manifest = publication.served()
    if manifest is None:
        return None
    for file in manifest.files:
        path = publication.local_copy(manifest, file.path)
        assert describe(path, path.parent).sha256 == file.sha256
    with duckdb.connect(str(publication.local_copy(manifest, DATABASE)), read_only=True) as connection:
        row = connection.execute("select number from marts.numbers").fetchone()
    assert row
    return int(row[0])


def folders(bucket: Bucket, kind: str = "versions") -> set[str]:
    return {key.split("/")[2] for key in bucket.keys(f"published/{kind}/")}


def test_a_version_lies_below_a_prefix_of_its_own_with_its_manifest(bucket: Bucket) -> None:
    publication = at(bucket)
    publish_number(publication, 1)
    publish_number(publication, 1)
    served = publication.served()
    assert served
    assert served_number(bucket) == 1
    assert publication.is_whole(served)
    assert len(folders(bucket)) == 2  # the same version again overwrites nothing that a reader may have open
    assert bucket.get(f"published/{served.folder}/manifest.json").content == served.as_bytes()  # type: ignore[union-attr]
    assert publication.readers_open(served) == f"s3://{bucket.name}/published/{served.folder}/{DATABASE}"


def test_the_newest_versions_stay_and_older_ones_go(bucket: Bucket) -> None:
    for number in range(5):
        publish_number(at(bucket), number)
    assert len(folders(bucket)) == 3
    assert [one.version[-1] for one in at(bucket).kept()] == ["2", "3", "4"]


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("calls", range(5))
def test_a_publisher_that_dies_at_any_write_leaves_the_old_version_or_the_new_one(
    bucket: Bucket, calls: int, is_after: bool
) -> None:
    for number in (0, 1):
        publish_number(at(bucket), number)
    dying = FailingBucket(bucket.name, "published", bucket.endpoint_url, bucket.client)
    dying.calls, dying.is_after = calls, is_after
    with pytest.raises(Killed):
        publish_number(S3Publication(dying, keep=1), 2)
    assert served_number(bucket) in (1, 2)
    publish_number(at(bucket), 3)
    assert served_number(bucket) == 3
    assert folders(bucket) == {one.folder.split("/")[1] for one in at(bucket).kept()}  # nothing unfinished is left


def test_of_two_publishers_that_began_together_the_second_is_told_and_changes_nothing(bucket: Bucket) -> None:
    publish_number(at(bucket), 1)
    slow, fast = at(bucket), at(bucket)
    with slow.publishing() as workspace:
        prepared, manifest = prepare_number(workspace, 2)
        publish_number(fast, 3)
        with pytest.raises(TryAgain, match=r"Somebody else has published to s3://.*theirs stays: publish again"):
            slow.serve(prepared, manifest, workspace=workspace)
    assert served_number(bucket) == 3


def test_of_two_first_publishers_one_is_served(bucket: Bucket) -> None:
    slow = at(bucket)
    with slow.publishing() as workspace:
        prepared, manifest = prepare_number(workspace, 2)
        publish_number(at(bucket), 3)
        with pytest.raises(TryAgain):
            slow.serve(prepared, manifest, workspace=workspace)
    assert served_number(bucket) == 3


def test_a_version_that_lost_a_file_is_not_whole(bucket: Bucket) -> None:
    publish_number(at(bucket), 1)
    served = at(bucket).served()
    assert served
    at(bucket).bucket.remove([f"{served.folder}/{DATABASE}"])
    assert not at(bucket).is_whole(served)


def test_a_rejected_candidate_is_kept_once_and_not_served(bucket: Bucket) -> None:
    publish_number(at(bucket), 1)
    for number in (2, 2, 3):
        publish_number(at(bucket), number, is_rejected=True)
    assert [one.version[-1] for one in at(bucket).kept(REJECTED)] == ["2", "3"]
    assert served_number(bucket) == 1


def test_a_removed_version_is_gone_with_all_its_objects(bucket: Bucket) -> None:
    publication = at(bucket)
    publish_number(publication, 1)
    old = publication.served()
    publish_number(publication, 2)
    assert old
    with publication.publishing() as workspace:
        publication.remove(old, workspace=workspace)
    assert bucket.keys(f"published/{old.folder}/") == []
    assert served_number(bucket) == 2


def test_a_removed_day_is_gone_and_the_other_days_and_versions_stay(bucket: Bucket) -> None:
    publication = at(bucket)
    publish_number(publication, 1)
    for day in ("2024-01-01", "2024-01-02"):
        below = Bucket(bucket.name, f"published/as_of/{day}", bucket.endpoint_url, bucket.client)
        publish_number(S3Publication(below, keep=2), 2)
    before = publication.paths()
    with publication.publishing() as workspace:
        publication.remove_day("as_of/2024-01-01", workspace=workspace)
    assert publication.paths() == [path for path in before if not path.startswith("as_of/2024-01-01/")]
    assert len(publication.paths()) < len(before)
    assert served_number(bucket) == 1


def test_a_pointer_of_a_newer_release_stops_before_anything_is_written(bucket: Bucket) -> None:
    publish_number(at(bucket), 1)
    served = at(bucket).served()
    assert served
    before = bucket.keys()
    pointer = bucket.get("published/manifest.json")
    assert pointer
    newer = replace(served, manifest_version=99).as_bytes()
    assert bucket.put_over("published/manifest.json", newer, tag=pointer.tag)
    with pytest.raises(SomebodyMustAct, match=r"s3://.*/manifest.json was written by a newer release"):
        at(bucket).served()
    assert bucket.keys() == before


def test_a_bucket_that_is_not_there_is_said(bucket: Bucket) -> None:
    missing = S3Publication(Bucket("no-such-bucket", "", bucket.endpoint_url), keep=1)
    with pytest.raises(StorageFailed, match="s3://no-such-bucket cannot be"), missing.publishing():
        pass
