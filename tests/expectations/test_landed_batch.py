"""Each rule over what a load brought has a row here that breaks it: in the landed lines, or in the raw tables."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard

from expectations.landed_batch import LandedFile, judge_landed
from ingest.domain.gates import Verdict

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
POSTS = ("101_1", "101_2", "101_3")
RAW = """
    create schema raw;
    create table raw.posts (load_id bigint, line_no integer, post_id text, source text);
    create table raw.snapshots (load_id bigint, line_no integer, object_id text, source text);
    create table raw.ads (load_id bigint, line_no integer, ad_id text, source text);
    create table raw.imports (load_id bigint, not_rows bigint);
    create table raw.superseded (landing_file text, by_file text);
    create table raw.survey_results (
        load_id bigint, line_no integer, campaign_id text, indicator text, wave text, respondents text);
    create table raw.activities (load_id bigint, line_no integer, campaign_id text, activity_id text);
    create table raw.accounts (load_id bigint, line_no integer, account_id text);
    create table raw.registry (load_id bigint, line_no integer, campaign_id text);
    create table raw.quarantine (load_id bigint, line_no integer, object_id text, reason text, source text);
    insert into raw.posts values
        (7, 1, '101_1', 'api'), (7, 1, '101_2', 'api'), (7, 1, '101_3', 'api'), (6, 1, '101_0', 'api');
    insert into raw.accounts values (7, 2, '101');
    insert into raw.registry values (7, 3, 'oyu');
"""

NOTHING_IN_RAW = ("delete from raw.posts", "delete from raw.accounts", "delete from raw.registry")


def line(number: int, edge: str, object_id: str, body: dict[str, Any], **other: Any) -> dict[str, Any]:
    facts = {"schema_version": 1, "batch_id": "b", "line_no": number, "fetched_at": "2026-11-22T05:59:00Z"}
    asked = {"edge": edge, "object_id": object_id, "fields": ["id"], "metrics": [], "params": {}}
    answer = {"source": "api", "platform": "facebook", "account_id": "101", "http_status": 200, "request": asked}
    return facts | answer | {"graph_version": "v26.0", "body_sha256": "0" * 64, "body": body} | other


def lines() -> list[dict[str, Any]]:
    """A page of three posts, the account, and a campaign."""
    page = {
        "data": [{"id": post, "message": "Сайн уу"} for post in POSTS],
        "paging": {"next": "?access_token=REDACTED"},
    }
    return [
        line(1, "published_posts", "101", page),
        line(2, "page", "101", {"id": "101", "name": "A Page"}),
        line(3, "campaign", "oyu", {"campaign_id": "oyu"}, source="registry", http_status=None, account_id="oyu"),
    ]


def judged(folder: Path, landed: list[dict[str, Any]] | bytes, *changes: str) -> Verdict:
    """The verdict on a load of these lines, after these changes to the raw tables."""
    path = folder / "batch.ndjson.zst"
    text = landed if isinstance(landed, bytes) else "".join(json.dumps(one) + "\n" for one in landed).encode()
    path.write_bytes(zstandard.compress(text))
    with duckdb.connect() as connection:
        connection.execute(RAW)
        for change in changes:
            connection.execute(change)
        return judge_landed(connection, [LandedFile(7, "api/batch", path)], now=NOW)


def rules(verdict: Verdict) -> set[str]:
    return {result.rule for result in verdict.stopped_by}


def test_a_load_that_lost_nothing_passes(tmp_path: Path) -> None:
    verdict = judged(tmp_path, lines())

    assert verdict.passed, verdict.in_one_screen()
    assert not verdict.warnings


BREAKS = [
    ("nothing_is_lost", "delete from raw.posts where post_id = '101_2'"),
    ("nothing_is_lost", "delete from raw.accounts"),
    ("nothing_is_lost", "update raw.posts set line_no = 2 where post_id = '101_2'"),
    ("nothing_is_invented", "insert into raw.posts values (7, 1, '101_77', 'api')"),
    ("ids_are_shaped", "insert into raw.posts values (7, 1, '../etc', 'api')"),
    (
        "quarantine_is_small",
        "insert into raw.quarantine select 7, 1, id, 'odd', 'api' from (select unnest(range(11))::text as id)",
    ),
]


@pytest.mark.parametrize(("rule", "sql"), BREAKS[:4], ids=[rule for rule, _ in BREAKS[:4]])
def test_what_raw_lost_or_made_up_stops(tmp_path: Path, rule: str, sql: str) -> None:
    assert rule in rules(judged(tmp_path, lines(), *sql.split("; ")))


def test_an_id_with_other_characters_stops(tmp_path: Path) -> None:
    landed = lines()
    landed[0]["body"]["data"][1]["id"] = "../../etc"

    verdict = judged(tmp_path, landed, "update raw.posts set post_id = '../../etc' where post_id = '101_2'")

    assert rules(verdict) == {"ids_are_shaped"}


LINES = [
    ("fetched_at_is_known", {"fetched_at": None}),
    ("fetched_at_is_not_in_the_future", {"fetched_at": "2026-11-22T06:06:00Z"}),
    ("source_is_known", {"source": "rumour"}),
    ("answers_were_given", {"http_status": 500}),
    ("no_secret_landed", {"body": {"id": "101", "next": "https://x/?access_token=EAAB"}}),
    ("no_secret_landed", {"body": {"id": "101", "next": "https://x/?appsecret_proof%3Dabc"}}),
]


@pytest.mark.parametrize(("rule", "change"), LINES, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(LINES)])
def test_a_line_that_should_not_have_landed_stops(tmp_path: Path, rule: str, change: dict[str, Any]) -> None:
    landed = lines()
    landed[1] |= change

    assert rules(judged(tmp_path, landed)) == {rule}


IMPORT = (
    "insert into raw.posts values (7, 2, '101_8', 'export')",
    "insert into raw.quarantine values (7, 3, null, 'odd', 'export')",
    "insert into raw.imports values (7, 1)",
)
"""An imported file of three records: a post, a row that waits, a total."""


@pytest.mark.parametrize("lost", [None, 0, 1, 2])
def test_a_row_of_an_imported_file_that_is_nowhere_stops(tmp_path: Path, lost: int | None) -> None:
    landed = [*lines(), line(4, "export", "101", {"rows": 3}, source="export", http_status=None)]

    verdict = judged(tmp_path, landed, *(sql for at, sql in enumerate(IMPORT) if at != lost))

    assert rules(verdict) == (set() if lost is None else {"rows_of_imports_add_up"})
    if lost is None:  # the row that waits is shown
        assert "no_imported_row_is_quarantined" in {result.rule for result in verdict.warnings}


def test_rows_whose_place_a_newer_reading_has_taken_are_missed_by_nobody(tmp_path: Path) -> None:
    landed = [*lines(), line(4, "export", "101", {"rows": 3}, source="export", http_status=None)]

    verdict = judged(tmp_path, landed, "insert into raw.superseded values ('api/batch', 'newer')")

    assert rules(verdict) == set()


def test_an_object_in_quarantine_is_not_lost_and_warns(tmp_path: Path) -> None:
    moved = (
        "delete from raw.posts where post_id = '101_2'; insert into raw.quarantine values (7, 1, '101_2', 'odd', 'api')"
    )

    verdict = judged(tmp_path, lines(), *moved.split("; "))

    assert verdict.passed
    assert [result.rule for result in verdict.warnings] == ["nothing_is_quarantined"]


def test_a_line_in_quarantine_accounts_for_all_its_objects(tmp_path: Path) -> None:
    moved = (
        "delete from raw.posts where load_id = 7; insert into raw.quarantine values (7, 1, null, 'not a page', 'api')"
    )

    assert judged(tmp_path, lines(), *moved.split("; ")).passed


def test_much_in_quarantine_stops(tmp_path: Path) -> None:
    landed = [line(1, "published_posts", "101", {"data": [{"id": f"101_{number}"} for number in range(20)]})]
    moved = "insert into raw.quarantine select 7, 1, '101_' || range, 'odd', 'api' from range(20)"

    verdict = judged(tmp_path, landed, *NOTHING_IN_RAW, moved)

    assert rules(verdict) == {"quarantine_is_small"}


def test_a_page_without_posts_is_no_loss(tmp_path: Path) -> None:
    landed = lines()
    landed[0]["body"] = {"data": []}

    assert judged(tmp_path, landed, "delete from raw.posts where load_id = 7").passed


def test_a_file_without_lines_stops(tmp_path: Path) -> None:
    assert rules(judged(tmp_path, [], *NOTHING_IN_RAW)) == {"files_have_lines"}


@pytest.mark.parametrize(
    "bytes_landed", [b"", b"not json\n", b'{"line_no": "one"}\n'], ids=["nothing", "text", "shape"]
)
def test_a_file_that_cannot_be_read_stops(tmp_path: Path, bytes_landed: bytes) -> None:
    verdict = judged(tmp_path, bytes_landed)

    assert not verdict.passed


def test_a_file_that_is_gone_stops(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(RAW)
        verdict = judge_landed(connection, [LandedFile(7, "api/batch", tmp_path / "gone.zst")], now=NOW)

    assert not verdict.passed
    assert verdict.evaluated == 0


def test_a_raw_table_that_is_missing_stops(tmp_path: Path) -> None:
    assert not judged(tmp_path, lines(), "drop table raw.accounts").passed
