"""Explain reads the numbers of an imported file out of the file itself, and finds another file out."""

from pathlib import Path

import duckdb

from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.lineage import LandedAt
from ingest.domain.metrics import CATALOGUE
from ingest.settings import Settings
from ingest.steps.trace import read_landed
from tests.exports.composed import facebook_post, table, written
from tests.exports.test_import import brought_in

SNAPSHOTS = """
    select object_id, graph_name, value::bigint, landing_file, line_no, sha256
    from raw.snapshots inner join raw.load_log using (load_id)
    where source = 'export' and object_kind = 'post' and value is not null
"""


def test_every_number_of_an_import_is_read_again_from_its_row(settings: Settings, tmp_path: Path) -> None:
    (outcome,) = brought_in(settings, written(tmp_path, table([facebook_post(1), facebook_post(2)])))
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        rows = connection.execute(SNAPSHOTS).fetchall()
    assert len(rows) > 4
    read = read_landed(open_landing(settings), [LandedAt(file, line, sha) for _, _, _, file, line, sha in rows])
    for post_id, graph_name, value, file, line, _ in rows:
        metric = next(one for one in CATALOGUE if one.graph_name == graph_name and one.object_kind == "post")
        assert read.numbers[file, line].number(post_id, metric) == value, (post_id, graph_name)
        assert read.numbers[file, line].number("104857600000201_999", metric) is None
    assert read.files[outcome.key].is_true

    attachment = next(Path(settings.landing_uri).rglob("export/**/*.csv"))
    attachment.write_bytes(attachment.read_bytes().replace(b"1", b"2", 1))
    read = read_landed(open_landing(settings), [LandedAt(rows[0][3], rows[0][4], rows[0][5])])
    assert "is not the file that landed" in read.files[outcome.key].problem
