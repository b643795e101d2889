"""Tables in text files: delimiter, quoting, preamble and blocks are found out, and rows are read one after another."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice

from ingest.adapters.exports.copies import Copy
from ingest.adapters.exports.encodings import encoding_of, opened_with
from ingest.adapters.exports.sheets import HEAD, LONGEST_CELL, UNSAFE, Row, Sheet, head_of, is_filled, require_columns
from ingest.domain.errors import ImportRefused

DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAYS_DELIMITER = re.compile(r'^"?sep=(.)"?[,;\t]*$')
SMALL_FILE = 4 * 1024 * 1024
"""A text of at most this size is looked through for blocks before it is read."""


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a text file is written."""

    encoding: str
    delimiter: str
    is_quoted_twice: bool


def text_sheets(copy: Copy, delimiter: str = "") -> Iterator[Sheet]:
    """The tables of a text file: one, or one per block where blank lines part several.

    Raises: ImportRefused.
    """
    form = text_form(copy, delimiter)
    for number, (first, last) in enumerate(_blocks(copy, form), start=1):
        read = partial(text_rows, copy, form, first, last)
        name = f"block {number}" if (first, last) != (1, None) else ""
        head = head_of(read())
        yield Sheet(copy, "text", form.encoding, form.delimiter, form.is_quoted_twice, name, "", last, head, read)


def text_form(copy: Copy, delimiter: str = "") -> TextForm:
    """How the file is written, from its first rows.

    Raises: ImportRefused when it is no text, or no delimiter gives it more than one column.
    """
    encoding = encoding_of(copy)
    start = list(islice(_lines(copy, encoding), HEAD))
    said = SAYS_DELIMITER.match(start[0].strip()) if start else None
    candidates = (delimiter,) if delimiter else (said.group(1),) if said else DELIMITERS
    forms = [TextForm(encoding, delimiter, twice) for twice in (False, True) for delimiter in candidates]
    problems: list[ImportRefused] = []
    columns = {form: _most_columns(copy, form, problems) for form in forms}
    whole = [form for form in forms if not form.is_quoted_twice and columns[form] > 1]
    best = max(whole or forms, key=lambda form: columns[form])
    if columns[best] < 2:  # noqa: PLR2004
        if problems:
            raise problems[0]
        raise ImportRefused(
            f"{copy.shown} gives one column only (read as {encoding}): it is no table, or written in a way that is "
            "not known here. Export it again, as CSV."
        )
    return best


def _most_columns(copy: Copy, form: TextForm, problems: list[ImportRefused]) -> int:
    """The most columns that a row of the head has; of two ways to read it, the one that gives more is right."""
    if form.is_quoted_twice and not _is_one_quoted_cell(copy, form):
        return 0
    try:
        rows = [cells for _, cells in islice(_records(copy, form), HEAD) if is_filled(cells)]
    except ImportRefused as problem:
        problems.append(problem)
        return 0
    if form.is_quoted_twice and any(SAYS_DELIMITER.match(cells[0]) is None and len(cells) < 2 for cells in rows[-1:]):  # noqa: PLR2004
        return 0
    return max((len(cells) for cells in rows), default=0)


def _is_one_quoted_cell(copy: Copy, form: TextForm) -> bool:
    """Whether the first line with a delimiter is one quoted cell as a whole; a comma in a caption makes none."""
    head = islice(_lines(copy, form.encoding), HEAD)
    line = next((one for one in head if form.delimiter in one and not SAYS_DELIMITER.match(one.strip())), "")
    line = line.rstrip("\r\n;,\t")
    if not line.startswith('"') or len(line) > LONGEST_CELL:
        return False
    cells = next(csv.reader([line], delimiter="\t"), [])
    return len(cells) == 1 and line == '"' + cells[0].replace('"', '""') + '"'


def _blocks(copy: Copy, form: TextForm) -> Sequence[tuple[int, int | None]]:
    """First and last line of each block. Only a small file whose blocks have headers of their own has several."""
    if copy.path.stat().st_size > SMALL_FILE:
        return [(1, None)]
    numbered = list(_records(copy, form))
    groups = [list(group) for filled, group in groupby(numbered, key=lambda row: is_filled(row[1])) if filled]
    blocks: list[list[Row]] = []
    for group in groups:
        width, before = (
            max(len(cells) for _, cells in group),
            max((len(c) for _, c in blocks[-1]), default=0) if blocks else 0,
        )
        starts_anew = bool(blocks) and width > 1 and before > 1 and _is_heading(group)
        if blocks and not starts_anew:
            blocks[-1].extend(group)
        else:
            blocks.append(group)
    if len(blocks) < 2:  # noqa: PLR2004
        return [(1, None)]
    return [(block[0][0], block[-1][0]) for block in blocks]


def _is_heading(group: Sequence[Row]) -> bool:
    """Whether a block begins with a heading: a lone title, or a row without any number or date."""
    first = [cell for cell in group[0][1] if cell.strip()]
    return len(first) == 1 or not any(re.search(r"\d", cell) for cell in first)


def text_rows(copy: Copy, form: TextForm, first: int, last: int | None) -> Iterator[Row]:
    """The rows between two lines that say anything."""
    for number, cells in _records(copy, form):
        if last is not None and number > last:
            return
        if number >= first and is_filled(cells):
            yield number, cells


def _records(copy: Copy, form: TextForm) -> Iterator[Row]:
    """Every record with its number; blank ones too."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(_lines(copy, form.encoding), delimiter="\t" if form.is_quoted_twice else form.delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            whole = _unwrapped(cells, form.delimiter) if form.is_quoted_twice else cells
            require_columns(copy, len(whole), number)
            yield number, whole
    except csv.Error as error:
        raise ImportRefused(
            f"{copy.shown} cannot be read as a table after row {number}: {error}. A cell is longer than "
            f"{LONGEST_CELL:,} letters, or a quotation mark is missing. Export it again."
        ) from None
    except UnicodeError:
        raise ImportRefused(
            f"{copy.shown} is damaged after row {number}: it is no {form.encoding} text any more. "
            "It was cut, or badly copied. Export it again."
        ) from None


def _unwrapped(cells: list[str], delimiter: str) -> list[str]:
    """The cells inside a row that a spreadsheet saved as one quoted cell."""
    inner = cells[0].rstrip(";,") if len(cells) == 1 else ""
    if not inner:
        return cells
    return next(csv.reader(io.StringIO(inner, newline=""), delimiter=delimiter), [])


def _lines(copy: Copy, encoding: str) -> Iterator[str]:
    """The lines, none of them longer than a cell may be by much."""
    name, errors = opened_with(encoding)
    longest = 8 * LONGEST_CELL
    number = 0
    try:
        with copy.path.open(encoding=name, errors=errors, newline="") as file:
            while line := file.readline(longest):
                number += 1
                if len(line) == longest:
                    raise ImportRefused(f"{copy.shown} has a line of more than {longest:,} letters. Export it again.")
                yield UNSAFE.sub("\ufffd", line)
    except UnicodeError:
        raise ImportRefused(
            f"{copy.shown} is damaged after line {number}: it is no {encoding} text any more. "
            "It was cut, or badly copied. Export it again."
        ) from None


def delimiter_name(delimiter: str) -> str:
    """What people call a delimiter."""
    return NAMES.get(delimiter, delimiter)
