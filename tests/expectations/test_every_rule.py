"""Every rule of every gate has a row that breaks it: whoever adds a rule adds the row."""

from pathlib import Path

import pytest

from expectations.candidate_publication import CANDIDATE
from expectations.cross_checks import CROSS_CHECKS
from expectations.event_ledger import EVENT_LEDGER
from expectations.gate import Suite
from expectations.landed_batch import LANDED_BATCH

FOLDER = Path(__file__).parent
SUITES = {
    "test_candidate_publication": CANDIDATE,
    "test_cross_checks": CROSS_CHECKS,
    "test_event_ledger": EVENT_LEDGER,
    "test_landed_batch": LANDED_BATCH,
}


@pytest.mark.parametrize("module", SUITES)
def test_the_tests_of_a_gate_name_each_of_its_rules_as_what_was_broken(module: str) -> None:
    text = (FOLDER / f"{module}.py").read_text(encoding="utf-8")
    suite = SUITES[module]
    assert suite.rules
    assert not [rule.name for rule in suite.rules if f'"{rule.name}"' not in text]


def test_every_suite_of_the_package_is_listed_here() -> None:
    from importlib import import_module

    modules = (path.stem for path in (FOLDER.parents[1] / "expectations").glob("*.py") if path.stem != "__init__")
    found = [value for name in modules for value in vars(import_module(f"expectations.{name}")).values()]
    assert {one.name for one in found if isinstance(one, Suite)} == {suite.name for suite in SUITES.values()}


def test_no_two_rules_share_a_name_and_each_says_what_to_do() -> None:
    rules = [rule for suite in SUITES.values() for rule in suite.rules]
    assert len({rule.name for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.description.endswith(".")
        assert len(rule.what_to_do) > 20
