"""Rows reach DuckDB as they are, and no load costs the memory of pandas."""

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.row_files import insert_rows
from ingest.domain.errors import StorageFailed

LOADS = """
import sys
from pathlib import Path

from ingest.settings import load_settings
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed

folder = Path(sys.argv[1])
places = {"landing_uri": "landing", "state_path": "state.sqlite", "quarantine_dir": "quarantine"}
settings = load_settings(
    warehouse_path=folder / "warehouse.duckdb",
    events_path=folder / "events.sqlite",
    **{name: str(folder / place) for name, place in places.items()},
)
land_registry(settings)
assert load_landed(settings).rows > 0
print([name for name in ("pandas", "numpy", "pyarrow") if name in sys.modules])
"""


def test_rows_of_any_text_come_back_as_they_were_given() -> None:
    rows = [
        ("it's; drop table given --", 'a "b" \\ {c}\nd', 9_007_199_254_740_993, True, date(2024, 2, 29), None),
        ("Хамтдаа 🎈", "", -1, False, None, datetime(2024, 2, 29, 23, 59, 59, 123456)),  # noqa: DTZ001 - as DuckDB keeps it
    ]
    with duckdb.connect() as connection:
        connection.execute("create table given (a varchar, b varchar, c bigint, d boolean, e date, f timestamp)")
        insert_rows(connection, "given", [])
        insert_rows(connection, "given", rows)
        assert connection.execute("from given").fetchall() == rows


def test_a_value_longer_than_the_buffer_comes_back_whole() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table given (a varchar)")
        insert_rows(connection, "given", [("ү" * 300_000,), ("short",)])
        assert connection.execute("select length(a) from given").fetchall() == [(300_000,), (5,)]


def test_a_folder_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with duckdb.connect() as connection, pytest.raises(StorageFailed, match=r"gone cannot be written: .*TMPDIR"):
        insert_rows(connection, "given", [("a",)])


def test_a_load_does_not_import_pandas(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", LOADS, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "[]"
