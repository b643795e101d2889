"""People reached, where the people are known: simulated users see posts, and the models must bound how many they were.

Prints per regime how often a bound was wrong (never, or the models are), how often a control that takes an account's
own reach for a lower bound was (often, or nothing is proved), and the estimate's error beside the naive sum's.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from ingest.settings import PROJECT
from tests.dbt.test_people_reached import FOLDER, INPUTS, MODELS, without_database

USERS = 6_000
WINDOWS = 3


@dataclass(frozen=True)
class Regime:
    """How a world differs: accounts, how unlike users are, how loyal, how many posts are others', boosted, withheld."""

    name: str
    accounts: int = 2
    alike: float = 1.0
    loyal: float = 1.0
    others: float = 0.5
    boosted: float = 0.0
    withheld: float = 0.0
    partial: bool = False


REGIMES = (
    Regime("base"),
    Regime("users much alike", alike=6.0),
    Regime("a core of heavy users", alike=0.3),
    Regime("one account", accounts=1),
    Regime("six accounts, shared fans", accounts=6, loyal=3.0),
    Regime("mostly other posts", others=0.85),
    Regime("boosted posts", boosted=0.4),
    Regime("reach withheld", withheld=0.15),
    Regime("partial windows", partial=True),
)


@dataclass(frozen=True)
class World:
    """Who saw what: posts (account, window, whether of the campaign, reach or None), windows, and the people it was."""

    posts: list[tuple[str, int, bool, float | None]]
    windows: list[tuple[str, int, float]]
    people: int


def simulate(regime: Regime, seed: int) -> World:
    """One world: users with habits see posts of accounts in windows of 28 days."""
    dice = np.random.default_rng(seed)
    habit = dice.gamma(regime.alike, 1 / regime.alike, USERS)
    reached = np.zeros(USERS, bool)
    posts: list[tuple[str, int, bool, float | None]] = []
    windows: list[tuple[str, int, float]] = []
    for account in range(regime.accounts):
        fond = dice.gamma(1 / regime.loyal, regime.loyal, USERS) * habit
        for number in range(WINDOWS):
            seen_here = np.zeros(USERS, bool)
            for _ in range(dice.integers(3, 9)):
                seen = dice.random(USERS) < 1 - np.exp(-fond * dice.lognormal(-2.5, 0.8))
                if dice.random() < regime.boosted:
                    seen |= dice.random(USERS) < dice.uniform(0.02, 0.15)
                mine = dice.random() > regime.others
                known = float(seen.sum()) if dice.random() >= regime.withheld else None
                posts.append((f"a{account}", number, mine, known))
                seen_here |= seen
                reached |= seen if mine else False
            if not (regime.partial and dice.random() < 0.5):
                windows.append((f"a{account}", number, float(seen_here.sum())))
    return World(posts, windows, int(reached.sum()))


def compiled(folder: Path) -> dict[str, str]:
    """The models' SQL as dbt compiles it."""
    project = PROJECT / "dbt_project"
    places = ["--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(folder / "target")]
    dbt = Path(sys.executable).with_name("dbt")
    environment = {"CAMPAIGN_REACH_WAREHOUSE_PATH": str(folder / "warehouse.duckdb"), "PATH": "/usr/bin:/bin"}
    subprocess.run(
        [str(dbt), "compile", "--quiet", "--select", FOLDER, *places, "--log-level-file", "none"],
        check=True, env=environment, capture_output=True,
    )  # fmt: skip
    found = folder / "target" / "compiled" / "campaign_reach" / FOLDER
    return {name: without_database((found / f"{name}.sql").read_text(encoding="utf-8")) for name in MODELS}


def rows_of(worlds: dict[str, World]) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """The inputs of the models: every world a campaign with accounts of its own; windows tile the posts' life."""
    posts, windows, of_windows = [], [], []
    for campaign, world in worlds.items():
        for n, (account, number, mine, reach) in enumerate(world.posts):
            one = f"{campaign}/{account}"
            of_windows.append(("fb", one, number, f"p{n}", reach))
            if mine:
                first, last = f"2024-01-{1 + number:02d}", "2024-03-24"
                posts.append((campaign, None, "fb", one, f"p{n}", reach, first, last, None, None))
        for account, number, reach in world.windows:
            start = np.datetime64("2024-01-01") + 28 * number
            windows.append(("fb", f"{campaign}/{account}", number, str(start), str(start + 28), reach))
    yield "int_reach_sets__posts", posts
    yield "int_account_windows", windows
    yield "int_account_windows__posts", of_windows


def judged(sql: dict[str, str], worlds: dict[str, World]) -> dict[str, tuple[Any, ...]]:
    """Lower, upper and estimate of each world, as the models say."""
    with duckdb.connect() as connection:
        connection.execute(INPUTS)
        for table, rows in rows_of(worlds):
            if rows:
                marks = ",".join("?" * len(rows[0]))
                connection.executemany(f"insert into intermediate.{table} values ({marks})", rows)  # noqa: S608
        for name in MODELS:
            connection.execute(f"create table intermediate.{name} as {sql[name]}")
        query = "select campaign_id, people_reached_lower, people_reached_upper, people_reached_est from intermediate."
        return {row[0]: row[1:] for row in connection.execute(query + "int_reach_sets__platforms").fetchall()}


def show(regime: Regime, worlds: dict[str, World], found: dict[str, tuple[Any, ...]]) -> int:
    """Print a regime's row; how often a bound was wrong."""
    wrong = control = 0
    errors, naive = [], []
    for name, world in worlds.items():
        if name not in found:
            continue
        lower, upper, estimate = found[name]
        wrong += (lower or 0) > world.people or (upper is not None and upper < world.people)
        control += max((reach for _, _, reach in world.windows), default=0) > world.people
        total = [reach for _, _, mine, reach in world.posts if mine]
        if estimate is not None:
            errors.append(estimate / world.people - 1)
            naive.append(sum(one or 0 for one in total) / world.people - 1)
    mae, bias = (100 * np.mean(np.abs(errors)), 100 * np.mean(errors)) if errors else (float("nan"),) * 2
    sums = 100 * np.mean(np.abs(naive)) if naive else float("nan")
    print(f"{regime.name:<28} {wrong:5} wrong  {control:5} control wrong  {len(errors):4} estimates  "
          f"error {mae:5.1f} %  bias {bias:+6.1f} %  naive sum {sums:6.1f} %")  # fmt: skip
    return wrong


def main() -> None:
    """Print a row per regime; exit status 1 when a bound was ever wrong or the control never."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    seeds = parser.parse_args().seeds
    with tempfile.TemporaryDirectory() as folder:
        sql = compiled(Path(folder))
    wrong = 0
    for regime in REGIMES:
        worlds = {f"{regime.name} {seed}": simulate(regime, seed) for seed in range(seeds)}
        wrong += show(regime, worlds, judged(sql, worlds))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
