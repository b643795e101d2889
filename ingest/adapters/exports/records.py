"""The records of a table inside DuckDB, as text: read in bulk where the file allows it, else cleaned row by row."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.adapters.exports.copies import Copy
from ingest.adapters.exports.recognition import Recognition
from ingest.adapters.exports.sheets import Row
from ingest.adapters.exports.text_tables import TextForm, text_rows
from ingest.adapters.exports.workbooks import workbook_rows
from ingest.domain.errors import ImportRefused

RUINED_ID = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")
"""What a spreadsheet makes of a long number; `is_ruined` in judging.sql is the same."""
NO_LETTER = "\ufffd"
LONGEST_ROW = 4 * 1024 * 1024
SMALL_BUFFERS = f"max_line_size = {2 * 1024 * 1024}, buffer_size = {4 * 1024 * 1024}"
"""DuckDB holds several buffers for each thread, of 32 MB if nothing is said, and they count against its limit."""
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


def lay_records(
    connection: duckdb.DuckDBPyConnection,
    copy: Copy,
    found: Recognition,
    folder: Path,
    *,
    file_no: int = 0,
    without: Sequence[str] = (),
) -> int:
    """Make the view `records`: the number of the file and of each row's line, and the cells `c0`, `c1` … that are read.

    The file is read once, into a table; `without` are fields that are not needed. Returns how many rows have a letter
    that is none; 0 where DuckDB reads the file, which takes whole letters only.

    Raises: ImportRefused when DuckDB reads the file otherwise than it was recognised.
    """
    if found.read_by == "bulk":
        _lay_in_bulk(connection, copy, found, _used(found, without), file_no)
        return 0
    rows = cleaned(copy, found, folder, file_no=file_no, without=without)
    lay_cleaned(connection, [rows.path], found, without=without)
    return rows.damaged


def _lay_in_bulk(
    connection: duckdb.DuckDBPyConnection, copy: Copy, found: Recognition, used: Sequence[int], file_no: int
) -> None:
    """Two threads read the file, and a table keeps its order: so a row's place in it is the number of its line."""
    cells = ", ".join(f"c{at}" for at in used)
    every = [f"c{at}" for at in range(found.width)]
    read = _read_csv([copy.path], every, found.delimiter, f"skip = {found.first_line - 1}, {SMALL_BUFFERS}")
    connection.execute(f"create or replace temp table laid as select {cells} from {read}")  # noqa: S608
    # rows of a transaction that is not over have places of their own, which do not begin at 0
    first = int(connection.execute("select coalesce(min(rowid), 0) from laid").fetchall()[0][0])
    numbers = f"{file_no} as file_no, rowid + {found.first_line - first} as line_no"
    connection.execute(f"create or replace temp view records as select {numbers}, {cells} from laid")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A file of ours with the rows of a table, if an id was ruined by a spreadsheet, how many have a broken letter."""

    path: Path
    has_ruined_ids: bool
    damaged: int


def cleaned(copy: Copy, found: Recognition, folder: Path, *, file_no: int = 0, without: Sequence[str] = ()) -> Cleaned:
    """The rows of a table, each with the number of the file and of its line."""
    path = folder / f"{copy.path.name}.{found.header_line}.{file_no}.records"
    used, of_ids, has_ruined_ids, damaged = _used(found, without), found.field_at("post_id"), False, 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for number, cells in rows_of(copy, found):
            writer.writerow([file_no, number, *(cells[at] if at < len(cells) else "" for at in used)])
            damaged += any(NO_LETTER in cell for cell in cells)
            if of_ids and of_ids.at < len(cells) and RUINED_ID.fullmatch(cells[of_ids.at].strip()):
                has_ruined_ids = True
    return Cleaned(path, has_ruined_ids, damaged)


def lay_cleaned(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], found: Recognition, *, without: Sequence[str] = ()
) -> None:
    """Make the view `records` of cleaned files whose tables are read alike."""
    cells = [f"c{at}" for at in _used(found, without)]
    alone = f"parallel = false, max_line_size = {LONGEST_ROW}, buffer_size = {2 * LONGEST_ROW}"
    read = _read_csv(paths, ["file_no", "line_no", *cells], ",", alone)
    numbers = ("file_no::bigint as file_no", "line_no::bigint as line_no")
    connection.execute(f"create or replace temp table laid as select {', '.join((*numbers, *cells))} from {read}")  # noqa: S608
    connection.execute("create or replace temp view records as from laid")


def _used(found: Recognition, without: Sequence[str]) -> list[int]:
    return sorted({column.at for column in found.columns if column.kind != "field" or column.name not in without})


def filled_rows(connection: duckdb.DuckDBPyConnection, found: Recognition, *, without: Sequence[str]) -> int:
    """How many records have a cell that says anything."""
    cells = ", ".join(f"c{at}" for at in _used(found, without))
    rows = connection.execute(f"select count(*) from records where coalesce({cells}) is not null").fetchall()  # noqa: S608
    return int(rows[0][0])


def _read_csv(paths: Sequence[Path], names: Sequence[str], delimiter: str, more: str) -> str:
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    files = listed(str(path) for path in paths)
    return f"read_csv({files}, {PLAIN_CSV}, delim = {quoted(delimiter)}, columns = {{{columns}}}, {more})"


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    """Texts as a list of SQL."""
    return f"[{', '.join(map(quoted, texts))}]::varchar[]"


def explained(copy: Copy, error: duckdb.Error) -> ImportRefused:
    """What it means that DuckDB cannot read a table."""
    return ImportRefused(
        f"{copy.shown} cannot be read as a table: {str(error).splitlines()[0][:200]}. Nothing was imported. "
        "Export it again."
    )
