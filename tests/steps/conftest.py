"""A campaign of seven posts, brought once from landing to a served version; each test gets a copy of its own."""

import shutil
from pathlib import Path

import pytest

from ingest.settings import PROJECT, Settings
from ingest.steps.land_registry import land_registry
from ingest.steps.publish import publish_all
from tests.conftest import settings_in
from tests.worked_example import READ_AT, land_worked_example

CAMPAIGNS = PROJECT / "tests" / "data" / "worked_example"


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    settings = settings_in(folder, campaigns_dir=CAMPAIGNS, now=READ_AT)
    land_registry(settings)
    land_worked_example(settings)
    publish_all(settings)
    return folder


@pytest.fixture
def served(published_once: Path, tmp_path: Path) -> Settings:
    """Settings of a world in which everything is served."""
    shutil.copytree(published_once, tmp_path, dirs_exist_ok=True)
    return settings_in(tmp_path, campaigns_dir=CAMPAIGNS, now=READ_AT)
