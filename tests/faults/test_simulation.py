"""Random faults by seed: whatever comes, a few sweeps later the landed facts are the fault-free ones."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.domain.errors import CampaignReachError
from ingest.sandbox.faults import FAULTS, Fault
from ingest.steps.refresh import refresh_account
from tests.conftest import MOMENT
from tests.faults.test_faults import LISTING, ROW, World, facts, quick, reading, world

__all__ = ["quick", "world"]  # fixtures
SEEDS = range(25)
SLOW = {"F23", "F24"}
PLACES = (LISTING, "limit=6", "after=", "/v26.0?")


def script(seed: int) -> Iterator[tuple[str, Fault, int]]:
    """What is spoiled, where, and how often; the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - a plan, no secret
    usable = [fault for fault in FAULTS if fault.number not in SLOW]
    for _ in range(dice.randint(1, 4)):
        fault = dice.choice(usable)
        place = {"F48": PLACES[3], "F49": PLACES[3], "F27": PLACES[1], "F30": PLACES[2]}.get(fault.number)
        if place is None:
            place = dice.choice(PLACES[:3])
        yield place, fault, dice.randint(1, 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_random_faults_the_facts_converge_to_the_fault_free_ones(world: World, tmp_path: Path, seed: int) -> None:
    world.front.script = list(script(seed))
    planned = [f"{fault.number} on {place} × {times}" for place, fault, times in world.front.script]
    for _ in range(6):
        (tmp_path / "state.sqlite").unlink(missing_ok=True)  # a rest that a fault has asked for is over
        try:
            refresh_account(reading(tmp_path, world.sandbox, world.front), ROW)
        except CampaignReachError:
            continue
        if not world.front.script:
            break
    world.front.script.clear()
    (tmp_path / "state.sqlite").unlink(missing_ok=True)
    later = reading(tmp_path, world.sandbox, world.front, now=MOMENT + timedelta(hours=1))
    refresh_account(later, ROW)
    found = {fact[:6] for fact in facts(later)}
    missing = {fact[:6] for fact in world.oracle} - found
    assert Counter(missing) == Counter(), f"seed {seed}: {planned}"
