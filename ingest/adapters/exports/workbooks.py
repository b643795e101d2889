"""Worksheets of .xlsx files, as rows of text: what a cell shows, never what a formula would do."""

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import partial
from typing import Any

from ingest.adapters.exports.archives import require_modest_workbook
from ingest.adapters.exports.copies import Copy
from ingest.adapters.exports.sheets import LONGEST_CELL, UNSAFE, Row, Sheet, head_of, is_filled, require_columns
from ingest.domain.errors import ImportRefused

EXACT = 10**15
"""A spreadsheet keeps fifteen digits: a longer number is not the one that was exported."""


def workbook_sheets(copy: Copy) -> Iterator[Sheet]:
    """Every worksheet that says anything.

    Raises: ImportRefused.
    """
    require_modest_workbook(copy)
    names = _names(copy)
    for name in names:
        read = partial(workbook_rows, copy, name)
        head = head_of(read())
        if head:
            shown = name if len(names) > 1 else ""
            yield Sheet(copy, "workbook", "xlsx", "", False, shown, name, None, head, read)


def _names(copy: Copy) -> list[str]:
    book = _opened(copy)
    try:
        return [sheet.title for sheet in book.worksheets]
    finally:
        book.close()


def workbook_rows(copy: Copy, name: str) -> Iterator[Row]:
    """The rows of a worksheet that say anything.

    Raises: ImportRefused.
    """
    book = _opened(copy)
    try:
        sheet = book[name]
        sheet.reset_dimensions()  # what a file says of its own size is not to be believed
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            require_columns(copy, len(values), number)
            cells = [UNSAFE.sub("\ufffd", _text(value)[:LONGEST_CELL]) for value in values]
            if is_filled(cells):
                yield number, cells
    except ImportRefused:
        raise
    except Exception as error:
        raise _damaged(copy, error) from None
    finally:
        book.close()


def _opened(copy: Copy) -> Any:
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(copy.path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        raise _damaged(copy, error) from None


def _damaged(copy: Copy, error: Exception) -> ImportRefused:
    return ImportRefused(
        f"{copy.shown} cannot be read as a workbook: {type(error).__name__}. It is damaged, or has a password. "
        "Save it again as .xlsx, or export it as CSV."
    )


def _text(value: object) -> str:
    """What a cell says. A number that has lost digits is written as spreadsheets do, so that no id is made of it."""
    match value:
        case None:
            text = ""
        case bool():
            text = str(int(value))
        case datetime():
            text = value.isoformat(sep=" ", timespec="seconds")
        case date() | time():
            text = value.isoformat()
        case int() | float() if abs(value) >= EXACT:
            text = f"{value:.5E}"
        case float() if value.is_integer():
            text = str(int(value))
        case _:
            text = str(value)
    return text
