"""Each rule over a candidate file has a row here that breaks it, and nothing else."""

from datetime import datetime
from pathlib import Path

import pytest

from expectations.candidate_publication import CANDIDATE, judge_candidate
from expectations.candidate_queries import AGGREGATES
from ingest.adapters.publication.candidate import PublicationRow, copy_marts, record
from ingest.domain.gates import Verdict
from tests.two_campaigns import change, make_warehouse

FIGURES = (("oyu", "oyu_views"), ("oyu", "oyu_people"))
ROW = PublicationRow(
    "20261122T060000Z-0123abcd",
    datetime(2026, 11, 22, 6),  # noqa: DTZ001 - as it is stored
    "0123abcd" * 8,
    None,
    "b" * 64,
    "0.1.0",
    "pending",
)


def judged(folder: Path, *changes: str) -> Verdict:
    """The verdict on the candidate of two campaigns, after these changes to the candidate file."""
    candidate = copy_marts(make_warehouse(folder / "warehouse.duckdb"), folder / "version" / "candidate.duckdb")
    record(candidate, ROW)
    return judge_candidate(change(candidate, *changes), registry_figures=FIGURES)


def test_two_good_campaigns_pass_without_a_warning(tmp_path: Path) -> None:
    verdict = judged(tmp_path)

    assert verdict.passed, verdict.in_one_screen()
    assert verdict.evaluated == verdict.declared == len(CANDIDATE.rules)
    assert not verdict.warnings


BREAKS = [
    ("types_are_portable", "alter table marts.agg_phase_content_type_reach alter views type hugeint"),
    ("types_are_portable", "alter table marts.dim_posts alter published_at type timestamptz"),
    ("marts_have_rows", "delete from marts.dim_accounts"),
    ("keys_are_unique", "insert into marts.dim_posts from marts.dim_posts where post_id = '101_1'"),
    (
        "keys_are_not_null",
        "alter table marts.dim_phases alter phase_id drop not null; update marts.dim_phases set phase_id = null",
    ),
    ("measures_are_not_negative", "update marts.fct_post_performance set shares = -1 where post_id = '101_9'"),
    (
        "measures_are_not_negative",
        "update marts.fct_post_metrics set value = -1 where post_id = '101_9' and metric = 'views'",
    ),
    (
        "core_metrics_are_reported",
        "; ".join(
            [
                "update marts.fct_post_performance set reach = null, reach_status = 'withheld'",
                *(f"update marts.{one} set duplicated_reach = null, posts_without_reach = posts" for one in AGGREGATES),
            ]
        ),
    ),
    (
        "core_metrics_are_reported",
        "update marts.fct_post_metrics set value = null, status = 'withheld'",
    ),
    (
        "core_metrics_are_reported",
        "insert into marts.fct_post_days values ('101_1', '2024-02-02', null, null, null, null, null, true, false)",
    ),
    (
        "core_metrics_are_reported",
        "insert into marts.fct_account_days (account_id, day_on, platform) values ('101', '2024-02-02', 'facebook')",
    ),
    (
        "campaign_sums_add_up",
        "update marts.agg_phase_content_type_reach set views = views + 1 where content_type = 'video'",
    ),
    ("campaign_sums_add_up", "delete from marts.agg_phase_content_type_reach where campaign_id = 'tenger'"),
    (
        "campaign_sums_add_up",
        "update marts.agg_phase_content_type_reach set duplicated_reach = 0 where content_type = 'poster'",
    ),
    *(("campaign_sums_add_up", f"delete from marts.{one}") for one in AGGREGATES[1:]),
    *(("campaign_sums_add_up", f"update marts.{one} set views = null") for one in AGGREGATES),
    (
        "metric_statuses_are_known",
        "update marts.fct_post_metrics set status = null where value is null and metric = 'saves'",
    ),
    (
        "metric_statuses_are_known",
        "update marts.fct_post_metrics set status = 'lost' where value is null and metric = 'saves'",
    ),
    (
        "reported_values_are_there",
        "update marts.fct_post_metrics set status = 'reported' where value is null and metric = 'saves'",
    ),
    (
        "values_were_reported",
        "update marts.fct_post_metrics set status = 'withheld' where value is not null and metric = 'views'",
    ),
    ("reach_says_why_it_is_null", "update marts.fct_post_performance set reach_status = null where post_id = '101_2'"),
    (
        "reach_says_why_it_is_null",
        "update marts.fct_post_performance set reach_status = 'reported' where post_id = '101_2'",
    ),
    ("every_published_figure_is_there", "delete from marts.agg_published_figures where figure_id = 'oyu_people'"),
    (
        "every_published_figure_is_there",
        "update marts.agg_published_figures set figure_id = 'invented' where figure_id = 'oyu_people'",
    ),
    ("figure_statuses_are_known", "update marts.agg_published_figures set status = null where figure_id = 'oyu_views'"),
    ("figures_say_why", "update marts.agg_published_figures set reason = ' ' where figure_id = 'oyu_people'"),
    ("figures_say_why", "update marts.agg_published_figures set computed_value = null where figure_id = 'oyu_views'"),
    (
        "publication_is_one_row",
        "insert into marts.publication "
        "select * replace ('20261122T060001Z-0123abcd' as version) from marts.publication",
    ),
    ("version_is_well_formed", "update marts.publication set version = 'latest'"),
]


@pytest.mark.parametrize(("rule", "sql"), BREAKS, ids=[f"{rule}-{at}" for at, (rule, _) in enumerate(BREAKS)])
def test_a_broken_row_stops_the_publication(tmp_path: Path, rule: str, sql: str) -> None:
    verdict = judged(tmp_path, sql)

    assert not verdict.passed
    assert {result.rule for result in verdict.stopped_by} == {rule}, verdict.in_one_screen()
    assert verdict.stopped_by[0].evaluated


def test_a_missing_mart_stops_and_is_named(tmp_path: Path) -> None:
    verdict = judged(tmp_path, "drop table marts.rpt_gate_results")

    first = verdict.stopped_by[0]
    assert (first.rule, first.evaluated, first.observed) == ("every_mart_is_there", True, "missing: rpt_gate_results")


def test_campaigns_without_posts_stop(tmp_path: Path) -> None:
    verdict = judged(
        tmp_path, "delete from marts.fct_campaign_posts", *(f"delete from marts.{one}" for one in AGGREGATES)
    )

    assert {result.rule for result in verdict.stopped_by} == {"marts_have_rows", "campaign_sums_add_up"}


def test_more_people_than_views_warn_with_their_rate_and_stop_nothing(tmp_path: Path) -> None:
    verdict = judged(tmp_path, "update marts.fct_post_performance set views = 8 where post_id = '101_9'")

    assert verdict.passed
    (warning,) = verdict.warnings
    assert warning.rule == "reach_is_not_above_views"
    assert "posts_with_reach_above_views=1, reach_above_views_pct=25.0" in warning.observed


@pytest.mark.parametrize(
    "sql",
    [
        "drop schema marts cascade",
        "delete from marts.fct_post_metrics",
        "alter table marts.fct_post_metrics drop status",
        "drop table marts.fct_post_performance",
    ],
)
def test_nothing_to_look_at_stops(tmp_path: Path, sql: str) -> None:
    verdict = judged(tmp_path, sql)

    assert not verdict.passed
    assert verdict.evaluated < verdict.declared


def test_a_file_that_is_no_database_stops(tmp_path: Path) -> None:
    broken = tmp_path / "candidate.duckdb"
    broken.write_bytes(b"not a database" * 1000)

    verdict = judge_candidate(broken, registry_figures=FIGURES)

    assert not verdict.passed
    assert verdict.evaluated == 0


def test_the_gate_does_not_change_the_candidate(tmp_path: Path) -> None:
    judged(tmp_path)
    candidate = tmp_path / "version" / "candidate.duckdb"
    before = candidate.read_bytes()

    judge_candidate(candidate, registry_figures=FIGURES)

    assert candidate.read_bytes() == before
    assert [path.name for path in candidate.parent.iterdir()] == ["candidate.duckdb"]
