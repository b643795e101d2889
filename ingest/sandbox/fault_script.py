"""Scripts of faults: which answers are spoiled, how and how often; written down, or made from a seed."""

import random
from pathlib import Path

import yaml

from ingest.domain.errors import ArgumentInvalid
from ingest.sandbox.fault_front import Fault
from ingest.sandbox.faults import FAULTS

Step = tuple[str, Fault, int]
"""A part of the address, the fault, and how often."""
PLACES = ("published_posts", "media?", "after=", "/v26.0?")
"""Where seeds spoil: the listings of posts and of media, their later pages, and batches."""
ONLY_IN_BATCHES, ONLY_LATER = ("F11", "F48", "F49"), ("F29", "F30")
SLOW = ("F23", "F24", "F25")
"""Faults that no seed plays: they last for seconds, and have tests of their own."""


def read_script(path: Path) -> list[Step]:
    """What a YAML file wants to be spoiled: a list of `where`, `fault` and `times`, or a `seed` that makes one.

    A fault is named by its number, which is the first of its ways, or by the words for one of them.

    Raises: ArgumentInvalid for a file that is none, or a fault that there is not.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return random_script(int(content["seed"]))
        wanted = [(str(step["where"]), str(step["fault"]), int(step.get("times", 1))) for step in content]
    except (OSError, yaml.YAMLError, TypeError, KeyError, ValueError) as problem:
        raise ArgumentInvalid(
            f"{path} is no script of faults: {problem}. Each step has where, fault and times; or the file has a seed."
        ) from None
    numbers = {fault.number: fault for fault in reversed(FAULTS)}
    known = numbers | {fault.what: fault for fault in FAULTS}
    unknown = sorted({name for _, name, _ in wanted} - set(known))
    if unknown:
        raise ArgumentInvalid(
            f"{path}: there is no fault {', '.join(unknown)}; there are {', '.join(sorted(numbers))}, "
            "and the words for their ways in ingest/sandbox/faults.py."
        )
    return [(on, known[name], times) for on, name, times in wanted]


def random_script(seed: int) -> list[Step]:
    """One to five steps, the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - a plan, no secret
    usable = [fault for fault in FAULTS if fault.number not in SLOW]
    return [_step(dice.choice(usable), dice) for _ in range(dice.randint(1, 5))]


def _step(fault: Fault, dice: random.Random) -> Step:
    place = dice.choice(PLACES)
    if fault.number in ONLY_IN_BATCHES:
        place = PLACES[3]
    elif fault.number in ONLY_LATER:
        place = PLACES[2]
    return place, fault, dice.randint(1, 3)
