"""The candidate holds the marts as they are, and equal content gives equal bytes."""

import resource
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.publication.candidate import copy_marts, record, watermark_of
from ingest.adapters.publication.exports import export_parquet
from ingest.adapters.publication.manifest import content_hash
from ingest.adapters.publication.publication import DATABASE
from ingest.domain.errors import StorageFailed, WarehouseBroken, WarehouseBusy
from ingest.domain.marts import NOT_CONTENT
from tests.two_campaigns import change, make_warehouse


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    return copy_marts(make_warehouse(tmp_path / "warehouse.duckdb"), tmp_path / "version" / DATABASE)


def test_the_candidate_holds_the_marts_and_nothing_else(candidate: Path) -> None:
    with duckdb.connect(str(candidate), read_only=True) as connection:
        schemas = connection.execute("select distinct schema_name from duckdb_tables()").fetchall()
        reach = connection.execute("select reach from marts.fct_post_performance where post_id = '101_1'").fetchone()

    assert schemas == [("marts",)]
    assert reach == (1234,)
    assert [path.name for path in candidate.parent.iterdir()] == [DATABASE]


def test_comments_and_not_nulls_come_along(candidate: Path) -> None:
    with duckdb.connect(str(candidate), read_only=True) as connection:
        table = connection.execute("select comment from duckdb_tables() where table_name = 'fct_post_performance'")
        assert table.fetchone() == ("One row per post: it's wide.",)
        column = connection.execute(
            "select comment from duckdb_columns() where table_name = 'fct_post_performance' and column_name = 'reach'"
        )
        assert column.fetchone() == ("People, never added.",)
    with (
        duckdb.connect(str(candidate)) as connection,
        pytest.raises(duckdb.ConstraintException, match="NOT NULL"),
    ):
        connection.execute("insert into marts.dim_accounts values (null, 'facebook', 'x', 'own')")


def test_a_time_with_a_zone_becomes_utc_without_one(candidate: Path) -> None:
    with duckdb.connect(str(candidate), read_only=True) as connection:
        row = connection.execute("select published_at from marts.dim_posts where post_id = '101_1'").fetchone()

    assert row == (datetime(2024, 2, 1, 4, 0),)  # noqa: DTZ001 - as it is stored


def test_rows_lie_in_the_order_of_their_key(candidate: Path) -> None:
    with duckdb.connect(str(candidate), read_only=True) as connection:
        posts = connection.execute("select campaign_id, post_id from marts.fct_campaign_posts").fetchall()

    assert posts == sorted(posts)


def test_a_large_table_lies_in_the_order_of_its_key_too_and_loses_no_row(tmp_path: Path) -> None:
    many = """
        insert into marts.fct_post_days
        select '1048576_' || hash(n // 4), date '2024-01-01' + (n % 4)::integer, n, n, n, 0, 0, true, false
        from range(1_100_000) as r (n) order by hash(n)
    """
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb", many)
    large = copy_marts(warehouse, tmp_path / "version" / DATABASE)
    with duckdb.connect(str(large), read_only=True) as marts:
        out_of_order, rows, views = marts.execute("""
            select count(*) filter (where (post_id, day_on) <= before), count(*), sum(views)
            from (select *, lag((post_id, day_on)) over () as before from marts.fct_post_days)
        """).fetchall()[0]
        columns = [name for name, *_ in marts.execute("describe marts.fct_post_days").fetchall()]
    assert (out_of_order, rows, views) == (0, 1_100_000, sum(range(1_100_000)))
    assert columns[:3] == ["post_id", "day_on", "views"]


def test_the_candidate_says_storage_version_1(candidate: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{candidate}' as candidate (read_only)")
        row = connection.execute("select tags from duckdb_databases() where database_name = 'candidate'").fetchone()

    assert row is not None
    assert row[0]["storage_version"].startswith("v1.0.0")


def test_the_same_content_gives_the_same_parquet_bytes_whatever_the_order_it_was_built_in(tmp_path: Path) -> None:
    first = make_warehouse(tmp_path / "1.duckdb")
    second = make_warehouse(tmp_path / "2.duckdb", "create table marts.t as from marts.dim_posts order by post_id desc")
    change(second, "delete from marts.dim_posts", "insert into marts.dim_posts from marts.t", "drop table marts.t")

    files = [
        export_parquet(copy_marts(warehouse, folder / DATABASE), folder, leave_out=NOT_CONTENT)
        for warehouse, folder in ((first, tmp_path / "a"), (second, tmp_path / "b"))
    ]

    assert files[0] == files[1]
    assert content_hash(files[0]) == content_hash(files[1])


@pytest.mark.parametrize("threads", [1, 8])
def test_a_table_of_many_row_groups_has_the_same_bytes_however_many_threads_write_it(
    tmp_path: Path, threads: int
) -> None:
    from ingest.adapters.publication.engine import OFFLINE

    many = "insert into marts.dim_accounts select hash(n)::text, 'facebook', n::text, 'own' from range(300000) as r (n)"
    database = copy_marts(make_warehouse(tmp_path / "warehouse.duckdb", many), tmp_path / "version" / DATABASE)
    ordered = tmp_path / "ordered.parquet"
    with duckdb.connect(str(database), read_only=True, config=OFFLINE | {"threads": threads}) as engine:
        engine.execute(f"copy (from marts.dim_accounts order by account_id) to '{ordered}' (format parquet)")
    export_parquet(database, database.parent, leave_out=frozenset())
    assert (database.parent / "parquet" / "dim_accounts.parquet").read_bytes() == ordered.read_bytes()


def test_the_content_hash_leaves_out_what_is_about_the_publication_itself(candidate: Path) -> None:
    files = export_parquet(candidate, candidate.parent, leave_out=NOT_CONTENT)

    assert NOT_CONTENT.isdisjoint({file.table for file in files})
    assert next(file.rows for file in files if file.table == "dim_posts") == 5


def test_one_changed_number_changes_the_content_hash(tmp_path: Path) -> None:
    hashes = set()
    for number in (1234, 1235):
        warehouse = make_warehouse(
            tmp_path / f"{number}.duckdb",
            f"update marts.fct_post_performance set reach = {number} where post_id = '101_1'",
        )
        folder = tmp_path / str(number)
        hashes.add(
            content_hash(export_parquet(copy_marts(warehouse, folder / DATABASE), folder, leave_out=NOT_CONTENT))
        )

    assert len(hashes) == 2


def test_the_watermark_is_when_the_newest_number_was_fetched(candidate: Path) -> None:
    assert watermark_of(candidate) == datetime(2026, 11, 21, 6, 0)  # noqa: DTZ001 - as it is stored


def test_without_a_warehouse_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(WarehouseBroken, match="campaign-reach load"):
        copy_marts(tmp_path / "none.duckdb", tmp_path / "version" / DATABASE)


def test_a_warehouse_that_is_no_database_is_called_broken(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_bytes(b"no database" * 1000)

    with pytest.raises(WarehouseBroken, match="Delete it, then load and build"):
        copy_marts(tmp_path / "warehouse.duckdb", tmp_path / "version" / DATABASE)


def test_a_warehouse_that_another_process_writes_to_is_busy(tmp_path: Path) -> None:
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb")
    holder = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(WarehouseBusy, match="Another process"):
            copy_marts(warehouse, tmp_path / "version" / DATABASE)
        process.communicate()


def test_a_disk_that_is_full_while_the_candidate_is_written_is_said(tmp_path: Path) -> None:
    warehouse = make_warehouse(
        tmp_path / "warehouse.duckdb",
        "create table marts.large as select range as id, md5(range::text) as text from range(200000)",
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(StorageFailed, match="Make room"):
            copy_marts(warehouse, tmp_path / "version" / DATABASE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_recording_twice_leaves_one_row(candidate: Path) -> None:
    from tests.expectations.test_candidate_publication import ROW

    record(candidate, ROW)
    record(candidate, ROW)

    with duckdb.connect(str(candidate), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.publication").fetchone() == (1,)
