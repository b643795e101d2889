"""A sheet: one table of a file, as rows of text with the numbers that their lines have in the file."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from ingest.adapters.exports.copies import Copy
from ingest.domain.errors import ImportRefused

Row = tuple[int, Sequence[str]]
"""The row's number in the file, counted from 1 as a spreadsheet counts, and its cells."""
HEAD = 60
"""So many first rows are looked at to find the header."""
UNSAFE = re.compile("[\ud800-\udfff\x00]")
"""What no text may hold: half a letter, and NUL. Each becomes U+FFFD."""
MOST_COLUMNS = 2_000
LONGEST_CELL = 256 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: the file it is in, how that is read, and its first rows. `rows()` reads it all, anew each time."""

    copy: Copy
    form: str
    encoding: str
    delimiter: str
    is_quoted_twice: bool
    name: str
    """What parts it from the other tables of the file: the worksheet's name or the block's number; empty if alone."""
    place: str
    """The worksheet's name, also when it is the only one."""
    last_line: int | None
    """The last line of the table; None when it goes to the file's end."""
    head: Sequence[Row]
    read: Callable[[], Iterator[Row]] = field(repr=False)

    @property
    def shown(self) -> str:
        """What people call it."""
        return f"{self.copy.shown} › {self.name}" if self.name else self.copy.shown

    def rows(self) -> Iterator[Row]:
        """Every row that has a cell which is not empty."""
        return self.read()


def head_of(rows: Iterator[Row]) -> Sequence[Row]:
    """The first rows."""
    return tuple(islice(rows, HEAD))


def is_filled(cells: Sequence[str]) -> bool:
    """Whether a row says anything."""
    return any(cell.strip() for cell in cells)


def require_columns(copy: Copy, columns: int, row: int) -> None:
    """Nothing for a row of a reasonable width.

    Raises: ImportRefused.
    """
    if columns > MOST_COLUMNS:
        raise ImportRefused(
            f"{copy.shown} has {columns:,} columns in row {row}: more than {MOST_COLUMNS:,}. Was the right file chosen?"
        )
