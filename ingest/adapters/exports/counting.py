"""What became of the rows of each file, counted in the table `judged`: each once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records a file has, how many are accepted, rejected by reason, and no rows by kind."""

    rows: int = 0
    accepted: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    not_rows: Mapping[str, int] = field(default_factory=dict)


def counts_by_file(connection: duckdb.DuckDBPyConnection) -> dict[int, Counts]:
    """What became of the records of each file, by its number."""
    found = connection.execute(
        "select file_no, rejected, not_row, count(*) from judged group by all order by count(*) desc, 2, 3, 1"
    ).fetchall()
    return {number: _counted([row[1:] for row in found if row[0] == number]) for number in {row[0] for row in found}}


def _counted(rows: Sequence[tuple[str | None, str | None, int]]) -> Counts:
    rejected = {reason: count for reason, not_row, count in rows if reason and not not_row}
    not_rows: Counter[str] = Counter()
    for _, not_row, count in rows:
        if not_row:
            not_rows[not_row] += count
    accepted = sum(count for reason, not_row, count in rows if not reason and not not_row)
    return Counts(sum(count for *_, count in rows), accepted, rejected, dict(not_rows))
