"""One test per fault: its outcome, nothing lost, nothing invented; after it clears, the facts are as without it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.graph import access
from ingest.adapters.graph.answers import AnswerRejected
from ingest.adapters.registry import read_registry
from ingest.domain.errors import (
    CampaignReachError,
    GraphUnavailable,
    RateLimited,
    RequestRefused,
    TokenRefused,
    UnsafeAnswer,
)
from ingest.sandbox.faults import FAULTS, Fault, FaultFront, evil_host, faulty
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import PROJECT, Settings
from ingest.steps.check_landed import check_landed
from ingest.steps.load import load_landed
from ingest.steps.refresh import refresh_account
from tests.conftest import MOMENT, settings_in

PAGE = "104857600000201"
ROW = {"account_id": PAGE, "platform": "facebook"}
LISTING, PAGED, BATCH = "published_posts", "limit=6", "/v26.0?"
"""Parts of addresses: the listing, the listing when the page is small enough, a batch."""
ALWAYS = 99
Fact = tuple[object, ...]
FACTS = """
    select object_id, graph_name, period, end_time, breakdown_value, arg_max(value, fetched_at), max(reason)
    from raw.snapshots group by all
"""


@dataclass(frozen=True)
class World:
    """What all tests share: the sandbox, the front before it, the evil host, and the fault-free facts."""

    sandbox: Sandbox
    front: FaultFront
    came_to_evil: list[bytes]
    oracle: Counter[Fact]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: MOMENT))
        sandbox.graph.page_cap = 10
        evil, came = stack.enter_context(evil_host())
        front = stack.enter_context(faulty(sandbox.url, evil=evil))
        settings = reading(tmp_path_factory.mktemp("oracle"), sandbox, front)
        refresh_account(settings, ROW)
        yield World(sandbox, front, came, facts(settings))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Short patience and small caps, so that no test waits; an empty script; Pages that are known already."""
    monkeypatch.setattr("ingest.adapters.graph.retrying.LONGEST_WAIT_SECONDS", 0)
    monkeypatch.setattr("ingest.adapters.graph.session.READ_SECONDS", 1.0)
    monkeypatch.setattr("ingest.adapters.graph.session.TOTAL_SECONDS", 1.5)
    monkeypatch.setattr("ingest.adapters.graph.session.LARGEST_BODY", 4 * 1024 * 1024)
    world.front.script.clear()
    world.front.seen.clear()


def reading(folder: Path, sandbox: Sandbox, front: FaultFront, **overrides: object) -> Settings:
    own = {
        "graph_url": front.url,
        "app_secrets": sandbox.tokens.app_secret,
        "access_tokens": sandbox.tokens.system_user.value,
    }
    settings = settings_in(folder, **(own | overrides))
    access._pages_of_process(settings)
    return settings


def facts(settings: Settings) -> Counter[Fact]:
    load_landed(settings)
    check_landed(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return Counter(connection.execute(FACTS).fetchall())


def refreshed(world: World, folder: Path) -> type[CampaignReachError] | None:
    """Refresh once; what it raised, if it did."""
    raised: CampaignReachError | None = None
    try:
        refresh_account(reading(folder, world.sandbox, world.front), ROW)
    except CampaignReachError as error:
        raised = error
    assert all(token not in str(raised) for token in world.sandbox.tokens.given)
    return type(raised) if raised else None


def healed(world: World, folder: Path) -> Counter[Fact]:
    """The facts after the fault has cleared and the account was read again, an hour later."""
    world.front.script.clear()
    (folder / "state.sqlite").unlink(missing_ok=True)
    settings = reading(folder, world.sandbox, world.front, now=MOMENT + timedelta(hours=1))
    refresh_account(settings, ROW)
    return facts(settings)


REJECTED = ("F13", "F16", "F17", "F18", "F25", "F41")
GONE = ("F14", "F15", "F19", "F20", "F22", "F23")
RAISED: dict[str, type[CampaignReachError]] = {
    "F01": GraphUnavailable,
    "F02": RateLimited,
    "F03": RateLimited,
    "F04": RateLimited,
    "F05": TokenRefused,
    "F06": TokenRefused,
    "F07": TokenRefused,
    "F08": RequestRefused,
    "F10": RequestRefused,
    "F12": RequestRefused,
    "F26": UnsafeAnswer,
    "F31": RequestRefused,
    **dict.fromkeys(REJECTED, AnswerRejected),
    **dict.fromkeys(GONE, GraphUnavailable),
}
"""What a refresh raises when every answer of the listing is spoiled so, by the number of the fault."""
PASSING = {number for number, kind in RAISED.items() if kind in (GraphUnavailable, AnswerRejected)} | {"F10", "F31"}
"""Faults that pass by themselves: one spoiled answer is asked for again, and nobody notices."""
LANDS = ("F27", "F28", "F29", "F32", "F34", "F35", "F37", "F38", "F39", "F40", "F42", "F44", "F51")


def named(*numbers: str) -> list[object]:
    chosen = [fault for fault in FAULTS if fault.number in numbers]
    return [pytest.param(fault, id=f"{fault.number}-{fault.what}"[:60]) for fault in chosen]


@pytest.mark.parametrize("fault", named(*RAISED))
def test_a_fault_that_stays_stops_the_account_and_nothing_lands(world: World, tmp_path: Path, fault: Fault) -> None:
    world.front.spoil(fault, on=LISTING, times=ALWAYS)
    assert refreshed(world, tmp_path) is RAISED[fault.number]
    assert not list((tmp_path / "landing").rglob("*.zst"))
    rejected = list((tmp_path / "quarantine").glob("*.bin"))
    assert bool(rejected) == (RAISED[fault.number] is AnswerRejected)
    assert healed(world, tmp_path) == world.oracle
    assert world.came_to_evil == []


@pytest.mark.parametrize("fault", named(*PASSING))
def test_a_fault_that_passes_is_asked_again_and_nobody_notices(world: World, tmp_path: Path, fault: Fault) -> None:
    world.front.spoil(fault, on=LISTING)
    assert refreshed(world, tmp_path) is None
    assert facts(reading(tmp_path, world.sandbox, world.front)) == world.oracle


UNREADABLE = {"a number that is NaN", "a number of 4,000 digits", "bytes that are no UTF-8", "a byte order mark"}


@pytest.mark.parametrize(
    "fault",
    [one for one in named(*LANDS) if one.values[0].what not in UNREADABLE],  # type: ignore[attr-defined]
)
def test_a_page_with_one_odd_thing_lands_and_the_next_reading_heals_it(
    world: World, tmp_path: Path, fault: Fault
) -> None:
    world.front.spoil(fault, on="after=" if fault.number == "F29" else PAGED)
    assert refreshed(world, tmp_path) is None
    spoiled = facts(reading(tmp_path, world.sandbox, world.front))
    assert {fact[:3] for fact in spoiled} <= {fact[:3] for fact in world.oracle}  # nothing is invented
    lost = {fact[0] for fact in world.oracle} - {fact[0] for fact in spoiled}
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        waiting = {one for (one,) in connection.execute("select object_id from raw.quarantine").fetchall()}
    assert lost == waiting  # nothing is lost: what is not in raw waits in quarantine
    after = healed(world, tmp_path)
    assert Counter({fact[:6]: count for fact, count in after.items()}) == Counter(
        {fact[:6]: count for fact, count in world.oracle.items()}
    )
    assert world.came_to_evil == []


@pytest.mark.parametrize(
    "fault",
    [one for one in named("F39", "F40", "F42") if one.values[0].what in UNREADABLE],  # type: ignore[attr-defined]
)
def test_an_answer_that_is_no_strict_json_is_kept_apart_with_its_bytes(
    world: World, tmp_path: Path, fault: Fault
) -> None:
    world.front.spoil(fault, on=PAGED, times=ALWAYS)
    assert refreshed(world, tmp_path) is AnswerRejected
    (kept,) = (tmp_path / "quarantine").glob("*.bin")
    assert kept.stat().st_size > 100
    assert healed(world, tmp_path) == world.oracle


def test_f24_what_is_packed_too_large_is_refused_before_it_fills_the_memory(world: World, tmp_path: Path) -> None:
    bomb, broken, unknown = (fault for fault in FAULTS if fault.number == "F24")
    for fault, raised in ((bomb, UnsafeAnswer), (broken, GraphUnavailable), (unknown, AnswerRejected)):
        world.front.script = [(LISTING, fault, ALWAYS)]
        assert refreshed(world, tmp_path / fault.what) is raised
        assert healed(world, tmp_path / fault.what) == world.oracle


def test_f30_pages_that_go_in_a_circle_are_noticed(world: World, tmp_path: Path) -> None:
    (circle,) = (fault for fault in FAULTS if fault.number == "F30")
    world.front.spoil(circle, on="after=", times=ALWAYS)
    assert refreshed(world, tmp_path) is UnsafeAnswer
    assert len(world.front.seen) < 10
    assert healed(world, tmp_path) == world.oracle


def test_f31_a_cursor_that_is_over_in_the_middle_begins_the_edge_again(world: World, tmp_path: Path) -> None:
    (over,) = (fault for fault in FAULTS if fault.number == "F31")
    world.front.spoil(over, on="after=")
    assert refreshed(world, tmp_path) is None
    assert facts(reading(tmp_path, world.sandbox, world.front)) == world.oracle


def test_f48_a_part_of_a_batch_that_did_not_finish_is_asked_again(world: World, tmp_path: Path) -> None:
    (unfinished,) = (fault for fault in FAULTS if fault.number == "F48")
    world.front.spoil(unfinished, on=BATCH)
    assert refreshed(world, tmp_path) is None
    assert facts(reading(tmp_path, world.sandbox, world.front)) == world.oracle


def test_f49_an_answer_about_another_object_never_lands(world: World, tmp_path: Path) -> None:
    (other,) = (fault for fault in FAULTS if fault.number == "F49")
    world.front.spoil(other, on=BATCH)
    assert refreshed(world, tmp_path) is None
    settings = reading(tmp_path, world.sandbox, world.front)
    assert facts(settings) == world.oracle
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.accounts where account_id = '999'").fetchall() == [(0,)]
