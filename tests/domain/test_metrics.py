"""The metric catalogue: complete in itself, and two measures never share a name and a definition."""

from datetime import date

import pytest

from ingest.domain.metrics import CATALOGUE, asked, expandable, graph_name_of

TODAY = date(2026, 11, 22)
LIVING = [metric for metric in CATALOGUE if not metric.is_removed_on(TODAY)]
REMOVED = [metric for metric in CATALOGUE if metric.is_removed_on(TODAY)]


def test_the_catalogue_holds_what_lives_and_what_was_removed() -> None:
    names = {(metric.platform, metric.object_kind, metric.graph_name) for metric in CATALOGUE}
    assert (len(LIVING), len(REMOVED)) >= (90, 90)
    assert len(names) >= 190


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
