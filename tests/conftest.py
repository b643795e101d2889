"""What tests share: a clean environment, a fixed moment, settings in a folder of their own, a running sandbox."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from ingest.settings import PROJECT, Settings, load_settings

if TYPE_CHECKING:
    from ingest.adapters.s3 import Bucket

hypothesis.settings.register_profile("no timing asserts", deadline=None)
hypothesis.settings.load_profile("no timing asserts")

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
        "sqs_log_path": folder / "sqs_log.sqlite",
        "drop_uri": str(folder / "drop"),
        "warehouse_path": folder / "warehouse.duckdb",
        "published_uri": str(folder / "published"),
        "logs_dir": folder / "logs",
        "dbt_dir": folder / "dbt",
        "now": MOMENT,
    }
    return load_settings(**(places | overrides))


WORKED_EXAMPLE = PROJECT / "tests" / "data" / "worked_example"


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a campaign of seven posts, brought once from landing to a served version."""
    from ingest.steps.land_registry import land_registry
    from ingest.steps.publish import publish_all
    from tests.worked_example import READ_AT, land_worked_example

    folder = tmp_path_factory.mktemp("served")
    settings = settings_in(folder, campaigns_dir=WORKED_EXAMPLE, now=READ_AT)
    land_registry(settings)
    land_worked_example(settings)
    publish_all(settings)
    return folder


@pytest.fixture
def served(published_once: Path, tmp_path: Path) -> Settings:
    """Settings of a world of the test's own in which everything is served."""
    import shutil

    from tests.worked_example import READ_AT

    shutil.copytree(published_once, tmp_path, dirs_exist_ok=True)
    return settings_in(tmp_path, campaigns_dir=WORKED_EXAMPLE, now=READ_AT)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where the demo was played once, and what it printed; for tests of the group "demo", which share a process."""
    from tests.playing_demo import run_demo

    folder = tmp_path_factory.mktemp("demo")
    return folder, run_demo(folder)


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """Where S3 and SQS answer: moto's server on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where S3 and SQS answer, with credentials that they take."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    return aws_server


@pytest.fixture
def bucket(aws: str) -> "Bucket":
    """A bucket of the test's own."""
    from uuid import uuid4

    from ingest.adapters.s3 import Bucket

    made = Bucket(f"bucket-{uuid4().hex[:12]}", "", aws)
    made.client.create_bucket(Bucket=made.name)
    return made


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
