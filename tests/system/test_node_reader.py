"""A node program opens the published file read-only, as BI tools on node do."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.adapters.publication import candidate
from ingest.settings import PROJECT
from tests.two_campaigns import make_warehouse

pytestmark = pytest.mark.system
READER = PROJECT / "tests" / "readers" / "node"


@pytest.fixture(scope="module")
def reader(program: Callable[[str], str]) -> Path:
    """The reader with its one package, installed from the committed lock; kept between runs."""
    folder = PROJECT / "var" / "readers" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "read.mjs"):
        shutil.copy(READER / name, folder)
    if not (folder / "node_modules").exists():
        install = [program("npm"), "install", "--no-save", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=folder, check=True, capture_output=True)
    return folder


def test_node_reads_the_published_marts(reader: Path, program: Callable[[str], str], tmp_path: Path) -> None:
    warehouse = make_warehouse(tmp_path / "warehouse.duckdb")
    published = candidate.copy_marts(warehouse, tmp_path / "published" / "campaign_reach.duckdb")
    ran = subprocess.run(
        [program("node"), "read.mjs", str(published)], cwd=reader, capture_output=True, text=True, check=True
    )
    assert {"campaign_id": "oyu", "platform": "instagram", "views": "4061"} in json.loads(ran.stdout)
