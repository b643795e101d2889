"""Tables as the bytes of a file: CSV, workbook, archive; the same bytes for the same table, whenever they are made."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

Cell = str | int | float | datetime | None
Rows = Iterable[Sequence[Cell]]
MODIFIED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file that somebody sends: its name and its bytes."""

    name: str
    content: bytes


def csv_bytes(rows: Rows, *, bom: bool = True, line_end: str = "\n") -> bytes:
    """A comma-separated table in UTF-8, quoted where it must be; with a byte-order mark as Meta writes it."""
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows(
        [["" if cell is None else cell for cell in row] for row in rows]
    )
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


def workbook_bytes(sheets: Mapping[str, Rows], *, at: datetime) -> bytes:
    """A workbook with these sheets, as if it had been saved at a moment."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    saved = io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as made:
        parts = {name: _dated(made.read(name), at) for name in made.namelist()}
    return archive_bytes(parts, at=at)


def archive_bytes(files: Mapping[str, bytes], *, at: datetime) -> bytes:
    """A ZIP archive of these files, as if it had been packed at a moment."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, at.astimezone(UTC).timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def _dated(part: bytes, at: datetime) -> bytes:
    """A part of a workbook whose own dates are that moment instead of now."""
    return MODIFIED.sub(rb"\g<1>" + f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}".encode(), part)
