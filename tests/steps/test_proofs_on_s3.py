"""Landing and publication on S3, deliveries on SQS: verified, erased, expired as in folders."""

from datetime import timedelta
from pathlib import Path

import pytest

from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.landing.removals import read_removals
from ingest.adapters.s3 import Bucket
from ingest.domain.cells import Cell
from ingest.settings import Settings, load_settings
from ingest.steps.erase import erase
from ingest.steps.expire import expire
from ingest.steps.explain import explain
from ingest.steps.search import search
from ingest.steps.verify import plan_verify, verify
from tests.steps.served_world import run
from tests.worked_example import READ_AT

POST = "900_2"


@pytest.fixture
def on_s3(served: Settings, bucket: Bucket) -> Settings:
    """The served world, with landing and publication in a bucket."""
    for name, uri in (("landing", served.landing_uri), ("published", served.published_uri)):
        root = Path(uri)
        for path in root.rglob("*"):
            stable = path == root / "campaign_reach.duckdb"  # a second name, which S3 has not
            if path.is_file() and not path.name.startswith(".") and not stable:
                bucket.put_new(f"{name}/{path.relative_to(root).as_posix()}", path.read_bytes())
    places = {f"{name}_uri": f"s3://{bucket.name}/{name}" for name in ("landing", "published")}
    return load_settings(**(served.model_dump() | places | {"aws_endpoint_url": bucket.endpoint_url}))


def wrong(settings: Settings) -> list[str]:
    return [one.where for one in verify(plan_verify(settings)) if one.is_wrong]


def test_a_flipped_bit_of_any_kind_of_object_is_found_and_named(on_s3: Settings, bucket: Bucket) -> None:
    assert verify(plan_verify(on_s3)) == []
    kinds = {(key.partition("/")[0], key.rpartition("/")[2].partition(".")[2]): key for key in bucket.keys("")}
    assert {suffix for _, suffix in kinds} >= {"ndjson.zst", "json", "duckdb", "parquet", "csv", "html", "yml"}
    for key in (*kinds.values(), *bucket.keys("landing/api/")):
        stored = bucket.get(key)
        assert stored
        content = bytearray(stored.content)
        content[len(content) // 2] ^= 8
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=bytes(content))
        named = wrong(on_s3)
        assert any(one.split(" line ")[0] == key.partition("/")[2] for one in named), (key, named)
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=stored.content)
    assert verify(plan_verify(on_s3)) == []


def test_an_object_that_is_gone_or_too_much_is_named(on_s3: Settings, bucket: Bucket) -> None:
    gone = bucket.keys("landing/api/")[0]
    bucket.client.delete_object(Bucket=bucket.name, Key=gone)
    bucket.put_new("published/versions/stray.txt", b"x")
    assert sorted(wrong(on_s3)) == [gone.removeprefix("landing/"), "versions/stray.txt"]


@pytest.mark.timeout(600)
def test_a_post_is_erased_from_s3_and_the_rest_can_be_proved(on_s3: Settings, bucket: Bucket) -> None:
    before = [key for key in bucket.keys("published/versions/") if key.endswith("manifest.json")]
    erased = erase(on_s3, POST)
    assert erased.is_gone, erased.proof
    assert len(erased.versions) == 1
    assert not set(before) & set(bucket.keys("published/versions/"))
    assert not any(one.found for one in search(on_s3, POST))
    assert explain(on_s3, Cell("lights", post_id="900_1")).agrees
    found = verify(plan_verify(on_s3))
    assert [one for one in found if one.is_wrong] == []
    assert any(one.what.startswith("erased on 2024-10-15: ") for one in found)


def test_what_is_older_than_the_retention_leaves_s3_and_the_proof_names_it(on_s3: Settings) -> None:
    later = load_settings(**(on_s3.model_dump() | {"now": READ_AT + timedelta(days=31), "retention_days": 30}))
    old = [key for key in open_landing(later).landed_keys() if key.startswith("api/")]
    expire(later)
    (removal,) = read_removals(open_landing(later))
    assert [one.file for one in removal.files] == sorted(old)
    assert [key for key in open_landing(later).landed_keys() if key.startswith("api/")] == []
    found = verify(plan_verify(later))
    assert [one.is_wrong for one in found] == [False]
    proof = explain(later, Cell("lights", post_id="900_1"))
    assert any(one.endswith("is in landing no more: expired on 2024-11-15") for one in proof.differences)


def test_the_command_verifies_a_bucket(on_s3: Settings, aws: str) -> None:
    ran = run(on_s3, "verify", AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_ENDPOINT_URL=aws)
    assert (ran.returncode, "everything is as it was written" in ran.stdout) == (0, True), ran.stdout + ran.stderr
