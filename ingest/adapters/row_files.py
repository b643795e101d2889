"""Rows given to DuckDB in a file of lines: a bound parameter makes it import pandas, 55 MB in each process."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from ingest.domain.errors import StorageFailed

LEAST_BUFFER = 64 * 1024
"""DuckDB holds several buffers of the longest line that it is told of; untold, it makes them for 16 MB."""


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Append rows to a table, by the places of its columns. `table` is a name of ours; the values may be anyone's.

    Raises: StorageFailed when there is no room for the file.
    """
    if not rows:
        return
    with _written(rows) as (path, longest):
        columns = ", ".join(f"c{at}: 'VARCHAR'" for at in range(len(rows[0])))
        place = str(path).replace("'", "''")
        connection.execute(
            f"insert into {table} from read_json('{place}', format = 'newline_delimited', "
            f"columns = {{{columns}}}, maximum_object_size = {max(longest, LEAST_BUFFER)})"
        )


@contextmanager
def _written(rows: Sequence[Sequence[object]]) -> Iterator[tuple[Path, int]]:
    """A file with the rows, a line each, and the bytes of its longest line; it is gone at the end."""
    lines = [json.dumps({f"c{at}": value for at, value in enumerate(row)}, default=str) + "\n" for row in rows]
    with ExitStack() as until_read:
        try:
            folder = until_read.enter_context(tempfile.TemporaryDirectory(prefix="campaign-reach-rows-"))
            path = Path(folder) / "rows.json"
            path.write_text("".join(lines), encoding="ascii")
        except OSError as error:
            raise StorageFailed(
                f"A file in {tempfile.gettempdir()} cannot be written: {error.strerror}. Nothing was loaded. "
                "Free some space there, or name another folder in TMPDIR, and load again."
            ) from None
        yield path, max(map(len, lines))
