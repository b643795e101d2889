"""Each rule across tables and times has a row here that breaks it; what nobody could compare with stops nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from expectations.cross_checks import CONSERVATION, CROSS_CHECKS, RawPosts, judge_cross_checks
from ingest.adapters.publication.candidate import copy_marts
from ingest.domain.gates import Verdict
from tests.two_campaigns import change, make_warehouse

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
ALL_THERE = RawPosts(5, 0)


def judged(
    folder: Path,
    *changes: str,
    raw: RawPosts = ALL_THERE,
    now: datetime = NOW,
    is_accepted: bool = False,
    compare: bool = True,
) -> Verdict:
    """The verdict on two campaigns after these changes, beside their publication before them."""
    candidate = copy_marts(make_warehouse(folder / "warehouse.duckdb"), folder / "version" / "candidate.duckdb")
    last = folder / "last.parquet"
    with duckdb.connect(str(candidate), read_only=True) as connection:
        connection.execute(f"copy marts.agg_phase_content_type_reach to '{last}'")
    change(candidate, *changes)
    return judge_cross_checks(candidate, raw=raw, last=last if compare else None, now=now, is_accepted=is_accepted)


def test_the_same_numbers_again_pass_without_a_warning(tmp_path: Path) -> None:
    verdict = judged(tmp_path)
    assert verdict.passed, verdict.in_one_screen()
    assert verdict.evaluated == verdict.declared == len(CROSS_CHECKS.rules)
    assert not verdict.warnings


def test_a_first_publication_has_nothing_to_compare_with_and_passes(tmp_path: Path) -> None:
    verdict = judged(tmp_path, compare=False)
    assert verdict.passed
    (collapse,) = (result for result in verdict.results if result.rule == "numbers_do_not_collapse")
    assert "compared=0" in collapse.observed


HALF = "update marts.agg_phase_content_type_reach set views = 1700 where campaign_id = 'oyu' and platform = 'instagram'"
DOUBLE = "update marts.agg_phase_content_type_reach set views = 4 * views where campaign_id = 'oyu'"
FALLEN = "insert into marts.fct_post_days values ('101_1', '2024-02-02', 5, 5, 1, -3, 0, true, true)"
UNKNOWN = "update marts.agg_phase_content_type_reach set posts_without_reach = posts where campaign_id = 'tenger'"
STALE = "update marts.rpt_freshness set newest_fetched_at = '2026-10-01 06:00:00' where account_id = '101'"
NOT_CONSERVED = [
    "delete from marts.fct_post_performance where post_id = '101_9'",
    "update marts.fct_post_performance set post_id = 'none' where post_id = '101_9'",
    "update marts.fct_campaign_posts set post_id = 'none' where post_id = '101_2'",
    "update marts.fct_campaign_posts set phase_id = 'none' where post_id = '101_2'",
    "update marts.agg_phase_content_type_reach set posts = posts + 1 where platform = 'instagram'",
    "update marts.fct_post_performance set views = views + 1 where post_id = '101_9'",
    "delete from marts.dim_accounts where account_id = '202'",
]
WARNS = [
    ("numbers_do_not_jump", DOUBLE),
    ("counters_do_not_fall", FALLEN),
    ("accounts_are_fresh", STALE),
    ("reach_is_mostly_known", UNKNOWN),
]


@pytest.mark.parametrize(("rule", "sql"), WARNS, ids=[rule for rule, _ in WARNS])
def test_what_a_person_should_see_warns_and_stops_nothing(tmp_path: Path, rule: str, sql: str) -> None:
    verdict = judged(tmp_path, sql)
    assert verdict.passed
    assert {result.rule for result in verdict.warnings} == {rule}


def test_each_conservation_has_a_row_that_breaks_it_and_is_named(tmp_path: Path) -> None:
    named = set()
    for at, sql in enumerate(NOT_CONSERVED):
        (stopped,) = judged(tmp_path / str(at), sql).stopped_by
        assert stopped.rule == "rows_are_conserved"
        assert stopped.evaluated
        named |= {name for name in CONSERVATION if f"{name}: " in stopped.observed}
    assert named == set(CONSERVATION)


def test_a_loaded_post_that_is_not_published_stops(tmp_path: Path) -> None:
    verdict = judged(tmp_path, raw=RawPosts(6, 1, "101_77"))
    (stopped,) = verdict.stopped_by
    assert stopped.rule == "loaded_posts_are_published"
    assert "lost=1, for_example=101_77" in stopped.observed


def test_a_collapse_says_where_and_can_be_accepted(tmp_path: Path) -> None:
    (stopped,) = judged(tmp_path / "a", HALF).stopped_by
    assert stopped.rule == "numbers_do_not_collapse"
    assert "oyu on instagram: views 4061 → 1700" in stopped.observed
    assert judged(tmp_path / "b", HALF, is_accepted=True).passed


def test_a_campaign_that_left_the_registry_is_no_collapse(tmp_path: Path) -> None:
    gone = [f"delete from marts.{table} where campaign_id = 'tenger'" for table in ("dim_campaigns", "dim_phases")]
    gone += ["delete from marts.fct_campaign_posts where campaign_id = 'tenger'"]
    gone += ["delete from marts.agg_phase_content_type_reach where campaign_id = 'tenger'"]
    assert judged(tmp_path, *gone).passed


def test_an_account_that_still_posts_is_stale_sooner(tmp_path: Path) -> None:
    young = "update marts.dim_posts set published_at = '2026-11-20 06:00:00' where post_id = '202_1'"
    assert not judged(tmp_path / "a", young).warnings
    late = judged(tmp_path / "b", young, now=NOW + timedelta(days=3))
    assert [warning.observed for warning in late.warnings] == [
        "accounts=2, never_read=0, stale=1, for_example=202: 4 days"
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "drop schema marts cascade",
        "drop table marts.rpt_freshness",
        "alter table marts.fct_post_days drop has_fallen",
        "alter table marts.agg_phase_content_type_reach drop posts_without_reach",
    ],
)
def test_what_cannot_be_asked_stops(tmp_path: Path, sql: str) -> None:
    verdict = judged(tmp_path, sql)
    assert not verdict.passed
    assert verdict.evaluated < verdict.declared


def test_a_last_publication_that_cannot_be_read_stops(tmp_path: Path) -> None:
    candidate = copy_marts(make_warehouse(tmp_path / "warehouse.duckdb"), tmp_path / "version" / "candidate.duckdb")
    (tmp_path / "last.parquet").write_bytes(b"no parquet")
    verdict = judge_cross_checks(candidate, raw=ALL_THERE, last=tmp_path / "last.parquet", now=NOW)
    assert not verdict.passed
    assert verdict.evaluated == 0
