"""How fast files come in: a million rows beside DuckDB's bare read_csv of the same file, and a thousand small files.

Run: `python -m benchmarks.bench_import_files`, with `--rows 200000 --files 100` for trying out. Each part runs
in a process of its own, so that its memory is its own.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ingest.settings import load_settings

PAGE = "104857600000201"
ROWS, SMALL_FILES, SMALL_ROWS = 1_000_000, 1_000, 20
HEADER = (
    *("Post ID", "Page ID", "Page name", "Title", "Description", "Duration (sec)", "Publish time", "Caption type"),
    *("Permalink", "Is crosspost", "Is share", "Post type", "Languages", "Custom labels", "Funded content status"),
    *("Data comment", "Date", "Views", "Reach", "Reactions, Comments and Shares", "Reactions", "Comments", "Shares"),
    *("Total clicks", "Other Clicks", "Link Clicks", "Seconds viewed", "Average Seconds viewed"),
)
MOST_MEMORY, SLOWEST = 500, 3
"""The most memory in MB, and times of read_csv, that a large file may take."""
WORDS = "Хамтдаа суралцъя, хүүхэд бүр ялгаатай, мөрөөдөл бүр өөр. " * 2


def write_export(path: Path, first: int, rows: int) -> None:
    """An export of so many posts."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(first, first + rows):
            post = 122100000000000000 + number
            writer.writerow(
                [
                    *(post, PAGE, "A Page", "", f"{WORDS}{number} #Хамтдаа", 0),
                    *(f"{number % 12 + 1:02d}/{number % 28 + 1:02d}/2024 {number % 24:02d}:15", ""),
                    *(f"https://www.facebook.com/{PAGE}/posts/{post}", 0, 0, "Photos", "", "", "", "", "Lifetime"),
                    *(number % 9000 + 10, number % 7000 + 5, 30, 20, 4, 6, 40, 10, 30, 100, 3),
                ]
            )


def timed(what: str, folder: Path) -> dict[str, float]:
    """Seconds and the most memory of one part, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_import_files", what, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found


def run(what: str, folder: Path) -> None:
    """One part: say its seconds and memory as JSON."""
    from ingest.domain.imports import Options
    from ingest.steps.import_files import import_files
    from ingest.steps.load import load_landed

    places = {name: str(folder / name) for name in ("landing", "published", "drop")}
    settings = load_settings(
        landing_uri=places["landing"],
        drop_uri=places["drop"],
        published_uri=places["published"],
        warehouse_path=folder / "warehouse.duckdb",
        state_path=folder / "state.sqlite",
        events_path=folder / "events.sqlite",
        queue_uri=f"sqlite:///{folder / 'queue.sqlite'}",
        quarantine_dir=folder / "quarantine",
    )
    began = time.perf_counter()
    if what == "read_csv":
        import duckdb

        with duckdb.connect(str(folder / "bare.duckdb")) as bare:
            bare.execute(f"create table bare as select * from read_csv('{folder / 'large.csv'}', all_varchar = true)")  # noqa: S608
    elif what == "load":
        load_landed(settings)
    else:
        outcomes = import_files(settings, [str(folder / ("large.csv" if what == "large" else "small"))], Options())
        if any(one.state != "imported" for one in outcomes):
            raise SystemExit(outcomes[0].problem)
    seconds = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"seconds": seconds, "memory_mb": memory}))


def main(rows: int, files: int) -> None:
    """Print the figures and their ratios."""
    with tempfile.TemporaryDirectory(prefix="bench-import-") as name:
        folder = Path(name)
        write_export(folder / "large.csv", 0, rows)
        size = (folder / "large.csv").stat().st_size / 1e6
        print(f"{rows:,} rows, {size:.0f} MB")
        bare = timed("read_csv", folder)
        parts = {what: bare if what == "read_csv" else timed(what, folder) for what in ("read_csv", "large", "load")}
        for what, one in parts.items():
            _say(what, one, bare["seconds"])
        both = parts["large"]["seconds"] + parts["load"]["seconds"]
        print(f"  import and load: {both / bare['seconds']:.1f} × read_csv")
        times = parts["large"]["seconds"] / bare["seconds"]
        print(f"  of the import at most {SLOWEST} × read_csv: {times:.1f}")
        memory = ", ".join(f"{parts[what]['memory_mb']:.0f}" for what in ("large", "load"))
        print(f"  of import and load at most {MOST_MEMORY} MB each: {memory}")
        (folder / "small").mkdir()
        for number in range(files):
            write_export(folder / "small" / f"{number:04d}.csv", 2_000_000 + number * SMALL_ROWS, SMALL_ROWS)
        print(f"{files:,} files of {SMALL_ROWS} rows")
        for what in ("small", "load"):
            _say(what, timed(what, folder), bare["seconds"])


def _say(what: str, one: dict[str, float], bare: float) -> None:
    print(f"  {what:<9} {one['seconds']:6.1f} s  {one['seconds'] / bare:4.1f} × read_csv  {one['memory_mb']:5.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        run(sys.argv[1], Path(sys.argv[2]))
    else:
        asked = argparse.ArgumentParser(description=__doc__)
        asked.add_argument("--rows", type=int, default=ROWS, help="of the large file; fewer for trying out")
        asked.add_argument("--files", type=int, default=SMALL_FILES, help="how many small ones")
        main(**vars(asked.parse_args()))
