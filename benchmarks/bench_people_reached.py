"""People reached, where the people are known: simulated users see posts, and the models must bound how many they were.

Prints per regime how often a bound was wrong (never, or the models are), how often a control that takes an account's
own reach for a lower bound was (often, or nothing is proved), how often the upper bound lies below the sum, how often
the plausible range holds the people, and the estimate's error beside the naive sum's.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    later: float = 0.0
    """Which part of a post's people sees it only in the window after its own; then the increments are known too."""


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
    Regime("seen later, increments known", later=0.4),
    Regime("all of it", accounts=3, alike=0.5, loyal=2.0, others=0.6, boosted=0.2, withheld=0.03, later=0.2),
)


@dataclass(frozen=True)
class World:
    """Who saw what: posts (account, window, whether of the campaign, reach or None), windows, and the people it was.

    `increments` are the people whom a post (by its number) gained in each window of its account.
    """

    posts: list[tuple[str, int, bool, float | None]]
    windows: list[tuple[str, int, float]]
    increments: list[tuple[str, int, int, int]]
    people: int


def simulate(regime: Regime, seed: int) -> World:
    """One world: users with habits see posts of accounts in windows of 28 days."""
    dice = np.random.default_rng(seed)
    habit = dice.gamma(regime.alike, 1 / regime.alike, USERS)
    world = World([], [], [], 0)
    reached = np.zeros(USERS, bool)
    for account in range(regime.accounts):
        fond = dice.gamma(1 / regime.loyal, regime.loyal, USERS) * habit
        seen_in = [np.zeros(USERS, bool) for _ in range(WINDOWS)]
        for number in range(WINDOWS):
            for _ in range(dice.integers(3, 9)):
                reached |= _post(world, regime, dice, (f"a{account}", number), fond, seen_in)
        world.windows.extend(
            (f"a{account}", number, float(seen.sum()))
            for number, seen in enumerate(seen_in)
            if not (regime.partial and dice.random() < 0.5)
        )
    return replace(world, people=int(reached.sum()))


def _post(world: World, regime: Regime, dice: Any, place: tuple[str, int], fond: Any, seen_in: list[Any]) -> Any:
    """Let users see one post, and note it; those of the campaign's people whom it reached."""
    account, number = place
    seen = dice.random(USERS) < 1 - np.exp(-fond * dice.lognormal(-2.5, 0.8))
    if dice.random() < regime.boosted:
        seen |= dice.random(USERS) < dice.uniform(0.02, 0.15)
    later = seen & (dice.random(USERS) < regime.later) if regime.later and number + 1 < WINDOWS else seen & False
    seen_in[number] |= seen & ~later
    if later.any():
        seen_in[number + 1] |= later
    mine = dice.random() > regime.others
    if mine and regime.later:
        gained = {number: int((seen & ~later).sum()), number + 1: int(later.sum())}
        world.increments.extend((account, one, len(world.posts), gained.get(one, 0)) for one in range(WINDOWS))
    world.posts.append((account, number, mine, float(seen.sum()) if dice.random() >= regime.withheld else None))
    return seen if mine else seen & False


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
    posts, windows, of_windows, increments = [], [], [], []
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
        for account, number, post, delta in world.increments:
            increments.append((campaign, None, "fb", f"{campaign}/{account}", number, f"p{post}", delta))
    yield "int_reach_sets__posts", posts
    yield "int_reach_sets__increments", increments
    yield "int_account_windows", windows
    yield "int_account_windows__posts", of_windows


def judged(sql: dict[str, str], worlds: dict[str, World]) -> dict[str, tuple[Any, ...]]:
    """Lower, upper, estimate and its range of each world, as the models say."""
    with duckdb.connect() as connection:
        connection.execute(INPUTS)
        for table, rows in rows_of(worlds):
            if rows:
                marks = ",".join("?" * len(rows[0]))
                connection.executemany(f"insert into intermediate.{table} values ({marks})", rows)  # noqa: S608
        for name in MODELS:
            connection.execute(f"create table intermediate.{name} as {sql[name]}")
        query = """
            select campaign_id, people_reached_lower, people_reached_upper, people_reached_est,
                coalesce(people_reached_est_low, people_reached_est),
                coalesce(people_reached_est_high, people_reached_est)
            from intermediate.int_reach_sets__platforms
        """
        return {row[0]: row[1:] for row in connection.execute(query).fetchall()}


def show(regime: Regime, worlds: dict[str, World], found: dict[str, tuple[Any, ...]]) -> tuple[int, int]:
    """Print a regime's row; how often a bound was wrong, and how often the control."""
    wrong = control = tight = held = 0
    errors, naive = [], []
    for name, world in worlds.items():
        if name not in found:
            continue
        lower, upper, estimate, low, high = found[name]
        wrong += (lower or 0) > world.people or (upper is not None and upper < world.people)
        control += max((reach for _, _, reach in world.windows), default=0) > world.people
        total = [reach for _, _, mine, reach in world.posts if mine]
        tight += upper is not None and upper < sum(one or 0 for one in total) * (1 - 1e-9)
        if estimate is not None:
            held += low <= world.people <= high
            errors.append(estimate / world.people - 1)
            naive.append(sum(one or 0 for one in total) / world.people - 1)
    mae, bias = (100 * np.mean(np.abs(errors)), 100 * np.mean(errors)) if errors else (float("nan"),) * 2
    sums = 100 * np.mean(np.abs(naive)) if naive else float("nan")
    print(f"{regime.name:<28} {wrong:3} wrong {control:4} control wrong {tight:4} below the sum "
          f"{len(errors):4} estimates {held:4} in range  "
          f"error {mae:4.1f} %  bias {bias:+5.1f} %  naive sum {sums:5.1f} %")  # fmt: skip
    return wrong, control


def main() -> None:
    """Print a row per regime; exit status 1 when a bound was ever wrong or the control never."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    seeds = parser.parse_args().seeds
    with tempfile.TemporaryDirectory() as folder:
        sql = compiled(Path(folder))
    wrong = control = 0
    for regime in REGIMES:
        worlds = {f"{regime.name} {seed}": simulate(regime, seed) for seed in range(seeds)}
        of_bounds, of_control = show(regime, worlds, judged(sql, worlds))
        wrong, control = wrong + of_bounds, control + of_control
    print(f"bounds wrong {wrong} times, the control {control} times")
    sys.exit(1 if wrong or not control else 0)


if __name__ == "__main__":
    main()
