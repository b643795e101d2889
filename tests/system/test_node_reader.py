"""A node program opens the published file read-only: the snippet of docs/how-to/connect/node.md."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.settings import PROJECT
from tests.readers.connect_pages import publish_two_campaigns, rows_that_every_page_reads, snippet

pytestmark = pytest.mark.system
READER = PROJECT / "tests" / "readers" / "node"


@pytest.fixture(scope="module")
def packages(program: Callable[[str], str]) -> Path:
    """The one package that the page needs, installed from the committed lock; kept between runs."""
    folder = PROJECT / "var" / "readers" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(READER / name, folder)
    if not (folder / "node_modules").exists():
        install = [program("npm"), "install", "--no-save", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=folder, check=True, capture_output=True)
    return folder / "node_modules"


def test_the_snippet_for_node_reads_the_published_marts(
    packages: Path, program: Callable[[str], str], tmp_path: Path
) -> None:
    publish_two_campaigns(tmp_path)
    (tmp_path / "read.mjs").write_text(snippet("node", "js"), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(packages)
    ran = subprocess.run([program("node"), "read.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    expected = [
        {name: str(cell) if isinstance(cell, int) else cell for name, cell in row.items()}
        for row in rows_that_every_page_reads(tmp_path)
    ]
    assert json.loads(ran.stdout) == expected
