"""A file that arrives in the drop folder, or below its S3 prefix, is an event like any other and comes in by itself."""

import os
from pathlib import Path

from ingest.adapters.drop import place_of
from ingest.adapters.queue.open_queue import open_events
from ingest.adapters.s3 import Bucket
from ingest.settings import Settings
from ingest.steps.follow import follow_events, work_mark
from ingest.steps.load import has_landed_since, load_landed
from ingest.steps.notice import notice_changes
from tests.conftest import settings_in
from tests.exports.composed import PAGE, ask, facebook_post, table, written
from tests.exports.test_mapping import HEADER, MAPPING

LONG_AGO = 1_700_000_000


def follow(settings: Settings) -> list[tuple[str, str]]:
    """Name and state of every file event, after it was followed."""
    notice_changes(settings)
    follow_events(settings)
    return sorted((one.object_id, one.state) for one in open_events(settings).listed() if one.kind == "file")


def dropped(settings: Settings, name: str, content: str) -> Path:
    path = written(Path(settings.drop_uri), content, name)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def test_a_dropped_file_is_imported_once_and_waits_to_be_loaded(settings: Settings) -> None:
    dropped(settings, "posts.csv", table([facebook_post()]))
    assert work_mark(settings)
    assert follow(settings) == [("posts.csv", "done")]
    assert has_landed_since(settings)
    load_landed(settings)
    assert ask(settings, "select imported_by, exported_at::date::text from raw.imports") == [
        ("drop folder", "2023-11-14")
    ]
    dropped(settings, "the same again.csv", table([facebook_post()]))
    assert follow(settings) == [("posts.csv", "done"), ("the same again.csv", "done")]
    assert not has_landed_since(settings)


def test_a_mapping_that_lies_beside_a_dropped_table_says_how_it_is_read(settings: Settings) -> None:
    row = ["1", "Photo", "1", "2", "4", "3", "0", "5", "6", "0", "0", "0"]
    dropped(settings, "table.yml", MAPPING)
    dropped(settings, "table.csv", ";".join(HEADER) + "\n" + ";".join(row) + "\n")
    assert follow(settings) == [("table.csv", "done"), ("table.yml", "done")]
    load_landed(settings)
    assert ask(settings, "select count(*) from raw.posts") == [(1,)]


def test_a_folder_in_the_drop_folder_says_whose_its_files_are(settings: Settings) -> None:
    days = 'sep=,\r\n"Facebook reach"\r\n"Date","Primary"\r\n"2026-03-07T00:00:00","120"\r\n'
    dropped(settings, f"{PAGE}/days.csv", days)
    dropped(settings, "days.csv", days.replace("120", "130"))
    assert follow(settings) == [(f"{PAGE}/days.csv", "done"), ("days.csv", "quarantined")]
    load_landed(settings)
    assert ask(settings, "select object_id, value from raw.snapshots") == [(PAGE, "120")]


def test_an_event_leads_to_nothing_outside_of_the_drop_folder() -> None:
    assert place_of("/var/drop", "../../etc/passwd") == Path("/var/drop/passwd")
    assert place_of("/var/drop", "/etc/passwd") == Path("/var/drop/passwd")
    assert place_of("/var/drop", "42/a.csv") == Path("/var/drop/42/a.csv")


def test_a_refused_file_is_in_quarantine_with_its_reason_and_can_be_tried_again(settings: Settings) -> None:
    path = dropped(settings, "posts.csv", "Post ID,Views\n1,2\n")
    assert follow(settings) == [("posts.csv", "quarantined")]
    path.write_text(table([facebook_post()]), encoding="utf-8")
    os.utime(path, (LONG_AGO, LONG_AGO + 1))
    assert follow(settings) == [("posts.csv", "done"), ("posts.csv", "quarantined")]


def test_a_file_below_an_s3_prefix_is_imported(tmp_path: Path, bucket: Bucket) -> None:
    settings = settings_in(tmp_path, drop_uri=f"s3://{bucket.name}/drop", aws_endpoint_url=str(bucket.endpoint_url))
    bucket.put_new("drop/partner/posts.csv", table([facebook_post()]).encode())
    assert follow(settings) == [("partner/posts.csv", "done")]
    load_landed(settings)
    assert ask(settings, "select file_name from raw.imports") == [("posts.csv",)]
