"""Templates: workbooks that open, explain each column, and are read back as what they are."""

import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ingest.adapters.exports.offline_columns import recognised
from ingest.adapters.exports.offline_rows import Knows
from ingest.adapters.exports.templates import Template, template_bytes
from ingest.adapters.registry import read_registry
from ingest.settings import PROJECT
from tests.test_cli import run

CAMPAIGNS = read_registry(PROJECT / "campaigns").campaigns
KNOWS = Knows({one.campaign_id: one for one in CAMPAIGNS})


@pytest.mark.parametrize("kind", ["survey", "respondents", "activities"])
def test_a_template_is_recognised_and_every_column_is_explained(kind: Template) -> None:
    book = load_workbook(io.BytesIO(template_bytes(kind, CAMPAIGNS)))
    table, explained = book.worksheets
    headers = [cell.value for cell in table[1]]
    columns = recognised(headers, KNOWS.indicators())
    assert columns is not None
    assert (columns.kind, columns.unknown) == (kind, ())
    rows = {row[0]: row for row in explained.iter_rows(min_row=2, values_only=True) if row[0]}
    assert all(rows[header][2] for header in headers)
    assert table.freeze_panes == "A2"
    assert recognised([cell.value for cell in explained[1]], KNOWS.indicators()) is None


def test_cells_offer_the_ids_that_the_campaign_files_know() -> None:
    book = load_workbook(io.BytesIO(template_bytes("respondents", CAMPAIGNS)))
    offered = {one.formula1 for one in book.worksheets[0].data_validations.dataValidation}
    assert '"yes,no"' in offered
    assert any("together" in one and "child_protection" in one for one in offered)


def test_the_command_writes_it_once_and_says_what_comes_next(tmp_path: Path) -> None:
    settings = {"CAMPAIGN_REACH_CAMPAIGNS_DIR": str(PROJECT / "campaigns")}
    written = run(tmp_path, "template", "survey", "--campaign", "together", **settings)
    assert written.returncode == 0
    assert "campaign-reach import --dry-run survey.xlsx" in written.stdout
    again = run(tmp_path, "template", "survey", **settings)
    assert again.returncode == 1
    assert "survey.xlsx is there already" in again.stderr
    assert "there is: survey, respondents, activities" in run(tmp_path, "template", "poll", **settings).stderr
    assert (
        "No campaign file is named nobody"
        in run(tmp_path, "template", "survey", "--campaign", "nobody", **settings).stderr
    )
