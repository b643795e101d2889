"""Publishing, from a warehouse composed by hand to the files that readers open."""

import json
import resource
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import zstandard

from ingest.adapters.publication.folder import FolderPublication
from ingest.adapters.publication.manifest import describe, read_manifest
from ingest.adapters.publication.publication import DATABASE
from ingest.domain.errors import (
    GateStopped,
    SettingsInvalid,
    SomebodyMustAct,
    StorageFailed,
    TryAgain,
    WarehouseBroken,
)
from ingest.settings import Settings
from ingest.steps.check_landed import check_landed
from ingest.steps.publish import Published, publish_marts
from ingest.steps.rollback import rejected_candidates, resume, roll_back
from tests.conftest import MOMENT, settings_in
from tests.two_campaigns import change, make_warehouse


@pytest.fixture
def ready(settings: Settings) -> Settings:
    """Settings beside a warehouse of two campaigns."""
    make_warehouse(settings.warehouse_path)
    return settings


def later(settings: Settings, minutes: int) -> Settings:
    return settings_in(settings.warehouse_path.parent, now=MOMENT + timedelta(minutes=minutes))


def pointer(settings: Settings) -> Path:
    return Path(settings.published_uri) / "manifest.json"


def asked(path: Path | str, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_marts_are_published_as_duckdb_and_parquet_with_a_manifest(ready: Settings) -> None:
    published = publish_marts(ready)

    assert published.is_new
    assert published.version.startswith("20261122T060000Z-")
    assert asked(published.path, "select sum(views) from marts.fct_post_performance") == [(6121,)]
    folder = Path(ready.published_uri) / published.manifest.folder
    parquet = folder / "parquet" / "fct_post_performance.parquet"
    assert duckdb.sql(f"select sum(views) from '{parquet}'").fetchall() == [(6121,)]


def test_the_manifest_names_every_file_with_its_hash_and_its_rows(ready: Settings) -> None:
    published = publish_marts(ready)

    manifest = published.manifest
    assert read_manifest(pointer(ready)) == manifest
    folder = Path(ready.published_uri) / manifest.folder
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {file.path for file in manifest.files} | {"manifest.json"}
    for file in manifest.files:
        assert describe(folder / file.path, folder).sha256 == file.sha256
    rows = {file.table: file.rows for file in manifest.files}
    assert (rows["dim_posts"], rows["publication"], rows["fct_campaign_posts"]) == (5, 1, 4)


def test_the_publication_says_what_it_is_made_from(ready: Settings) -> None:
    published = publish_marts(ready)

    columns = "version, built_at, content_hash, source_watermark, registry_hash, code_revision, gate_result"
    (row,) = asked(published.path, f"select {columns} from marts.publication")
    manifest = published.manifest
    assert read_manifest(pointer(ready)) == manifest
    assert row[0] == published.version == manifest.version
    assert row[1] == datetime(2026, 11, 22, 6)  # noqa: DTZ001 - as it is stored
    assert row[2] == manifest.content_hash
    assert row[3] == datetime(2026, 11, 21, 6)  # noqa: DTZ001 - as it is stored
    assert row[4] == manifest.registry_hash == "b" * 64
    assert str(row[5]).startswith("0.1.0")
    assert row[6] == "passed"
    assert (manifest.built_at, manifest.source_watermark) == ("2026-11-22T06:00:00Z", "2026-11-21T06:00:00Z")


def test_the_gate_results_lie_in_the_file_and_in_the_manifest(ready: Settings) -> None:
    published = publish_marts(ready)

    results = asked(published.path, "select rule, is_passed, is_evaluated from marts.rpt_gate_results")
    gates = json.loads(pointer(ready).read_text())["gates"]
    assert {(rule, True, True) for rule, _, _ in results} == set(results)
    assert [gate["gate"] for gate in gates] == ["candidate_publication", "cross_checks"]
    assert {result["rule"] for gate in gates for result in gate["results"]} == {rule for rule, _, _ in results}
    assert all(gate["evaluated"] == gate["declared"] for gate in gates)


def test_the_same_content_makes_no_new_version(ready: Settings) -> None:
    first = publish_marts(ready)
    before = pointer(ready).read_bytes()

    second = publish_marts(later(ready, 10))

    assert second == Published(first.version, first.path, first.manifest, is_new=False)
    assert pointer(ready).read_bytes() == before


def test_a_changed_number_makes_a_new_version(ready: Settings) -> None:
    first = publish_marts(ready)
    change(ready.warehouse_path, "update marts.dim_accounts set account_name = 'Other' where account_id = '101'")

    second = publish_marts(later(ready, 10))

    assert second.is_new
    assert second.version > first.version
    assert asked(second.path, "select account_name from marts.dim_accounts where account_id = '101'") == [("Other",)]


def test_a_version_that_lost_a_file_is_published_anew(ready: Settings) -> None:
    first = publish_marts(ready)
    manifest = first.manifest
    (Path(ready.published_uri) / manifest.folder / "parquet" / "dim_posts.parquet").unlink()

    for _ in range(2):
        again = publish_marts(ready)

    assert not again.is_new
    assert (Path(ready.published_uri) / manifest.folder / "parquet" / "dim_posts.parquet").exists()


def test_a_lost_stable_name_comes_back_with_the_next_run(ready: Settings) -> None:
    first = publish_marts(ready)
    Path(first.path).unlink()

    assert not publish_marts(ready).is_new

    assert asked(first.path, "select count(*) from marts.publication") == [(1,)]


def test_a_stopped_gate_leaves_the_old_version_and_says_why(ready: Settings) -> None:
    first = publish_marts(ready)
    before = pointer(ready).read_bytes()
    change(ready.warehouse_path, "update marts.fct_post_performance set views = -5 where post_id = '101_9'")

    with pytest.raises(GateStopped) as stopped:
        publish_marts(later(ready, 10))

    message = str(stopped.value)
    assert "measures_are_not_negative" in message
    assert "mart=fct_post_performance, measure=views, rows=5, negatives=1" in message
    assert f"Version {first.version} stays served." in message
    assert len(message.splitlines()) < 30
    assert pointer(ready).read_bytes() == before
    assert asked(first.path, "select min(views) from marts.fct_post_performance") == [(10,)]


def test_a_stopped_candidate_is_kept_with_its_verdict(ready: Settings) -> None:
    change(ready.warehouse_path, "update marts.fct_post_performance set views = -5 where post_id = '101_9'")
    published = Path(ready.published_uri)

    for minutes in (0, 10):
        with pytest.raises(GateStopped, match="Nothing is served yet"):
            publish_marts(later(ready, minutes))

    (rejected,) = (published / "rejected").iterdir()
    assert asked(rejected / DATABASE, "select gate_result from marts.publication") == [("stopped",)]
    failed = asked(
        rejected / DATABASE, "select rule from marts.rpt_gate_results where not is_passed and severity = 'critical'"
    )
    assert failed == [("measures_are_not_negative",), ("rows_are_conserved",)]
    assert json.loads((rejected / "manifest.json").read_text())["gates"][0]["passed"] is False
    assert not (published / "manifest.json").exists()
    assert not (published / DATABASE).exists()


def test_a_mended_warehouse_publishes_after_a_stop(ready: Settings) -> None:
    change(ready.warehouse_path, "update marts.fct_post_performance set views = -5 where post_id = '101_9'")
    with pytest.raises(GateStopped):
        publish_marts(ready)

    change(ready.warehouse_path, "update marts.fct_post_performance set views = 10 where post_id = '101_9'")

    assert publish_marts(ready).is_new


def test_a_warning_is_published_with_its_rate(ready: Settings) -> None:
    change(ready.warehouse_path, "update marts.fct_post_performance set reach = 11 where post_id = '101_9'")

    published = publish_marts(ready)

    rows = asked(published.path, "select rule, severity, observed from marts.rpt_gate_results where not is_passed")
    assert rows == [
        (
            "reach_is_not_above_views",
            "warning",
            "posts_with_both=4, posts_with_reach_above_views=1, reach_above_views_pct=25.0",
        )
    ]


def test_a_warehouse_without_marts_stops(ready: Settings) -> None:
    change(ready.warehouse_path, "drop schema marts cascade")

    with pytest.raises(GateStopped, match="every_mart_is_there"):
        publish_marts(ready)


def test_a_warehouse_without_rows_stops(ready: Settings) -> None:
    tables = [
        table
        for (table,) in asked(
            ready.warehouse_path, "select table_name from duckdb_tables() where schema_name = 'marts'"
        )
    ]
    change(ready.warehouse_path, *(f"delete from marts.{table}" for table in tables))

    with pytest.raises(GateStopped, match="marts_have_rows"):
        publish_marts(ready)


def test_without_a_warehouse_it_says_what_to_run(settings: Settings) -> None:
    with pytest.raises(WarehouseBroken, match="campaign-reach load"):
        publish_marts(settings)


def test_a_second_publisher_is_told_to_wait(ready: Settings) -> None:
    with (
        FolderPublication(Path(ready.published_uri), keep=1).publishing(),
        pytest.raises(TryAgain, match="is publishing"),
    ):
        publish_marts(ready)


@pytest.mark.parametrize("most_bytes", [1, 20_000, 300_000, 3_000_000])
def test_a_disk_that_takes_no_more_is_one_message_wherever_it_happens_and_the_served_version_stays(
    ready: Settings, most_bytes: int
) -> None:
    first = publish_marts(ready)
    before = pointer(ready).read_bytes()
    change(ready.warehouse_path, "update marts.dim_accounts set account_name = 'Other' where account_id = '101'")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        with pytest.raises(StorageFailed, match=r"The served version stays as it was\. Make room"):
            publish_marts(later(ready, 10))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert pointer(ready).read_bytes() == before
    assert asked(first.path, "select account_name from marts.dim_accounts where account_id = '101'") == [("A Page",)]
    assert publish_marts(later(ready, 20)).is_new


def test_what_is_neither_a_folder_nor_s3_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="CAMPAIGN_REACH_PUBLISHED_URI"):
        publish_marts(settings_in(tmp_path, published_uri="gs://bucket/published"))


def broken_after(settings: Settings) -> Published:
    """A served version, and a candidate after it that a gate stopped."""
    first = publish_marts(settings)
    change(settings.warehouse_path, "update marts.fct_post_performance set views = -5 where post_id = '101_9'")
    with pytest.raises(GateStopped):
        publish_marts(later(settings, 10))
    return first


OF_PLATFORMS = ("agg_phase_content_type_reach", "agg_phase_platform_reach", "agg_campaign_platform_reach")
OVER_PLATFORMS = ("agg_phase_reach", "agg_campaign_reach")


def lose_most_views(settings: Settings) -> None:
    """Instagram's views are half of what they were, in every table alike."""
    change(
        settings.warehouse_path,
        "update marts.fct_post_performance set views = 1061 where post_id = '202_1'",
        "update marts.fct_post_metrics set value = 1061 where post_id = '202_1' and metric = 'views'",
        *(f"update marts.{one} set views = 1061 where platform = 'instagram'" for one in OF_PLATFORMS),
        *(f"update marts.{one} set views = views - 3000 where campaign_id = 'oyu'" for one in OVER_PLATFORMS),
    )


def test_numbers_that_collapsed_since_the_last_publication_stop_until_somebody_says_that_they_are_right(
    ready: Settings,
) -> None:
    first = publish_marts(ready)
    lose_most_views(ready)

    with pytest.raises(GateStopped, match=r"oyu on instagram: views 4061 → 1061(.|\n)*--accept-fall(.|\n)*served"):
        publish_marts(later(ready, 10))

    assert read_manifest(pointer(ready)) == first.manifest
    assert publish_marts(later(ready, 20), accept_fall=True).is_new


def test_numbers_that_fell_with_the_campaigns_rules_are_published(ready: Settings) -> None:
    publish_marts(ready)
    lose_most_views(ready)
    change(ready.warehouse_path, "update raw.registry set registry_sha256 = repeat('c', 64) where load_id = 2")

    assert publish_marts(later(ready, 10)).is_new


def test_a_loaded_post_that_is_not_built_stops_the_publication(ready: Settings) -> None:
    land(ready, load_id=8, posts=["101_77"], loaded=["101_77"])

    with pytest.raises(GateStopped, match=r"loaded_posts_are_published(.|\n)*campaign-reach build"):
        publish_marts(ready)


# -- rolling back --------------------------------------------------------------------------------------------------


def two_versions(settings: Settings) -> tuple[Published, Published]:
    first = publish_marts(settings)
    change(settings.warehouse_path, "update marts.dim_accounts set account_name = 'Other' where account_id = '101'")
    return first, publish_marts(later(settings, 10))


def account_name(settings: Settings) -> object:
    query = "select account_name from marts.dim_accounts where account_id = '101'"
    return asked(Path(settings.published_uri) / DATABASE, query)[0][0]


def test_rolled_back_readers_are_held_until_somebody_lets_publications_go_on(ready: Settings) -> None:
    first, second = two_versions(ready)

    assert roll_back(later(ready, 20)).version == first.version

    assert account_name(ready) == "A Page"
    held = publish_marts(later(ready, 30))
    assert (held.version, held.is_new, held.manifest.held_since) == (first.version, False, "2026-11-22T06:20:00Z")
    resume(later(ready, 40))
    again = publish_marts(later(ready, 40))
    assert again.is_new
    assert again.version != second.version
    assert account_name(ready) == "Other"
    assert again.manifest.held_since is None


def test_a_named_version_is_served_again(ready: Settings) -> None:
    first, second = two_versions(ready)
    roll_back(later(ready, 20))

    assert roll_back(later(ready, 30), version=second.version).version == second.version

    assert account_name(ready) == "Other"
    with pytest.raises(StorageFailed, match=rf"no version 2020 to roll back to.*Kept versions: {first.version}, "):
        roll_back(ready, version="2020")


def test_without_an_older_version_nothing_is_rolled_back(ready: Settings) -> None:
    with pytest.raises(StorageFailed, match="Kept versions: none"):
        roll_back(ready)
    first = publish_marts(ready)
    with pytest.raises(StorageFailed, match=f"Nothing was changed. Kept versions: {first.version}"):
        roll_back(ready)
    assert read_manifest(pointer(ready)) == first.manifest


def test_a_version_that_lost_a_file_is_not_served_again(ready: Settings) -> None:
    first, second = two_versions(ready)
    (Path(ready.published_uri) / first.manifest.folder / "parquet" / "dim_posts.parquet").unlink()

    with pytest.raises(StorageFailed, match=rf"{first.version} cannot be served again: a file .* is missing or cut"):
        roll_back(ready)

    assert read_manifest(pointer(ready)) == second.manifest


def test_the_stopped_candidates_are_listed_with_what_stopped_them(ready: Settings) -> None:
    broken_after(ready)

    (rejected,) = rejected_candidates(ready)

    assert rejected.stopped_by == (
        "measures_are_not_negative: mart=fct_post_performance, measure=views, rows=5, negatives=1",
        "rows_are_conserved: identities=7, broken=1, for_example=views_are_the_same_wide_and_long: 6106 and 6121",
    )
    assert asked(rejected.database, "select gate_result from marts.publication") == [("stopped",)]


def test_a_manifest_of_a_newer_release_stops_before_anything_is_prepared(ready: Settings) -> None:
    first = publish_marts(ready)
    newer = replace(first.manifest, manifest_version=99).as_bytes()
    pointer(ready).write_bytes(newer)

    for step in (publish_marts, roll_back):
        with pytest.raises(SomebodyMustAct, match=r"manifest.json was written by a newer release .*update"):
            step(later(ready, 10))

    assert pointer(ready).read_bytes() == newer


# -- the landed gate ---------------------------------------------------------------------------------------------


def land(settings: Settings, *, load_id: int, posts: list[str], loaded: list[str]) -> None:
    """A landed page of these posts, of which `loaded` stand in raw."""
    key = f"api/facebook/101/2026-11-22/{load_id}.ndjson.zst"
    path = Path(settings.landing_uri) / key
    path.parent.mkdir(parents=True, exist_ok=True)
    request = {"edge": "published_posts", "object_id": "101", "fields": [], "metrics": [], "params": {}}
    line = {
        "line_no": 1,
        "fetched_at": "2026-11-22T05:00:00Z",
        "source": "api",
        "account_id": "101",
        "http_status": 200,
    }
    body = {"data": [{"id": post} for post in posts]}
    path.write_bytes(zstandard.compress(json.dumps(line | {"request": request, "body": body}).encode() + b"\n"))
    rows = ", ".join(f"({load_id}, '{key}', 1, '{post}')" for post in loaded)
    change(
        settings.warehouse_path,
        f"insert into raw.load_log values ('{key}', repeat('0', 64), {load_id}, 1, '2026-11-22 05:30:00')",
        f"insert into raw.posts (load_id, landing_file, line_no, post_id) values {rows}",
        f"insert into raw.loaded_objects values ({load_id}, {len(loaded)})",
    )


def test_a_load_is_judged_once_and_its_verdict_is_published(ready: Settings) -> None:
    land(ready, load_id=8, posts=["101_1", "101_2"], loaded=["101_1", "101_2"])

    published = publish_marts(ready)

    gates = asked(published.path, "select distinct gate from marts.rpt_gate_results order by 1")
    assert gates == [("candidate_publication",), ("cross_checks",), ("landed_batch",)]
    assert check_landed(ready) is None


def test_a_load_that_lost_a_post_stops_everything_until_it_is_mended(ready: Settings) -> None:
    first = publish_marts(ready)
    land(ready, load_id=8, posts=["101_1", "101_2"], loaded=["101_1"])

    for _ in range(2):
        with pytest.raises(GateStopped, match="nothing_is_lost"):
            publish_marts(later(ready, 10))

    assert read_manifest(pointer(ready)).version == first.version  # type: ignore[union-attr]
    change(
        ready.warehouse_path,
        "insert into raw.posts (load_id, line_no, post_id) values (8, 1, '101_2')",
        "update raw.loaded_objects set objects = 2 where load_id = 8",
    )
    assert not publish_marts(later(ready, 20)).is_new


def test_what_another_process_loads_after_the_gate_has_looked_is_judged_before_it_is_published(ready: Settings) -> None:
    check_landed(ready)
    land(ready, load_id=8, posts=["101_1", "101_2"], loaded=["101_1"])

    with pytest.raises(GateStopped, match="nothing_is_lost"):
        publish_marts(ready, is_checked=True)


def test_only_the_loads_that_are_asked_for_are_judged(ready: Settings) -> None:
    land(ready, load_id=8, posts=["101_1"], loaded=["101_1"])
    land(ready, load_id=9, posts=["101_2", "101_3"], loaded=["101_2"])

    verdict = check_landed(ready, [8])

    assert verdict is not None
    assert verdict.passed
    with pytest.raises(GateStopped):
        check_landed(ready)


def test_a_landing_file_that_is_gone_stops(ready: Settings) -> None:
    land(ready, load_id=8, posts=["101_1"], loaded=["101_1"])
    next(Path(ready.landing_uri).rglob("*.zst")).unlink()

    with pytest.raises(GateStopped, match="landed"):
        check_landed(ready)


def test_a_clock_in_the_past_is_found(ready: Settings) -> None:
    land(ready, load_id=8, posts=["101_1"], loaded=["101_1"])
    early = settings_in(ready.warehouse_path.parent, now=datetime(2026, 11, 22, 4, tzinfo=UTC))

    with pytest.raises(GateStopped, match="fetched_at_is_not_in_the_future"):
        check_landed(early)
