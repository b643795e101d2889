"""Building load by load gives what building all at once gives, row for row, over histories as they come.

`HISTORIES=200` tries as many random ones, other ones each time.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingest.adapters.landing.envelope import Batch, Received, Request
from ingest.adapters.landing.folder import FolderLanding
from ingest.domain.marts import MARTS, NOT_CONTENT
from ingest.domain.metrics import expandable
from ingest.settings import PROJECT, Settings
from ingest.steps.build import build_marts
from ingest.steps.build_changes import build_changes
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.run_dbt import BuildFailed
from tests.conftest import settings_in
from tests.worked_example import PHOTO, Post, as_graph, facebook, received

START = datetime(2024, 3, 2, 6, tzinfo=UTC)
METRICS = expandable("facebook", on=START.date())


TEXTS = ("#Гэрэл", "#гэрэл #Түүх", "гэрэл", "")
"""A post's text may be corrected: then it changes its content type, or belongs to the campaign no more."""


@dataclass(frozen=True)
class Event:
    """One answer: of some posts (number, views, text), at an hour, with what they had gathered; or that one is gone."""

    hour: int
    posts: tuple[tuple[int, int, int], ...]
    gone: int | None = None


POST = st.tuples(st.integers(0, 4), st.integers(0, 5_000), st.integers(0, len(TEXTS) - 1))
POSTS = st.lists(POST, max_size=4, unique_by=lambda one: one[0])
EVENTS = st.builds(Event, st.integers(0, 700), POSTS.map(tuple), st.none() | st.integers(0, 4))
HISTORIES = st.lists(st.lists(EVENTS, min_size=1, max_size=4), min_size=2, max_size=3)
"""Loads of answers; a later load may hold earlier answers (late), the same again (doubled), or lower numbers."""
EVERYTHING = [
    [Event(10, ((0, 100, 0), (1, 900, 1), (2, 5, 2)), gone=4), Event(30, ((0, 300, 0), (1, 950, 1)))],
    [
        Event(20, ((0, 200, 0), (1, 920, 1))),  # late
        Event(30, ((0, 300, 0), (1, 950, 1))),  # doubled
        Event(60, ((0, 250, 1), (1, 940, 0), (2, 8, 0))),  # corrected: lower numbers, other texts
    ],
    [Event(70, ((3, 70, 3),), gone=1), Event(45, ((1, 990, 2),))],  # deleted, and read before that but late
]


def answers(event: Event) -> tuple[Received, ...]:
    data = [
        as_graph(
            "facebook",
            Post(
                f"900_{number}",
                f"2024-03-{1 + number:02d}T03:00:00+0000",
                f"{TEXTS[text]} {number}",
                PHOTO,
                counts(views),
            ),
        )
        for number, views, text in event.posts
    ]
    listing = received("published_posts", "900", {"data": data}, metrics=METRICS)
    if event.gone is None:
        return (listing,)
    refused = Request("post", f"900_{event.gone}", refused=dict.fromkeys(METRICS, "post_deleted"))
    return listing, Received(refused, b'{"error":{"code":100,"error_subcode":33}}', http_status=400)


def counts(views: int) -> dict[str, object]:
    return facebook(views, views // 2, views // 10, views // 50, views // 100, views // 20)


def land(where: Settings, event: Event) -> None:
    at = START + timedelta(hours=event.hour)
    FolderLanding(Path(where.landing_uri)).write(Batch("api", "facebook", "900", at, answers(event)))


def place(folder: Path) -> Settings:
    campaigns = PROJECT / "tests" / "data" / "worked_example"
    return settings_in(folder, campaigns_dir=campaigns, now=START + timedelta(days=60))


def marts(where: Settings) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(where.warehouse_path), read_only=True) as connection:
        return {
            mart.name: connection.execute(f"select * from marts.{mart.name} order by all").fetchall()
            for mart in MARTS
            if mart.name not in NOT_CONTENT
        }


def ask(where: Settings, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(where.warehouse_path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def tables(where: Settings) -> list[tuple[object, ...]]:
    """What a column may hold and what is said of it."""
    query = """
        select schema_name, table_name, column_name, data_type, is_nullable, comment
        from duckdb_columns() where schema_name = 'marts' order by all
    """
    with duckdb.connect(str(where.warehouse_path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def lived(where: Settings, history: list[list[Event]], build: Callable[[Settings], object]) -> Settings:
    """A warehouse in which each load of the history was built on its own."""
    land_registry(where)
    for events in history:
        for event in events:
            land(where, event)
        load_landed(where)
        build(where)
    return where


def at_once(where: Settings, history: list[list[Event]]) -> Settings:
    """A warehouse in which the whole history was built at once."""
    return lived(where, [[event for events in history for event in events]], build_marts)


def test_late_doubled_corrected_and_deleted_answers_give_the_same_load_by_load(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    stepwise = lived(place(tmp_path_factory.mktemp("stepwise")), EVERYTHING, build_marts)
    changes = lived(place(tmp_path_factory.mktemp("changes")), EVERYTHING, build_changes)
    whole = at_once(place(tmp_path_factory.mktemp("whole")), EVERYTHING)
    assert marts(stepwise) == marts(whole)
    assert marts(changes) == marts(whole)
    assert tables(changes) == tables(whole)
    rows = dict(ask(whole, "select post_id, views from marts.fct_post_performance"))
    assert rows == {"900_0": 250, "900_1": 940, "900_2": 8, "900_3": 70}
    assert ask(whole, "select post_id from marts.dim_posts where deleted_seen_at is not null") == [("900_1",)]
    assert ask(whole, "select count(*) from marts.fct_post_days where has_fallen") == [(2,)]


@settings(
    max_examples=int(os.environ.get("HISTORIES", "2")),
    deadline=None,
    derandomize="HISTORIES" not in os.environ,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(history=HISTORIES)
def test_building_changes_load_by_load_equals_building_all_at_once(
    tmp_path_factory: pytest.TempPathFactory, history: list[list[Event]]
) -> None:
    changes = lived(place(tmp_path_factory.mktemp("changes")), history, build_changes)
    assert marts(changes) == marts(at_once(place(tmp_path_factory.mktemp("whole")), history))


def test_changes_are_built_without_dbt_and_a_broken_model_changes_nothing(
    tmp_path: Path,
) -> None:
    where = place(tmp_path)
    land_registry(where)
    land(where, Event(0, ((0, 100, 0), (1, 200, 0))))
    load_landed(where)
    whole = build_changes(where).nodes
    land(where, Event(5, ((0, 150, 0),)))
    load_landed(where)
    ran = build_changes(where).nodes
    assert 10 < ran < whole / 2
    assert build_changes(where).nodes == 0
    with duckdb.connect(str(where.warehouse_path)) as connection:
        query = "select post_id, views from marts.fct_post_performance order by all"
        assert connection.execute(query).fetchall() == [("900_0", 150), ("900_1", 200)]
        connection.execute("alter table marts.agg_phase_reach drop column target_value")
    land(where, Event(6, ((0, 170, 0),)))
    load_landed(where)
    with pytest.raises(BuildFailed, match=r"Nothing has changed. Run `campaign-reach build`"):
        build_changes(where)
    with duckdb.connect(str(where.warehouse_path), read_only=True) as connection:
        assert connection.execute(query).fetchall()[0] == ("900_0", 150)
    build_marts(where)
    with duckdb.connect(str(where.warehouse_path), read_only=True) as connection:
        assert connection.execute(query).fetchall()[0] == ("900_0", 170)


def test_a_changed_project_is_built_whole_and_what_was_merged_before_is_merged_anew(tmp_path: Path) -> None:
    where = place(tmp_path)
    land_registry(where)
    land(where, Event(0, ((0, 100, 0),)))
    load_landed(where)
    build_changes(where)
    with duckdb.connect(str(where.warehouse_path)) as connection:
        connection.execute("update build.last_build set revision = 'another'")
        connection.execute("update intermediate.int_snapshots__newest set value = 7 where metric = 'views'")
    assert build_changes(where).nodes > 50
    assert ask(where, "select views from marts.fct_post_performance") == [(100,)]


def test_another_time_zone_moves_the_days_that_were_built_before(tmp_path: Path) -> None:
    campaigns = tmp_path / "campaigns"
    campaigns.mkdir()
    text = (PROJECT / "tests" / "data" / "worked_example" / "lights.yml").read_text(encoding="utf-8")
    query = "select day_on from marts.fct_post_days where is_observed"
    where = settings_in(tmp_path, campaigns_dir=campaigns, now=START + timedelta(days=60))
    for zone, day in (("Asia/Ulaanbaatar", 3), ("America/Los_Angeles", 2)):
        (campaigns / "lights.yml").write_text(text.replace("Asia/Ulaanbaatar", zone), encoding="utf-8")
        land_registry(where)
        land(where, Event(11, ((0, 100, 0),)))
        load_landed(where)
        build_changes(where)
        assert ask(where, query) == [(date(2024, 3, day),)]
