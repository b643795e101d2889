"""A warehouse composed by hand: what `load` and `build` leave behind for two small campaigns."""

from pathlib import Path

import duckdb

STATEMENTS = Path(__file__).with_suffix(".sql")


def make_warehouse(path: Path, *changes: str) -> Path:
    """A warehouse of two campaigns at `path`, with these SQL statements run on it afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(STATEMENTS.read_text(encoding="utf-8"))
    return change(path, *changes)


def change(path: Path, *changes: str) -> Path:
    """The database at `path`, changed."""
    with duckdb.connect(str(path)) as connection:
        for statement in changes:
            connection.execute(statement)
    return path
