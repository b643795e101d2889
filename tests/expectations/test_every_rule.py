"""Every rule of every gate is broken on a real world, and it alone speaks: whoever adds a rule adds what breaks it."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
import zstandard

from expectations.candidate_publication import CANDIDATE, judge_candidate
from expectations.cross_checks import CROSS_CHECKS, judge_cross_checks
from expectations.event_ledger import EVENT_LEDGER, judge_ledger
from expectations.gate import Rule, Suite
from expectations.landed_batch import LANDED_BATCH, LandedFile, judge_landed
from ingest.domain.gates import Verdict
from tests.expectations import breaking_rows
from tests.expectations.breaking_rows import Break
from tests.two_campaigns import change
from tests.worked_example import READ_AT

FOLDER = Path(__file__).parent
SUITES: dict[str, Suite] = {
    "CANDIDATE": CANDIDATE,
    "CROSS_CHECKS": CROSS_CHECKS,
    "EVENT_LEDGER": EVENT_LEDGER,
    "LANDED_BATCH": LANDED_BATCH,
}
RULES = [(name, rule) for name, suite in SUITES.items() for rule in suite.rules]
NOW = READ_AT + timedelta(minutes=1)


def judged(suite: str, broken: Break, world: Path, folder: Path) -> Verdict:
    """What a gate says of a published world after something in it was broken."""
    if suite in ("CANDIDATE", "CROSS_CHECKS"):
        return _candidate(suite, broken, world, folder)
    warehouse = Path(shutil.copy(world / "warehouse.duckdb", folder / "warehouse.duckdb"))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for statement in broken.sql:
            connection.execute(statement)
        if suite == "EVENT_LEDGER":
            return judge_ledger(connection)
        rows = connection.execute("select load_id, file from raw.load_log where file not like '%lost'").fetchall()
        files = [LandedFile(load_id, key, _landed(world / "landing" / key, broken, folder)) for load_id, key in rows]
        return judge_landed(connection, files, now=NOW)


def _candidate(suite: str, broken: Break, world: Path, folder: Path) -> Verdict:
    (version,) = (world / "published" / "versions").iterdir()
    candidate = Path(shutil.copy(version / "campaign_reach.duckdb", folder / "candidate.duckdb"))
    candidate.chmod(0o644)
    change(candidate, *broken.sql)
    if suite == "CANDIDATE":
        return judge_candidate(candidate, registry_figures=(("lights", "lights_views"),))
    last = version / "parquet" / "agg_phase_content_type_reach.parquet"
    return judge_cross_checks(candidate, raw=broken.raw, last=last, now=NOW)


def _landed(path: Path, broken: Break, folder: Path) -> Path:
    """The landed file; of the small partner's a copy with what is to be broken in it."""
    if "/901/" not in path.as_posix():
        return path
    lines = [json.loads(line) for line in zstandard.decompress(path.read_bytes()).splitlines()]
    lines[0] |= broken.line or {}
    lines += [lines[0] | {"line_no": len(lines) + 1} | broken.more] if broken.more else []
    kept = [] if broken.line is None else lines
    copy = folder / path.name
    copy.write_bytes(zstandard.compress("".join(json.dumps(line) + "\n" for line in kept).encode()))
    return copy


@pytest.mark.parametrize(("suite", "rule"), RULES, ids=[rule.name for _, rule in RULES])
def test_what_breaks_a_rule_breaks_it_alone_and_stops_or_warns(
    suite: str, rule: Rule, published_once: Path, tmp_path: Path
) -> None:
    table: dict[str, Break] = getattr(breaking_rows, suite)
    assert rule.name in table, f"tests/expectations/breaking_rows.py says nothing that breaks {rule.name}"
    broken = table[rule.name]
    verdict = judged(suite, broken, published_once, tmp_path)
    failed = {result.rule for result in verdict.results if not result.passed}
    assert failed == {rule.name} | broken.also, verdict.in_one_screen()
    (own,) = (result for result in verdict.results if result.rule == rule.name)
    assert own.evaluated
    assert verdict.passed == (rule.severity == "warning")


@pytest.mark.parametrize("suite", SUITES)
def test_the_world_that_nobody_broke_passes_without_a_warning(suite: str, published_once: Path, tmp_path: Path) -> None:
    verdict = judged(suite, Break(), published_once, tmp_path)
    assert verdict.passed, verdict.in_one_screen()
    assert not verdict.warnings
    assert verdict.evaluated == len(SUITES[suite].rules)


@pytest.mark.parametrize("suite", SUITES)
def test_nothing_is_broken_that_is_no_rule(suite: str) -> None:
    assert set(getattr(breaking_rows, suite)) == {rule.name for rule in SUITES[suite].rules}


def test_every_suite_of_the_package_is_listed_here() -> None:
    from importlib import import_module

    modules = (path.stem for path in (FOLDER.parents[1] / "expectations").glob("*.py") if path.stem != "__init__")
    found = [value for name in modules for value in vars(import_module(f"expectations.{name}")).values()]
    assert {one.name for one in found if isinstance(one, Suite)} == {suite.name for suite in SUITES.values()}


def test_no_two_rules_share_a_name_and_each_says_what_it_wants_and_what_to_do() -> None:
    assert len({rule.name for _, rule in RULES}) == len(RULES)
    for _, rule in RULES:
        assert rule.description.endswith(".")
        assert len(rule.what_to_do) > 20
