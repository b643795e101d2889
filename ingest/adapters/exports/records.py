"""The records of a table inside DuckDB, as text: read in bulk where the file allows it, else cleaned row by row."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from ingest.adapters.exports.copies import Copy
from ingest.adapters.exports.recognition import Recognition
from ingest.adapters.exports.sheets import Row
from ingest.adapters.exports.text_tables import TextForm, text_rows
from ingest.adapters.exports.workbooks import workbook_rows
from ingest.domain.errors import ImportRefused

LONGEST_ROW = 4 * 1024 * 1024
PLAIN_CSV = "header = false, quote = '\"', escape = '\"', null_padding = false, auto_detect = false"


def rows_of(copy: Copy, found: Recognition) -> Iterator[Row]:
    """The rows below the header, with the numbers of their lines."""
    for number, cells in all_rows(copy, found):
        if number >= found.first_line:
            yield number, cells


def all_rows(copy: Copy, found: Recognition) -> Iterator[Row]:
    """Every row of the table, its header and what stands above it too."""
    if found.form == "workbook":
        return workbook_rows(copy, found.sheet)
    form = TextForm(found.encoding, found.delimiter, found.is_quoted_twice)
    return text_rows(copy, form, 1, found.last_line)


def lay_records(connection: duckdb.DuckDBPyConnection, copy: Copy, found: Recognition, folder: Path) -> None:
    """Make the view `records`: the number of each row's line, and its cells `c0`, `c1` … that are read.

    Raises: ImportRefused when DuckDB reads the file otherwise than it was recognised.
    """
    used = sorted({column.at for column in found.columns})
    cells = [f"c{at}" for at in used]
    if found.read_by == "bulk":
        skipped = found.first_line - 1
        read = _read_csv(copy.path, [f"c{at}" for at in range(found.width)], found.delimiter, f"skip = {skipped}")
        line = f"row_number() over () + {skipped}"
    else:
        path = folder / f"{copy.path.name}.{found.header_line}.records"
        _write_cleaned(path, rows_of(copy, found), used)
        alone = f"parallel = false, max_line_size = {LONGEST_ROW}"
        read, line = _read_csv(path, ["line_no", *cells], ",", alone), "line_no::bigint"
    connection.execute(
        f"create or replace temp view records as select {', '.join((f'{line} as line_no', *cells))} from {read}"  # noqa: S608
    )


def _read_csv(path: Path, names: Sequence[str], delimiter: str, more: str) -> str:
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    return f"read_csv({quoted(str(path))}, {PLAIN_CSV}, delim = {quoted(delimiter)}, columns = {{{columns}}}, {more})"


def _write_cleaned(path: Path, rows: Iterator[Row], used: Sequence[int]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, cells in rows:
            writer.writerow([number, *(cells[at] if at < len(cells) else "" for at in used)])


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def explained(copy: Copy, error: duckdb.Error) -> ImportRefused:
    """What it means that DuckDB cannot read a table."""
    return ImportRefused(
        f"{copy.shown} cannot be read as a table: {str(error).splitlines()[0][:200]}. Nothing was imported. "
        "Export it again."
    )
