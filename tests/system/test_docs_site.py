"""The site of dbt's docs for analysts: one command, one page, every mart with its texts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.domain.marts import MARTS
from ingest.settings import PROJECT
from tests.two_campaigns import make_warehouse

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


def test_one_command_makes_one_page_that_knows_every_mart(tmp_path: Path) -> None:
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb")
    command = ["make", "--no-print-directory", "docs", f"BIN={Path(sys.executable).parent}", "READY="]
    environment = os.environ | {"CAMPAIGN_REACH_WAREHOUSE_PATH": str(warehouse)}
    ran = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (page,) = ran.stdout.split()
    html = (PROJECT / page).read_text(encoding="utf-8")
    assert [mart.name for mart in MARTS if f"model.campaign_reach.{mart.name}" not in html] == []
    assert "Who was asked in the waves" in html  # a column's text, from its doc block
