"""How long `explain` takes of a phase with five thousand posts, beside opening and parsing the same landed files bare.

Landed files of fifty accounts with a hundred posts each become a served version first; that is not counted.
"""

import json
import tempfile
import time
from pathlib import Path

import zstandard

from benchmarks.landed_world import land_history, world_settings
from ingest.domain.cells import Cell
from ingest.steps.explain import explain
from ingest.steps.publish import publish_all

ACCOUNTS, POSTS, LIMIT_SECONDS = 50, 100, 2.0


def bare(folder: Path) -> float:
    """Seconds to decompress and parse every landed file."""
    started = time.perf_counter()
    for path in folder.rglob("*.zst"):
        for line in zstandard.ZstdDecompressor().decompress(path.read_bytes()).splitlines():
            json.loads(line)
    return time.perf_counter() - started


def main() -> None:
    """Print seconds and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        settings = world_settings(Path(folder), accounts=ACCOUNTS)
        land_history(settings, accounts=ACCOUNTS, posts=POSTS, days=2)
        publish_all(settings)
        reference = bare(Path(settings.landing_uri))
        print(f"{'metric':<28}{'posts':>7}{'files':>7}{'seconds':>9}{'limit':>7}{'beside the bare parse':>23}")
        for metric in ("views", "engagements", "people_reached_upper"):
            started = time.perf_counter()
            found = explain(settings, Cell("bench", metric, phase_id="main"))
            seconds = time.perf_counter() - started
            assert found.agrees, found.differences[:3]
            sizes = f"{len(found.posts):>7}{len(found.files):>7}{seconds:>9.2f}{LIMIT_SECONDS:>7.1f}"
            print(f"{metric:<28}{sizes}{seconds / reference:>22.1f}x")


if __name__ == "__main__":
    main()
