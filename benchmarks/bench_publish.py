"""Publishing the marts of a million posts: seconds and bytes beside a bare COPY of the same tables.

The marts of twenty thousand posts are built by dbt, published once for the imports, and then multiplied. Bare means:
the tables as they lie, each into a DuckDB file, a Parquet file and a CSV file, without order, gates, report, hashes,
defused formulas or anything made durable.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import duckdb
import structlog

from benchmarks.bench_incremental import FILL, GRAPH, PAGE, settings_in
from expectations.candidate_publication import judge_candidate
from expectations.candidate_queries import AGGREGATES
from expectations.cross_checks import judge_cross_checks
from ingest.adapters.publication.folder import FolderPublication
from ingest.adapters.warehouse import open_warehouse
from ingest.settings import Settings
from ingest.steps.build import build_marts
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.publish import finish, prepare

Made = TypeVar("Made")
BUILT = 20_000
PER_POST = ("dim_posts", "fct_campaign_posts", "fct_post_metrics", "fct_post_performance", "fct_post_days")
SUMS = ("posts", "contents", "views", "impressions", "duplicated_reach", "engagements")
SUMS += ("posts_without_views", "posts_without_impressions", "posts_without_reach", "posts_without_engagements")


def make_marts(settings: Settings, posts: int) -> int:
    """Build the marts of twenty thousand posts and multiply them; how many rows they have."""
    land_registry(settings)
    load_landed(settings)
    facts = {"page": PAGE, "posts": BUILT, "names": list(GRAPH), "snapshots": BUILT * len(GRAPH)}
    with open_warehouse(settings.warehouse_path) as warehouse:
        for statement in duckdb.extract_statements(FILL):
            warehouse.execute(statement.query, {name: facts[name] for name in statement.named_parameters})
    build_marts(settings)
    publish(settings, settings.warehouse_path.with_name("warm"))
    times = posts // BUILT
    with open_warehouse(settings.warehouse_path) as warehouse:
        warehouse.execute("delete from raw.posts where load_id = 2")
        for table in PER_POST:
            copies = f"range(1, {times}) as c (copy)"
            again = f"select mart.* replace (post_id || '_' || copy as post_id) from marts.{table} as mart, {copies}"  # noqa: S608
            warehouse.execute(f"insert into marts.{table} {again}")
        more = ", ".join(f"{name} = {name} * {times}" for name in SUMS)
        for table in AGGREGATES:
            warehouse.execute(f"update marts.{table} set {more}")  # noqa: S608
        warehouse.execute("checkpoint")
        return sum(
            warehouse.execute(f"select count(*) from marts.{table}").fetchall()[0][0]  # noqa: S608
            for table in tables_of(warehouse)
        )


def tables_of(warehouse: duckdb.DuckDBPyConnection) -> list[str]:
    """The marts of the warehouse."""
    listing = "select table_name from duckdb_tables() where schema_name = 'marts' order by 1"
    return [name for (name,) in warehouse.execute(listing).fetchall()]


def publish(settings: Settings, root: Path) -> dict[str, float]:
    """Publish, and the seconds of each part."""
    publication = FolderPublication(root, keep=1)
    spent: dict[str, float] = {}
    with publication.publishing() as workspace:
        now = datetime(2024, 3, 10, tzinfo=UTC)
        draft = timed(
            spent, "copy and Parquet", lambda: prepare(settings.warehouse_path, workspace / "version", built_at=now)
        )
        verdicts = timed(
            spent,
            "gates",
            lambda: (
                judge_candidate(draft.database, registry_figures=draft.registry.figures),
                judge_cross_checks(draft.database, raw=draft.raw, last=None, now=now),
            ),
        )
        for verdict in verdicts:
            assert verdict.passed, verdict.in_one_screen()
        manifest = timed(spent, "CSV, report, hashes", lambda: finish(settings, draft, verdicts))
        timed(spent, "make durable and switch", lambda: publication.serve(draft.folder, manifest, workspace=workspace))
    return spent


def timed(spent: dict[str, float], name: str, do: Callable[[], Made]) -> Made:
    """What a function gives; its seconds are noted."""
    began = time.perf_counter()
    done = do()
    spent[name] = time.perf_counter() - began
    return done


def bare(settings: Settings, folder: Path) -> None:
    """Copy every table into a DuckDB file, a Parquet file and a CSV file."""
    for kind in ("parquet", "csv"):
        (folder / kind).mkdir(parents=True)
    with duckdb.connect() as engine:
        engine.execute("set enable_progress_bar = false")
        engine.execute(f"attach '{settings.warehouse_path}' as warehouse (read_only)")
        engine.execute(f"attach '{folder / 'bare.duckdb'}' as bare (storage_version 'v1.0.0')")
        engine.execute("create schema bare.marts; use warehouse")
        for table in tables_of(engine):
            engine.execute(f"create table bare.marts.{table} as from warehouse.marts.{table}")
            engine.execute(f"copy warehouse.marts.{table} to '{folder / 'parquet' / table}.parquet'")
            engine.execute(f"copy warehouse.marts.{table} to '{folder / 'csv' / table}.csv'")
        engine.execute("use memory; detach bare")


def megabytes(folder: Path) -> float:
    """The bytes below a folder, each file once."""
    sizes = {path.stat().st_ino: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    return sum(sizes.values()) / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    posts = parser.parse_args().posts
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = settings_in(folder)
        rows = make_marts(settings, posts)
        spent: dict[str, float] = {}
        timed(spent, "bare", lambda: bare(settings, folder / "bare"))
        parts = publish(settings, folder / "published")
        ours, theirs = megabytes(folder / "published"), megabytes(folder / "bare")
    total = sum(parts.values())
    print(f"{posts:,} posts, {rows:,} rows in all marts")
    print(f"bare COPY   {spent['bare']:6.1f} s  {theirs:8.0f} MB")
    ratios = f"{total / spent['bare']:.2f}× the seconds, {ours / theirs:.2f}× the bytes"
    print(f"publishing  {total:6.1f} s  {ours:8.0f} MB   {ratios}")
    for name, seconds in parts.items():
        print(f"  {name:<24} {seconds:6.1f} s")


if __name__ == "__main__":
    main()
