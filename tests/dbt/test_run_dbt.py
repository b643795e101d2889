"""dbt runs in this process, and leaves no trace in it that another settings' tasks could take for their own."""

import os

import pytest

from ingest.settings import Settings, load_settings
from ingest.steps.run_dbt import parsed_manifest, run_dbt

NAME = "CAMPAIGN_REACH_WAREHOUSE_PATH"


@pytest.mark.parametrize("before", [None, "/somewhere/else.duckdb"])
def test_the_environment_is_as_it_was_after_dbt_has_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    """A warm scheduler's tasks once wrote into the throwaway warehouse that had made it warm."""
    if before:
        monkeypatch.setenv(NAME, before)
    assert run_dbt(settings, ["list", "--select", "publication"]).success
    assert parsed_manifest(settings).exists()
    assert os.environ.get(NAME) == before
    assert "CAMPAIGN_REACH_WAREHOUSE_MEMORY" not in os.environ
    assert str(load_settings().warehouse_path) == before or before is None
