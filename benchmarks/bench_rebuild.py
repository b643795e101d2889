"""How long `rebuild` takes of a thousand landed files with a million snapshots, beside parsing the same JSON bare."""

import tempfile
import time
from itertools import pairwise
from pathlib import Path

import duckdb

from benchmarks.bench_explain import bare
from benchmarks.landed_world import land_history, world_settings
from ingest.steps.rebuild import STAGES, rebuild

ACCOUNTS, POSTS, DAYS = 50, 143, 20


def main() -> None:
    """Print seconds of each stage, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        settings = world_settings(Path(folder), accounts=ACCOUNTS)
        files = land_history(settings, accounts=ACCOUNTS, posts=POSTS, days=DAYS)
        reference = bare(Path(settings.landing_uri))
        marks = [("load what landed", time.perf_counter())]
        found = rebuild(settings, told=lambda stage: marks.append((stage, time.perf_counter())))
        marks.append(("", time.perf_counter()))
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
            snapshots = warehouse.execute("select count(*) from raw.snapshots").fetchall()[0][0]
        assert len(marks) == len(STAGES) + 2
        print(f"{files} landed files, {snapshots:,} snapshots, {found.rows:,} rows; bare JSON parse {reference:.1f} s")
        for (stage, begun), (_, ended) in pairwise(marks):
            print(f"{stage:<24}{ended - begun:>8.1f} s{(ended - begun) / reference:>8.1f}x the bare parse")
        whole = marks[-1][1] - marks[0][1]
        print(f"{'rebuild':<24}{whole:>8.1f} s{whole / reference:>8.1f}x the bare parse")


if __name__ == "__main__":
    main()
