"""A large file is read by DuckDB as it is, and its rows still have the numbers that a spreadsheet shows."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.exports import tables
from ingest.adapters.exports.moving import told_while_working
from ingest.adapters.exports.seen import Passing
from ingest.adapters.landing.lines import open_landed
from ingest.adapters.landing.open_landing import open_landing
from ingest.domain.imports import Options
from ingest.settings import Settings
from ingest.steps.import_files import import_files
from tests.exports.composed import ask, brought_in, facebook_post, table, written

ROWS = 40


def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file be a large one."""
    monkeypatch.setattr(tables, "BULK", 0)


def read_by(settings: Settings, key: str) -> str:
    (line,) = open_landed(open_landing(settings), key).read()
    return str(line.body["read_by"])


def rows(text: str = "a caption\n\nof several lines") -> str:
    return table(facebook_post(at, Views="odd" if at == ROWS - 1 else "5", Description=text) for at in range(ROWS))


CASES: dict[str, tuple[Callable[[str], str], str, int]] = {
    "as it was exported": (lambda content: content, "bulk", ROWS + 1),
    "with lines at its end": (lambda content: content + "\r\n\r\n", "bulk", ROWS + 1),
    "without an end of its last line": (lambda content: content.rstrip("\r\n"), "bulk", ROWS + 1),
    "with a row of commas": (
        lambda content: content.replace("\r\n1221", f"\r\n{',' * 15}\r\n1221", 1),
        "line",
        ROWS + 2,
    ),
    "with a blank line": (lambda content: content.replace("\r\n1221", "\r\n\r\n1221", 1), "line", ROWS + 2),
    "with lines above its header": (lambda content: f"# by somebody\n\n{content}", "line", ROWS + 3),
}


@pytest.mark.parametrize("case", CASES)
def test_a_row_has_the_number_of_its_line(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    large(monkeypatch)
    change, how, line_no = CASES[case]
    (outcome,) = brought_in(settings, written(tmp_path, change(rows()), encoding="utf-8"))
    assert read_by(settings, outcome.key) == how
    assert ask(settings, "select line_no, reason from raw.quarantine") == [(line_no, "Views is no number")]
    assert ask(settings, "select count(*), max(line_no) from raw.posts") == [(ROWS - 1, line_no - 1)]


def test_large_and_small_files_become_the_same_rows(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = [
        facebook_post(1, Post_ID="1.22158E+17"),
        facebook_post(2, Views="1,250", Publish_time="3/4/2026 9:05"),
        facebook_post(3, Reach="--", Publish_time="2026-11-19T20:15:00Z"),
        facebook_post(4, Description="  blanks  "),
        facebook_post(4, Views="6"),
        facebook_post(5, Post_ID="", Permalink=""),
    ]
    path = written(tmp_path, table(odd))
    seen = "select * exclude (load_id, landing_file) from raw.{} order by all"
    found = []
    for how in ("line", "bulk"):
        if how == "bulk":
            large(monkeypatch)
            settings = settings.model_copy(
                update={"landing_uri": str(tmp_path / "l"), "warehouse_path": tmp_path / "w.duckdb"}
            )
        (outcome,) = brought_in(settings, path)
        assert read_by(settings, outcome.key) == how
        found.append([ask(settings, seen.format(one)) for one in ("posts", "snapshots", "quarantine")])
    assert found[0] == found[1]
    assert len(found[0][0]) == 4


def test_two_threads_keep_the_order_of_a_file(settings: Settings, tmp_path: Path) -> None:
    one = table([facebook_post(0)]).splitlines()
    first = one[1].split(",")[0]
    body = "".join(f"{one[1].replace(first, str(int(first) + at))}\r\n" for at in range(60_000))
    (outcome,) = brought_in(settings, written(tmp_path, f"{one[0]}\r\n{body}"))
    assert read_by(settings, outcome.key) == "bulk"
    in_order = f"count(distinct line_no), bool_and(split_part(one, '_', 2)::bigint - {first} = line_no - 2)"
    for what, rows in (
        ("post_id as one, * from raw.posts", 60_000),
        ("object_id as one, * from raw.snapshots", 300_000),
    ):
        assert ask(settings, f"select count(*), {in_order} from (select {what})") == [(rows, 60_000, True)]


def test_a_bar_hears_of_all_bytes(settings: Settings, tmp_path: Path) -> None:
    paths = [
        written(tmp_path, rows(), "a.csv"),
        written(tmp_path, b"", "b.csv"),
        written(tmp_path, "no table", "c.csv"),
    ]
    told: dict[str, list[int]] = {}
    import_files(
        settings,
        [str(path) for path in paths],
        Options(),
        told=lambda name, size: told.setdefault(name, []).append(size),
    )
    assert {name: sum(sizes) for name, sizes in told.items()} == {path.name: path.stat().st_size for path in paths}
    assert len(told["a.csv"]) > 2
    assert min(size for sizes in told.values() for size in sizes) >= 0


def test_a_bar_moves_while_a_large_file_is_read() -> None:
    told: list[float] = []
    with duckdb.connect() as connection, told_while_working(connection, told.append, every=0.01):
        connection.execute("create table one as select hash(i) as h from range(2_000_000) t(i)")
        connection.execute("select count(distinct h) from one").fetchall()
    assert told == sorted(told)
    assert len(set(told)) > 3
    assert max(told) < 1


CELLS = st.lists(st.lists(st.text('ab,"\n', max_size=4), min_size=2, max_size=2), max_size=5)


@given(cells=CELLS, cut=st.integers(1, 7), ends=st.integers(0, 3))
def test_records_are_counted_whatever_stands_in_them_and_wherever_the_bytes_are_parted(
    cells: list[list[str]], cut: int, ends: int
) -> None:
    content = "".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in [["x", "y"], *cells]
    ).encode()
    content += b"\r\n" * ends
    passing = Passing()
    for start in range(0, len(content), cut):
        passing.take(content[start : start + cut])
    assert passing.seen().records == len(cells) + 1
    assert passing.seen().not_utf8_at is None


@given(good=st.text(max_size=20), cut=st.integers(1, 5))
def test_the_first_byte_that_is_no_utf_8_is_found(good: str, cut: int) -> None:
    content = good.encode() + b"\xff" + good.encode()
    passing = Passing()
    for start in range(0, len(content), cut):
        passing.take(content[start : start + cut])
    assert passing.seen().not_utf8_at == len(good.encode())
