"""Numbers taken out of imported files by hand: the cell of a row, apart from the SQL that loads them."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingest.adapters.exports.copies import Copy
from ingest.adapters.exports.recognition import Column, Recognition
from ingest.adapters.exports.records import all_rows
from ingest.adapters.landing.files import Landing, attachment_key
from ingest.adapters.landing.lines import LandedLine
from ingest.domain.errors import LandingDamaged
from ingest.domain.metrics import Metric

NOT_A_NUMBER = re.compile(r"[^\d.,\-]")


@dataclass(frozen=True, slots=True)
class ExportedRow:
    """A row of an imported file, and how its table was recognised; the same line of several tables is several rows."""

    rows: tuple[tuple[Recognition, tuple[str, ...]], ...]

    def number(self, post_id: str, metric: Metric) -> int | None:
        """The post's number in that row, in our unit; None when the row is another's, or has none."""
        found = (_number(found, cells, post_id, metric) for found, cells in self.rows)
        return next((value for value in found if value is not None), None)


def exported_rows(
    landing: Landing, key: str, lines: Iterable[LandedLine], numbers: Collection[int]
) -> dict[int, ExportedRow]:
    """The numbered rows of the imported file beside a landed file, by the number of their line.

    Raises: LandingDamaged when it is not the file that landed.
    """
    rows: dict[int, tuple[tuple[Recognition, tuple[str, ...]], ...]] = {}
    for line in lines:
        found = Recognition.from_json(json.dumps(line.body))
        for number, cells in all_rows(_copy(landing, key, line.request["params"]), found):
            if number in numbers:
                rows[number] = (*rows.get(number, ()), (found, tuple(cells)))
            elif number > max(numbers):
                break
    return {number: ExportedRow(one) for number, one in rows.items()}


def _copy(landing: Landing, key: str, params: dict[str, Any]) -> Copy:
    beside = attachment_key(key, params["extension"])
    try:
        path = landing.local_path(beside)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LandingDamaged(f"{beside} cannot be read: {error.strerror}. Restore it from a backup.") from None
    if digest != params["sha256"]:
        raise LandingDamaged(f"{beside} is not the file that landed. Restore it from a backup.")
    return Copy(params["name"], path, digest, datetime(1970, 1, 1, tzinfo=UTC))


def _number(found: Recognition, cells: tuple[str, ...], post_id: str, metric: Metric) -> int | None:
    column = next((one for one in found.metrics if one.name == metric.graph_name), None)
    if column is None or column.reason or column.at >= len(cells) or not _is_of(found, cells, post_id):
        return None
    return _measured(cells[column.at], column, found)


def _is_of(found: Recognition, cells: tuple[str, ...], post_id: str) -> bool:
    """Whether a row is of that post, where its id can be read: a spreadsheet may have ruined it."""
    column = found.field_at("post_id")
    given = cells[column.at].strip().strip("=\"'") if column and column.at < len(cells) else ""
    return not given.isdigit() or post_id.endswith(given) or given.endswith("000")


def _measured(cell: str, column: Column, found: Recognition) -> int | None:
    text = NOT_A_NUMBER.sub("", cell)
    if found.decimal in text and (column.times != 1 or re.search(rf"\{found.decimal}0{{1,2}}$", text)):
        whole, _, part = text.replace("," if found.decimal == "." else ".", "").partition(found.decimal)
        text = f"{whole}.{part}"
    else:
        text = text.replace(",", "").replace(".", "")
    try:
        return round(float(text) * column.times)
    except ValueError:
        return None
