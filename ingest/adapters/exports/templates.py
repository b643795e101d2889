"""Templates: workbooks that people fill in and import, with a sheet that explains each column."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from ingest.adapters.exports.offline_columns import COLUMNS, EXPLAINED, TABLES
from ingest.adapters.exports.offline_rows import indicators_of
from ingest.domain.campaigns import Campaign

Template = Literal["survey", "respondents", "activities"]
ROWS = 2_000
"""As many rows have choices and formats; more can be filled in."""
DAY_FORMAT = "yyyy-mm-dd"
HEAD = PatternFill("solid", fgColor="DCE6F1")
NEEDED = PatternFill("solid", fgColor="F8CBAD")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a template: its header, whether it must be filled, what it means, an example, its choices."""

    header: str
    is_needed: bool
    meaning: str
    example: str = ""
    choices: tuple[str, ...] = ()
    is_day: bool = False


NEXT = "Fill in the first sheet, save, and run: campaign-reach import --dry-run FILE"


def template_bytes(kind: Template, campaigns: Sequence[Campaign]) -> bytes:
    """A workbook for these campaigns: an empty table with choices, and a sheet that explains its columns."""
    columns = columns_of(kind, campaigns)
    book = Workbook()
    table = book.active
    table.title = kind.capitalize()
    _head(table, [column.header for column in columns])
    for position, column in enumerate(columns, start=1):
        table.cell(1, position).fill = NEEDED if column.is_needed else HEAD
        _choices(table, position, column)
    _explain(book.create_sheet("Columns"), kind, columns)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def columns_of(kind: Template, campaigns: Sequence[Campaign]) -> list[Column]:
    """The columns of a template; respondents have one for each indicator of the campaigns."""
    table = TABLES[kind]
    columns = {name: _column(name, is_needed=name in table["needed"]) for name in table["columns"]}
    ids, indicators = tuple(one.campaign_id for one in campaigns), _indicators(campaigns)
    columns["campaign"] = replace(columns["campaign"], is_needed=len(ids) > 1, example=ids[0], choices=ids)
    if kind == "survey":
        columns["indicator"] = replace(columns["indicator"], choices=tuple(indicators))
    asked = [
        Column(name, False, f"{text}: yes or no; empty when not answered.", "yes", ("yes", "no"))
        for name, text in indicators.items()
    ]
    return [*columns.values(), *(asked if kind == "respondents" else ())]


def _column(name: str, *, is_needed: bool) -> Column:
    told = COLUMNS[name]
    choices = tuple(told.get("choices", ()))
    return Column(name, is_needed, told["meaning"], told.get("example", ""), choices, told.get("is_day", False))


def _indicators(campaigns: Sequence[Campaign]) -> Mapping[str, str]:
    """The indicators of the campaigns, with their words where a campaign file has some."""
    names = dict.fromkeys(name for campaign in campaigns for name in sorted(indicators_of(campaign)))
    words = {one.indicator: one.indicator_text for campaign in campaigns for one in campaign.surveys}
    return {name: words.get(name, name.replace("_", " ")) for name in names}


def _head(sheet: Any, headers: Sequence[str]) -> None:
    for position, header in enumerate(headers, start=1):
        cell = sheet.cell(1, position, header)
        cell.font, cell.fill = Font(bold=True), HEAD
        sheet.column_dimensions[get_column_letter(position)].width = max(14, len(header) + 3)
    sheet.freeze_panes = "A2"


def _choices(sheet: Any, position: int, column: Column) -> None:
    letter = get_column_letter(position)
    if column.is_day:
        for row in range(2, 200):
            sheet.cell(row, position).number_format = DAY_FORMAT
    listed = ",".join(column.choices)
    if column.choices and len(listed) <= 250:  # noqa: PLR2004 - Excel allows no longer list
        choice = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=False)
        sheet.add_data_validation(choice)
        choice.add(f"{letter}2:{letter}{ROWS}")


def _explain(sheet: Any, kind: Template, columns: Sequence[Column]) -> None:
    _head(sheet, EXPLAINED)
    for row, column in enumerate(columns, start=2):
        needed = "yes" if column.is_needed else "no"
        cells = (column.header, needed, column.meaning, column.example, ", ".join(column.choices))
        for position, text in enumerate(cells, start=1):
            sheet.cell(row, position, text).alignment = Alignment(wrap_text=True, vertical="top")
    for letter, width in zip("ABCDE", (24, 14, 70, 28, 40), strict=True):
        sheet.column_dimensions[letter].width = width
    for row, text in enumerate((TABLES[kind]["hint"], NEXT), start=len(columns) + 3):
        sheet.cell(row, 1, text).font = Font(italic=True)
