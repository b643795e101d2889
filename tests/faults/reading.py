"""What the fault tests share: a world behind a front that spoils answers, and the facts that a reading lands."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.graph import access
from ingest.adapters.registry import read_registry
from ingest.domain.errors import CampaignReachError
from ingest.sandbox.fault_front import Fault, FaultFront, evil_host, faulty
from ingest.sandbox.faults import FAULTS
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import PROJECT, Settings
from ingest.steps.check_landed import check_landed
from ingest.steps.load import load_landed
from ingest.steps.refresh import refresh_account
from tests.conftest import MOMENT, settings_in

PAGE, INSTAGRAM = "104857600000201", "17841400000000201"
ROW = {"account_id": PAGE, "platform": "facebook"}
MEDIA_ROW = {"account_id": INSTAGRAM, "platform": "instagram"}
LISTING, LATER, PAGED, BATCH = "published_posts", "after=", "limit=6", "/v26.0?"
"""Parts of addresses: the listing, its later pages, the listing when its page is small enough, a batch."""
ALWAYS = 99
Fact = tuple[object, ...]
Facts = Counter[Fact]
FACTS = """
    select s.object_id, m.metric, m.definition, s.period, s.value, s.end_time, s.breakdown_value, s.reason, s.graph_name
    from raw.snapshots as s
    left join raw.metrics as m
        on (s.platform, s.object_kind, s.graph_name) = (m.platform, m.object_kind, m.graph_name)
        and m.breakdown is not distinct from s.breakdown || '=' || s.breakdown_value
"""
NEWEST = "where s.fetched_at = (select max(fetched_at) from raw.snapshots)"
"""Of what landed, each row as often as it stands there: what the newest reading brought."""


@dataclass(frozen=True)
class World:
    """What all tests share: the sandbox, the front before it, the evil host, and the fault-free facts by account."""

    sandbox: Sandbox
    front: FaultFront
    came_to_evil: list[bytes]
    oracles: dict[str, Facts]

    @property
    def oracle(self) -> Facts:
        """The facts of the Page that a reading without any fault lands."""
        return self.oracles[PAGE]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox(read_registry(PROJECT / "campaigns"), clock=lambda: MOMENT))
        sandbox.graph.page_cap = 10
        evil, came = stack.enter_context(evil_host())
        front = stack.enter_context(faulty(sandbox.url, evil=evil))
        oracles = {}
        for row in (ROW, MEDIA_ROW):
            settings = reading(tmp_path_factory.mktemp("oracle"), sandbox, front)
            refresh_account(settings, row)
            oracles[row["account_id"]] = facts(settings)
        yield World(sandbox, front, came, oracles)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, world: World) -> Iterator[None]:
    """Short patience and small caps, so that no test waits; an empty script; nothing has come to the evil host."""
    monkeypatch.setattr("ingest.adapters.graph.retrying.LONGEST_WAIT_SECONDS", 0)
    monkeypatch.setattr("ingest.adapters.graph.session.READ_SECONDS", 1.0)
    monkeypatch.setattr("ingest.adapters.graph.session.TOTAL_SECONDS", 1.0)
    monkeypatch.setattr("ingest.adapters.graph.session.LARGEST_BODY", 4 * 1024 * 1024)
    world.front.script.clear()
    world.front.seen.clear()
    world.sandbox.graph.calls.clear()
    yield
    assert world.came_to_evil == []


def reading(folder: Path, sandbox: Sandbox, front: FaultFront, **overrides: object) -> Settings:
    own = {
        "graph_url": front.url,
        "app_secrets": sandbox.tokens.app_secret,
        "access_tokens": sandbox.tokens.system_user.value,
    }
    settings = settings_in(folder, **(own | overrides))
    access._pages_of_process(settings)
    return settings


def facts(settings: Settings) -> Facts:
    """The facts of the newest reading."""
    load_landed(settings)
    check_landed(settings)
    return _facts(settings, NEWEST)


def facts_of_all(settings: Settings) -> Facts:
    """The facts of every reading that was loaded, the spoiled ones too."""
    return _facts(settings, "")


def _facts(settings: Settings, which: str) -> Facts:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return Counter(connection.execute(f"{FACTS} {which}").fetchall())


def refreshed(world: World, folder: Path, row: dict[str, str] = ROW) -> type[CampaignReachError] | None:
    """Refresh once; what it raised, if it did."""
    raised: CampaignReachError | None = None
    try:
        refresh_account(reading(folder, world.sandbox, world.front), row)
    except CampaignReachError as error:
        raised = error
    assert all(token not in str(raised) for token in world.sandbox.tokens.given)
    return type(raised) if raised else None


def landed(world: World, folder: Path) -> Facts:
    """The facts of the newest reading in a folder."""
    return facts(reading(folder, world.sandbox, world.front))


def healed(world: World, folder: Path, row: dict[str, str] = ROW, *, hours: float = 1) -> Facts:
    """The facts after the fault has cleared and the account was read again, some hours later."""
    world.front.script.clear()
    (folder / "state.sqlite").unlink(missing_ok=True)
    settings = reading(folder, world.sandbox, world.front, now=MOMENT + timedelta(hours=hours))
    refresh_account(settings, row)
    return facts(settings)


def named(*numbers: str, without: tuple[str, ...] = ()) -> list[Fault]:
    """The faults of these numbers, but for some by what they are."""
    return [fault for fault in FAULTS if fault.number in numbers and fault.what not in without]


def fault_called(what: str) -> Fault:
    """The one fault that is called so."""
    (found,) = (fault for fault in FAULTS if fault.what == what)
    return found


def keys(found: Facts) -> set[Fact]:
    """Object, metric and definition of facts."""
    return {fact[:3] for fact in found}


def titled(fault: Fault) -> str:
    """The name of a fault in a test's name: its number first."""
    return f"{fault.number}-{fault.what}"[:60]


def waiting_in(folder: Path) -> set[str]:
    """Objects that wait in quarantine."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return {one for (one,) in connection.execute("select object_id from raw.quarantine").fetchall()}
