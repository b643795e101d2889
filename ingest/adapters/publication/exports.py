"""Each table of a prepared version as files of its own: Parquet, and CSV for spreadsheets.

Rows lie in the candidate in the order of the key (`copy_marts`), and DuckDB writes them as they lie, with one thread or
with many: the same content gives the same bytes.
CSV is UTF-8 with a byte-order mark, every text is quoted, and none runs as a formula; numbers stay numbers, a negative
one too. Null is an empty field, an empty text is `""`.
"""

from pathlib import Path

from ingest.adapters.publication.candidate import columns_of
from ingest.adapters.publication.engine import Connection, literal, opened, quoted, tables_in
from ingest.adapters.publication.manifest import PublishedFile, describe

TIMESTAMP_FORMAT = "%Y-%m-%d %H:%M:%S"
BOM = "\ufeff"
BLANK = r"\x00-\x20\x7F-\x{A0}\x{1680}\x{180E}\x{2000}-\x{200F}\x{2028}-\x{202F}\x{205F}-\x{2064}\x{3000}\x{FEFF}"
FORMULA = rf"^(?:[\t\r\n]|[{BLANK}]*[=+\-@＝＋－＠﹢﹣﹦﹫])"
"""What a spreadsheet takes for the start of a formula: full-width forms too, and whatever blanks stand before it."""


def export_parquet(candidate: Path, folder: Path, *, leave_out: frozenset[str]) -> tuple[PublishedFile, ...]:
    """One Parquet file per table, as the manifest names them.

    Raises: StorageFailed.
    """
    with opened(candidate) as engine:
        (folder / "parquet").mkdir(exist_ok=True)
        tables = [table for table in tables_in(engine, "candidate") if table not in leave_out]
        return tuple(_parquet(engine, table, folder) for table in tables)


def export_csv(candidate: Path, folder: Path) -> tuple[PublishedFile, ...]:
    """One CSV file per table, as the manifest names them.

    Raises: StorageFailed.
    """
    columns: dict[str, list[tuple[str, bool]]] = {}
    for table, name, kind, _ in columns_of(candidate):
        columns.setdefault(table, []).append((name, kind == "VARCHAR"))
    with opened(candidate) as engine:
        (folder / "csv").mkdir(exist_ok=True)
        return tuple(_csv(engine, table, names, folder) for table, names in columns.items())


def parquet_path(table: str) -> str:
    """Where a table's Parquet lies in a version's folder."""
    return f"parquet/{table}.parquet"


def csv_path(table: str) -> str:
    """Where a table's CSV lies in a version's folder."""
    return f"csv/{table}.csv"


def _parquet(engine: Connection, table: str, folder: Path) -> PublishedFile:
    path = folder / parquet_path(table)
    query = f"select * from candidate.marts.{quoted(table)}"  # noqa: S608 - names of the catalogue
    row = engine.execute(f"copy ({query}) to {literal(path)} (format parquet)").fetchone()
    return describe(path, folder, table=table, rows=int(row[0]) if row else 0)


def _csv(engine: Connection, table: str, columns: list[tuple[str, bool]], folder: Path) -> PublishedFile:
    path = folder / csv_path(table)
    header = BOM + ",".join(name for name, _ in columns) + "\n"
    taken = ", ".join(_harmless(quoted(name)) if text else quoted(name) for name, text in columns)
    query = f"select {taken} from candidate.marts.{quoted(table)}"  # noqa: S608 - as above
    texts = ", ".join(quoted(name) for name, text in columns if text)
    force = f", force_quote ({texts})" if texts else ""
    # DuckDB writes no byte-order mark: it stands before the header, which is given as a prefix; that asks for a suffix.
    options = f"format csv, header false, prefix {literal(header)}, suffix '\n', timestampformat '{TIMESTAMP_FORMAT}'"
    row = engine.execute(f"copy ({query}) to {literal(path)} ({options}{force})").fetchone()
    rows = int(row[0]) if row else 0
    if not rows:
        path.write_text(header, encoding="utf-8", newline="")
    return describe(path, folder, table=table, rows=rows)


def _harmless(name: str) -> str:
    """The text itself; with an apostrophe before it where it could run. Most begin with a letter or a digit."""
    plain = f"({name} >= '0' and {name} < ':') or ({name} >= 'A' and {name} < '{{')"
    defused = f"case when regexp_matches({name}, '{FORMULA}') then '''' || {name} else {name} end"
    return f"case when {plain} then {name} else {defused} end as {name}"
