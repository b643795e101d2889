"""What tests share: a clean environment, a fixed moment, settings in a folder of their own, a running sandbox."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.settings import PROJECT, Settings, load_settings

MOMENT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
"""When tests take place: every campaign has lived its life."""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    import os

    for name in [name for name in os.environ if name.startswith("CAMPAIGN_REACH_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose folders are the test's own, with a fixed clock."""
    return settings_in(tmp_path)


def settings_in(folder: Path, **overrides: object) -> Settings:
    """Settings with every path below `folder`."""
    places: dict[str, object] = {
        "campaigns_dir": PROJECT / "campaigns",
        "landing_uri": str(folder / "landing"),
        "quarantine_dir": folder / "quarantine",
        "state_path": folder / "state.sqlite",
        "queue_uri": f"sqlite:///{folder / 'queue.sqlite'}",
        "events_path": folder / "events.sqlite",
        "drop_uri": str(folder / "drop"),
        "warehouse_path": folder / "warehouse.duckdb",
        "published_uri": str(folder / "published"),
        "logs_dir": folder / "logs",
        "dbt_dir": folder / "dbt",
        "now": MOMENT,
    }
    return load_settings(**(places | overrides))


@pytest.fixture(scope="session")
def moment() -> datetime:
    """The moment at which tests take place."""
    return MOMENT


@pytest.fixture(scope="session")
def sandbox() -> Iterator[object]:
    """The five campaigns, played on loopback."""
    from ingest.adapters.registry import read_registry
    from ingest.sandbox.server import running_sandbox

    with running_sandbox(read_registry(PROJECT / "campaigns"), api_date=MOMENT.date(), clock=lambda: MOMENT) as running:
        yield running
