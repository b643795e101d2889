"""A reader that has not been updated for years opens what we publish."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ingest.settings import Settings
from ingest.steps.publish import publish_marts
from tests.readers.pinned import pinned_readers
from tests.two_campaigns import make_warehouse

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 14), reason="duckdb 1.1.3 has wheels up to Python 3.13")

READ = """
import json, sys
sys.path.insert(0, sys.argv[1])
import duckdb
connection = duckdb.connect(sys.argv[2], read_only=True)
tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
whole = {table: len(connection.execute(f"select * from marts.{table}").fetchall()) for (table,) in tables}
views = connection.execute("select sum(views)::bigint from marts.fct_post_performance").fetchone()[0]
comment = connection.execute("select comment from duckdb_tables() where table_name = 'publication'").fetchone()[0]
files = json.loads(sys.argv[3])
parquet = {name: len(duckdb.sql(f"select * from '{path}'").fetchall()) for name, path in files.items()}
answer = {"version": duckdb.__version__, "rows": whole, "views": views, "comment": comment, "parquet": parquet}
print(json.dumps(answer))
"""


def read_with_old_duckdb(database: Path | str, parquet: dict[str, str]) -> dict[str, Any]:
    """What DuckDB 1.1.3 sees, in a process that knows no other package; a warning is an error there too."""
    program = [sys.executable, "-S", "-W", "error", "-c", READ]
    command = [*program, str(pinned_readers()), str(database), json.dumps(parquet)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert answer.stderr == ""
    read: dict[str, Any] = json.loads(answer.stdout)
    return read


def test_duckdb_1_1_3_reads_every_table_of_the_published_file_and_every_parquet_file(settings: Settings) -> None:
    make_warehouse(settings.warehouse_path)
    published = publish_marts(settings)
    version = Path(settings.published_uri) / published.manifest.folder

    read = read_with_old_duckdb(
        published.path, {path.stem: str(path) for path in (version / "parquet").glob("*.parquet")}
    )

    assert read["version"] == "1.1.3"
    assert read["rows"] == read["parquet"]
    assert read["rows"]["dim_posts"] == 5
    assert read["views"] == 6121
    assert read["comment"] == "One row: this publication."
