"""A file comes in whole or not at all, once, and says what it is before; its rows become snapshots with a proof."""

import hashlib
from pathlib import Path

from ingest.adapters.exports.loading import landed_row
from ingest.adapters.landing.files import first_line
from ingest.adapters.landing.open_landing import open_landing
from ingest.domain.imports import Options
from ingest.settings import Settings
from ingest.steps.import_files import import_files
from tests.exports.composed import (
    PAGE,
    ask,
    brought_in,
    facebook_post,
    facts_of,
    refusal,
    table,
    values,
    written,
)


def test_a_post_of_an_export_becomes_snapshots_with_the_definition_it_was_exported_under(
    settings: Settings, tmp_path: Path
) -> None:
    brought_in(settings, written(tmp_path, table([facebook_post(Views="5,310", Reach="0", Shares="")])))
    assert ask(settings, "select post_id, published_at, source, attachment_media_type from raw.posts") == [
        (f"{PAGE}_122100000000000101", "2026-11-20T04:15:00+0000", "export", "photo")
    ]
    found = ask(settings, "select graph_name, value, reason, source, line_no from raw.snapshots order by 1")
    assert found == [
        ("Comments", "9", None, "export", 2),
        ("Reach", None, "not_yet_available", "export", 2),  # 0 for every post that was seen is not a number
        ("Reactions", "158", None, "export", 2),
        ("Shares", None, "not_yet_available", "export", 2),
        ("Views", "5310", None, "export", 2),
    ]


def test_a_dry_run_says_what_it_recognised_and_lands_nothing(settings: Settings, tmp_path: Path) -> None:
    rows = [facebook_post(1, Veiws="7"), facebook_post(2, Veiws="8", Views="lots")]
    (outcome,) = import_files(settings, [str(written(tmp_path, table(rows)))], Options(is_dry_run=True))
    facts = facts_of(outcome)
    assert outcome.state == "recognised"
    assert facts["product"] == "Meta Business Suite, Facebook posts"
    assert (facts["language"], facts["grain"], facts["time zone"]) == ("en", "lifetime", "America/Los_Angeles")
    assert facts["written as"] == "utf-8-sig, comma-separated"
    assert "Post ID → post_id" in facts["columns"]
    assert facts["unknown columns"] == "'Veiws' (nearest: Views): kept in the landed file"
    assert facts["rows"] == "2: 1 to bring in"
    assert facts["rejected"] == "1 × Views is no number"
    assert not Path(settings.landing_uri).exists()


def test_the_bytes_land_unchanged_with_who_when_name_and_hash(settings: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, table([facebook_post()]), name="Q4 export.csv")
    (outcome,) = brought_in(settings, path)
    landing = open_landing(settings)
    params = first_line(landing.local_path(outcome.key))["request"]["params"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (params["name"], params["sha256"], params["who"]) == ("Q4 export.csv", digest, "somebody")
    assert params["exported_at"] == "2026-11-20T12:00:00Z"
    assert landing.local_path(outcome.key.replace(".ndjson.zst", ".csv")).read_bytes() == path.read_bytes()


def test_the_same_bytes_under_two_names_are_one_load(settings: Settings, tmp_path: Path) -> None:
    text = table([facebook_post()])
    first, second = written(tmp_path, text, "a.csv"), written(tmp_path, text, "b.csv")
    assert [one.state for one in brought_in(settings, first, second)] == ["imported", "known"]
    assert [one.state for one in brought_in(settings, second)] == ["known"]
    assert ask(settings, "select count(*) from raw.posts") == [(1,)]


def test_a_row_of_raw_leads_back_to_its_cells(settings: Settings, tmp_path: Path) -> None:
    text = table([facebook_post(1), facebook_post(2, Description="two\nlines")])
    (outcome,) = brought_in(settings, written(tmp_path, text))
    (line_no,) = ask(settings, "select line_no from raw.posts where post_id like '%002'")[0]
    import duckdb

    with duckdb.connect() as connection:
        cells = landed_row(connection, outcome.key, line_no, open_landing(settings).local_path)
    assert (cells["Post ID"], cells["Description"]) == ("122100000000000002", "two\nlines")


def test_rows_that_cannot_be_used_wait_with_file_line_and_reason(settings: Settings, tmp_path: Path) -> None:
    error = "An error occurred while computing metadata for content with ID 122100000000000777"
    rows = [
        facebook_post(1),
        facebook_post(2, Post_ID="", Permalink="", Data_comment=error),
        facebook_post(3, Publish_time="?"),
    ]
    (outcome,) = brought_in(settings, written(tmp_path, table(rows)))
    found = ask(settings, "select line_no, object_id, reason, landing_file from raw.quarantine order by 1")
    assert [(line, object_id, reason) for line, object_id, reason, _ in found] == [
        (3, "122100000000000777", "the row holds no post: Meta met an error"),
        (4, "122100000000000003", "the time of publication cannot be read"),
    ]
    assert {file for *_, file in found} == {outcome.key}
    assert ask(settings, "select rows, accepted, quarantined, not_rows from raw.imports") == [(3, 1, 2, 0)]


def test_a_file_of_an_account_that_no_campaign_knows_is_refused_whole(settings: Settings, tmp_path: Path) -> None:
    message = refusal(settings, written(tmp_path, table([facebook_post(Page_ID="999999999999999")])))
    assert "999999999999999, which no campaign knows" in message
    assert "Add the account to a file in campaigns/" in message


def test_a_file_of_no_known_product_is_told_what_it_lacks(settings: Settings, tmp_path: Path) -> None:
    row = {name: cell for name, cell in facebook_post().items() if name != "Publish time"}
    message = refusal(settings, written(tmp_path, table([row])))
    assert "Nearest is Meta Business Suite, Facebook posts, for which it lacks Publish time" in message


def test_several_pages_in_one_file_are_told_apart_row_by_row(settings: Settings, tmp_path: Path) -> None:
    other = facebook_post(2, Page_ID="104857600000202", Views="7")
    (outcome,) = brought_in(settings, written(tmp_path, table([facebook_post(1), other])))
    assert outcome.key.startswith("export/facebook/several/")
    assert ask(settings, "select account_id from raw.posts order by line_no") == [(PAGE,), ("104857600000202",)]
    assert values(settings, "Views") == {"001": "5310", "002": "7"}
