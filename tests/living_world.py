"""A world that goes on: the campaigns on loopback in February 2024, a clock that tests move, settings to read them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.registry import read_registry
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import PROJECT, Settings
from ingest.steps.check_landed import check_landed
from ingest.steps.load import load_landed
from tests.conftest import settings_in

PAGE, INSTAGRAM = "104857600000201", "17841400000000201"
NOW = datetime(2024, 2, 18, 12, tzinfo=UTC)
"""Two days before the campaign's end: posts of all ages."""
COUNTED: dict[tuple[str, str, datetime, datetime], int] = {}
"""Whom accounts reached on which days: counted once for all tests, because the world is the same."""


class Clock:
    """The moment that it is, until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=clock) as running:
        running.graph.days = COUNTED
        yield running


def reading(folder: Path, sandbox: Sandbox, **overrides: object) -> Settings:
    """Settings that read from a sandbox, at its moment, with the token that lists all Pages."""
    own = {
        "graph_url": sandbox.url,
        "app_secrets": sandbox.tokens.app_secret,
        "access_tokens": sandbox.tokens.system_user.value,
        "now": sandbox.graph.clock(),
    }
    return settings_in(folder, **(own | overrides))


def raw(settings: Settings, query: str) -> list[tuple[object, ...]]:
    """What the raw tables answer when everything that has landed is loaded, and its gate has let it pass."""
    load_landed(settings)
    check_landed(settings)
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(query).fetchall()
