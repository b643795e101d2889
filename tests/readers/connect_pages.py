"""The pages of docs/how-to/connect/: their snippets, and a publication to run them beside."""

import re
from pathlib import Path
from typing import Any

import duckdb

from ingest.settings import PROJECT
from ingest.steps.publish import publish_marts
from tests.conftest import settings_in
from tests.two_campaigns import make_warehouse

PAGES = PROJECT / "docs" / "how-to" / "connect"
COLUMNS = ("campaign_id", "phase_id", "content_type", "platform", "posts", "views", "duplicated_reach")
ROWS = f"select {', '.join(COLUMNS)} from marts.agg_phase_content_type_reach order by all"


def snippet(page: str, language: str) -> str:
    """The first block of that language on a page."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return found[0]


def publish_two_campaigns(folder: Path) -> Path:
    """The folder, in which var/published is a publication now, as the pages say."""
    settings = settings_in(folder / "var")
    make_warehouse(settings.warehouse_path)
    publish_marts(settings)
    return folder


def rows_that_every_page_reads(folder: Path) -> list[dict[str, Any]]:
    """What the snippets ask for, by our own DuckDB."""
    with duckdb.connect(str(folder / "var/published/campaign_reach.duckdb"), read_only=True) as marts:
        return [dict(zip(COLUMNS, row, strict=True)) for row in marts.execute(ROWS).fetchall()]
