"""An event that touches five posts, with a million and ten million snapshots in raw: what the next build costs.

Prints the seconds of the incremental build in a warm process beside the bare MERGE of the same rows in DuckDB, and the
ratio between the sizes; then the whole build of all snapshots, by dbt, beside the bare scan of the same rows in
Parquet. DuckDB may use 2 GB.
`--large` adds a hundred million (6 GB of disk).
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import structlog

from ingest.adapters.warehouse import open_warehouse
from ingest.settings import Settings, load_settings
from ingest.steps.build import build_marts
from ingest.steps.build_changes import build_changes
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed

RUNS = 7
POSTS = 20_000
PAGE = "104857600000201"
GRAPH = ("post_media_view", "post_total_media_view_unique", "post_clicks", "post_video_views", "post_video_view_time")
FILL = """
    insert into raw.posts
    select 2, 'bench', 1, timestamp '2024-02-01' + interval (n % 700) hour, 'api', 'facebook', $page,
        $page || '_' || n, strftime(timestamp '2024-01-30' + interval (n % 500) hour, '%Y-%m-%dT%H:%M:%S+0000'),
        '#Хамтдаа ' || n, null, 'added_photos', 'photo', 'photo', null, null, null, 'true', null
    from range($posts) as posts (n);
    insert into raw.snapshots
    select 2, 'bench', 1, timestamp '2024-02-01' + interval (n // ($posts * 5)) hour, 'api', 'facebook', $page, 'post',
        $page || '_' || (n // 5 % $posts), ($names)[1 + n % 5], 'lifetime', null, null, null, (n // 1000)::varchar, null
    from range($snapshots) as snapshots (n);
    insert into raw.load_log values ('bench', 'x', 2, $snapshots, timestamp '2024-03-01');
"""
EVENT = """
    insert into raw.snapshots
    select $load, 'event', 1, timestamp '2024-03-05' + interval ($load) minute, 'api', 'facebook', $page, 'post',
        $page || '_' || post, unnest($names), 'lifetime', null, null, null, '123456', null
    from range(5) as posts (post);
    insert into raw.load_log values ('event' || $load, 'x', $load, 25, timestamp '2024-03-05');
"""
MERGE = """
    create or replace table merged as select object_id, graph_name, max(value) as value from raw.snapshots group by all;
"""
MERGE_EVENT = """
    merge into merged using (
        select object_id, graph_name, value from raw.snapshots where load_id = $load
    ) as fresh on merged.object_id = fresh.object_id and merged.graph_name = fresh.graph_name
    when matched then update set value = fresh.value when not matched then insert
"""

SCAN = """
    select object_id, graph_name, max_by(value, fetched_at) from '{folder}/snapshots.parquet' group by all
"""


def settings_in(folder: Path) -> Settings:
    """Settings with every place below a folder."""
    return load_settings(
        landing_uri=str(folder / "landing"),
        warehouse_path=folder / "warehouse.duckdb",
        dbt_dir=folder / "dbt",
        state_path=folder / "state.sqlite",
        now=datetime(2024, 3, 10, tzinfo=UTC),
    )


@dataclass(frozen=True, slots=True)
class Cost:
    """Median seconds of the build after an event and of the bare MERGE; seconds of the whole build and of the scan."""

    event: float
    merge: float
    whole: float
    scan: float


def measure(snapshots: int) -> Cost:
    """Build so many snapshots, then let events touch five posts each."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        land_registry(settings)
        load_landed(settings)
        facts = {"page": PAGE, "posts": POSTS, "names": list(GRAPH), "snapshots": snapshots}
        with bounded(settings) as warehouse:
            for statement in duckdb.extract_statements(FILL):
                used = {name: facts[name] for name in statement.named_parameters}
                warehouse.execute(statement.query, used)
            warehouse.execute(MERGE)
            warehouse.execute(f"copy raw.snapshots to '{folder}/snapshots.parquet'")
            scan = seconds(lambda: warehouse.execute(SCAN.format(folder=folder)).fetchall())
        whole = seconds(lambda: build_marts(settings))
        build_changes(settings)  # compiles, once per process
        builds, merges = [], []
        for load in range(3, 3 + RUNS):
            with bounded(settings) as warehouse:
                for statement in duckdb.extract_statements(EVENT):
                    used = {name: (facts | {"load": load})[name] for name in statement.named_parameters}
                    warehouse.execute(statement.query, used)
                merges.append(seconds(partial(warehouse.execute, MERGE_EVENT, {"load": load})))
            builds.append(seconds(partial(build_changes, settings)))
        return Cost(statistics.median(builds), statistics.median(merges), whole, scan)


@contextmanager
def bounded(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with two gigabytes of memory."""
    with open_warehouse(settings.warehouse_path) as warehouse:
        warehouse.execute("set memory_limit = '2GB'")
        yield warehouse


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Print a row per size."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    sizes = [1_000_000, 10_000_000, *([100_000_000] if parser.parse_args().large else [])]
    first = 0.0
    for size in sizes:
        cost = measure(size)
        first = first or cost.event
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{size:>12,} snapshots: event {cost.event:5.2f} s ({cost.event / first:4.2f} × the first)  "
              f"bare MERGE {cost.merge:6.3f} s  whole {cost.whole:5.1f} s  "
              f"Parquet scan {cost.scan:5.2f} s ({cost.whole / cost.scan:4.1f} ×)  peak {peak:5.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
