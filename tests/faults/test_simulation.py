"""Random faults by seed: whatever comes, a few sweeps later the landed facts are the fault-free ones.

`campaign-reach sandbox --faults FILE` with `seed: 17` in the file plays the faults of seed 17 again.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from ingest.domain.errors import CampaignReachError
from ingest.sandbox.fault_script import random_script, read_script
from ingest.sandbox.rules import POST_METRICS
from ingest.steps.refresh import refresh_account
from tests.conftest import MOMENT
from tests.faults.reading import MEDIA_ROW, PAGE, ROW, World, facts, facts_of_all, keys, quick, reading, world

__all__ = ["quick", "world"]  # fixtures
SEEDS = range(25)
SWEEPS = 6


@pytest.mark.parametrize("seed", SEEDS)
def test_after_random_faults_the_facts_converge_to_the_fault_free_ones(world: World, tmp_path: Path, seed: int) -> None:
    row = MEDIA_ROW if seed % 3 == 2 else ROW
    world.front.script = random_script(seed)
    planned = [f"{fault.number} ({fault.what}) on {place} × {times}" for place, fault, times in world.front.script]
    for _ in range(SWEEPS):
        (tmp_path / "state.sqlite").unlink(missing_ok=True)  # a rest that a fault has asked for is over
        try:
            refresh_account(reading(tmp_path, world.sandbox, world.front), row)
        except CampaignReachError:
            continue
        if not world.front.script:
            break
    world.front.script.clear()
    (tmp_path / "state.sqlite").unlink(missing_ok=True)
    later = reading(tmp_path, world.sandbox, world.front, now=MOMENT + timedelta(hours=1))
    refresh_account(later, row)
    oracle = world.oracles[row["account_id"]]
    found = facts(later)
    assert found == oracle, f"seed {seed}: {planned}: {found - oracle} instead of {oracle - found}"
    invented = keys(facts_of_all(later)) - keys(oracle)
    assert not invented, f"seed {seed}: {planned}: {invented} landed on the way"


def test_the_same_seed_makes_the_same_faults_here_and_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "faults.yml"
    file.write_text("seed: 17\n", encoding="utf-8")
    assert read_script(file) == random_script(17) == random_script(17)
    assert len({str(random_script(seed)) for seed in SEEDS}) == len(SEEDS)


def test_a_script_says_which_request_is_spoiled_how_and_how_often(tmp_path: Path) -> None:
    file = tmp_path / "faults.yml"
    file.write_text(
        '- {where: published_posts, fault: F14, times: 2}\n- {where: "/v26.0?", fault: a number that is NaN}\n',
        encoding="utf-8",
    )
    steps = [(on, fault.number, fault.what, times) for on, fault, times in read_script(file)]
    assert steps == [
        ("published_posts", "F14", "500 with HTML", 2),
        ("/v26.0?", "F39", "a number that is NaN", 1),
    ]


def test_the_fault_free_facts_are_what_happened_in_the_sandbox(world: World) -> None:
    """The oracle itself is no work of our client: each number is the world's."""
    facts_of = {rule.name: rule.fact for rule in POST_METRICS if rule.fact}
    graph = world.sandbox.graph
    said = {
        (fact[0], fact[8]): int(str(fact[4]))
        for fact in world.oracle
        if fact[4] is not None and fact[3] == "lifetime" and fact[6] is None and fact[8] in facts_of
    }
    posts = {post.post_id: post for post in graph.world.posts_of(PAGE, MOMENT)}
    assert said == {(post, name): graph.value(posts[str(post)], facts_of[str(name)]) for post, name in said}
    assert {post for post, _ in said} == set(posts)
