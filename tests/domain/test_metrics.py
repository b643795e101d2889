"""The metric catalogue: complete in itself, and two measures never share a name and a definition."""

import csv
from datetime import date

import pytest

from ingest.domain.metrics import CATALOGUE, asked, by_breakdown, expandable, graph_name_of
from ingest.settings import PROJECT

TODAY = date(2026, 11, 22)
REMOVED = [metric for metric in CATALOGUE if metric.is_removed_on(TODAY)]


def test_the_catalogue_holds_every_metric_that_meta_has_or_had_and_since_when_it_is_gone() -> None:
    """The names were gathered from Meta's pages and public code in November 2026, by hand, apart from the catalogue."""
    known: dict[tuple[str, str, str], set[date | None]] = {}
    for metric in CATALOGUE:
        known.setdefault((metric.platform, metric.object_kind, metric.graph_name), set()).add(metric.valid_to)
    with (PROJECT / "tests" / "data" / "graph_metrics.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wanted = {
        (row["platform"], row["object_kind"], row["graph_name"]): date.fromisoformat(row["removed_on"])
        if row["removed_on"]
        else None
        for row in rows
    }
    assert len(wanted) > 190
    assert {key: days for key, days in known.items() if key in wanted} == {key: {day} for key, day in wanted.items()}


def test_what_is_taken_apart_has_its_parts_and_its_whole_in_the_catalogue_and_one_question_brings_both() -> None:
    story = asked("instagram", "batch", on=TODAY, product="STORY")
    assert {one.breakdown for one in story if one.graph_name == "navigation"} == {
        None,
        *(f"story_navigation_action_type={part}" for part in ("tap_forward", "tap_back", "tap_exit", "swipe_forward")),
    }
    questions = by_breakdown(story)
    assert questions["story_navigation_action_type"] == ("navigation",)
    assert questions["action_type"] == ("profile_activity",)
    assert "navigation" not in questions[""]
    assert by_breakdown(asked("facebook", "batch", on=TODAY)) == {
        "is_from_ads": ("post_media_view",),
        "is_from_followers": ("post_media_view",),
    }


def test_what_is_removed_is_asked_for_nowhere_and_says_since_when() -> None:
    assert [metric.graph_name for metric in REMOVED if metric.valid_to is None] == []
    wanted = {name for platform in ("facebook", "instagram") for name in expandable(platform, on=TODAY)}
    assert wanted & {metric.graph_name for metric in REMOVED if metric.object_kind == "post"} == set()


def test_what_is_asked_says_what_a_refusal_means() -> None:
    assert [metric.graph_name for metric in CATALOGUE if metric.asked not in ("", "node") and not metric.on_error] == []


def test_a_definition_belongs_to_one_graph_name_or_part_of_it() -> None:
    keys = [(m.platform, m.object_kind, m.graph_name, m.map_key, m.breakdown) for m in CATALOGUE]
    assert len(set(keys)) == len(keys)


def test_views_and_impressions_are_two_metrics_and_reach_never_adds() -> None:
    graph_names = {
        metric: {m.graph_name for m in CATALOGUE if m.metric == metric} for metric in ("views", "impressions")
    }
    assert graph_names["views"] & graph_names["impressions"] == set()
    assert {m.adds for m in CATALOGUE if m.metric == "reach"} == {False}
    assert {m.adds for m in CATALOGUE if m.graph_name.endswith("_unique")} == {False}


@pytest.mark.parametrize(
    ("day", "reach"), [(date(2026, 6, 14), "post_impressions_unique"), (TODAY, "post_total_media_view_unique")]
)
def test_reach_has_a_definition_for_each_day(day: date, reach: str) -> None:
    serving = {m.graph_name for m in CATALOGUE if (m.platform, m.object_kind, m.metric) == ("facebook", "post", "reach")
               and not m.is_removed_on(day) and (m.valid_from is None or m.valid_from <= day)}  # fmt: skip
    assert reach in serving


def test_only_what_every_kind_of_media_has_is_expanded() -> None:
    for metric in asked("instagram", "list", on=TODAY):
        assert set(metric.products) in (set(), {"FEED", "REELS"})  # stories stand in no listing
    assert graph_name_of("instagram", "reach") == "reach"
