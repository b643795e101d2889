"""History: what was known when; day by day or at once give the same; as of a day nothing later counts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from ingest.adapters.landing.envelope import Batch
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.registry import read_registry
from ingest.demo import instants
from ingest.domain.errors import NothingYet
from ingest.sandbox.server import Sandbox, running_sandbox
from ingest.settings import PROJECT, Settings
from ingest.steps.build import build_marts
from ingest.steps.build_as_of import publish_as_of
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.publish import publish_marts
from ingest.steps.refresh import refresh_account
from tests.conftest import settings_in
from tests.worked_example import OUR_INSTAGRAM, OUR_PAGE, facebook, instagram, listing

PAGES = ("104857600000201", "104857600000203")
MOMENTS = [
    datetime(2024, 2, 10, 15, 59, tzinfo=UTC),
    datetime(2024, 2, 11, 15, 59, tzinfo=UTC),
    datetime(2024, 2, 20, 15, 59, tzinfo=UTC),
    datetime(2024, 5, 1, 15, 59, tzinfo=UTC),
]
COMPARED = ("fct_post_metrics", "fct_post_performance", "fct_post_days", "agg_phase_reach", "agg_published_figures")


class Clock:
    now = MOMENTS[0]

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with running_sandbox(read_registry(PROJECT / "campaigns"), clock=clock) as running:
        yield running


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox, clock: Clock) -> Settings:
    """Four moments of Together, each loaded and built on its own, the last one published."""
    folder = tmp_path_factory.mktemp("history")
    for moment in MOMENTS:
        clock.now = moment
        settings = at(folder, sandbox, moment)
        land_registry(settings)
        for page in PAGES:
            refresh_account(settings, {"account_id": page, "platform": "facebook"})
        load_landed(settings)
        build_marts(settings)
    publish_marts(settings)
    return settings


def at(folder: Path, sandbox: Sandbox, moment: datetime) -> Settings:
    return settings_in(
        folder,
        graph_url=sandbox.url,
        app_secrets=sandbox.tokens.app_secret,
        access_tokens=sandbox.tokens.system_user.value,
        now=moment,
    )


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def anew(lived: Settings) -> Settings:
    """The same landing, loaded and built all at once."""
    settings = lived.model_copy(update={"warehouse_path": lived.warehouse_path.with_name("anew.duckdb")})
    load_landed(settings)
    build_marts(settings)
    return settings


@pytest.mark.parametrize("mart", COMPARED)
def test_building_load_by_load_gives_the_same_as_building_all_at_once(
    lived: Settings, anew: Settings, mart: str
) -> None:
    query = f"select * from marts.{mart} order by all"
    assert ask(anew.warehouse_path, query) == ask(lived.warehouse_path, query)


def test_a_post_grows_from_day_to_day_and_the_increase_is_the_difference(lived: Settings) -> None:
    query = """
        select later.views - earlier.views, later.views_increase
        from marts.fct_post_days as later
        inner join marts.fct_post_days as earlier
            on later.post_id = earlier.post_id and later.day_on = earlier.day_on + 1
        where later.day_on = '2024-02-11' and earlier.is_observed
    """
    rows = ask(lived.warehouse_path, query)
    assert len(rows) > 3
    assert all(difference == increase for difference, increase in rows)


def test_a_day_on_which_a_post_was_not_read_is_there_and_unknown(lived: Settings) -> None:
    query = "select is_observed, views, views_increase from marts.fct_post_days where day_on = '2024-02-13'"
    assert set(ask(lived.warehouse_path, query)) == {(False, None, None)}


def test_views_in_phase_are_what_was_there_on_its_last_day(lived: Settings) -> None:
    ((in_phase, at_end, later),) = ask(
        lived.warehouse_path,
        """
        select
            (select views_in_phase from marts.agg_phase_reach where campaign_id = 'together'),
            (select sum(views) from marts.fct_post_days inner join marts.fct_campaign_posts using (post_id)
             where campaign_id = 'together' and day_on = '2024-02-20'),
            (select views from marts.agg_phase_reach where campaign_id = 'together')
        """,
    )
    assert in_phase == at_end
    assert in_phase < later  # type: ignore[operator]


def test_as_of_a_day_gives_what_was_known_then_and_leaves_the_served_version_alone(lived: Settings) -> None:
    manifest = (Path(lived.published_uri) / "manifest.json").read_bytes()
    then = publish_as_of(lived, date(2024, 2, 10))
    ((known_then, newest),) = ask(then.path, "select sum(views), max(fetched_at) from marts.fct_post_performance")
    ((known_now,),) = ask(lived.warehouse_path, "select sum(views) from marts.fct_post_performance")
    assert known_then < known_now  # type: ignore[operator]
    assert newest == MOMENTS[0].replace(tzinfo=None)
    assert Path(then.path) == Path(lived.published_uri) / "as_of" / "2024-02-10" / "campaign_reach.duckdb"
    assert (Path(lived.published_uri) / "manifest.json").read_bytes() == manifest


def test_as_of_a_day_before_anything_had_landed_says_so(lived: Settings) -> None:
    with pytest.raises(NothingYet, match="Nothing had landed by 2019-01-01"):
        publish_as_of(lived, date(2019, 1, 1))


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The worked example, read in March; in April its phase had another name, another target, and a post more views."""
    folder = tmp_path_factory.mktemp("changed")
    text = (PROJECT / "tests" / "data" / "worked_example" / "lights.yml").read_text(encoding="utf-8")
    assert "as_of_on: null" in text
    in_march = text.replace("as_of_on: null", "as_of_on: 2024-03-25").replace(
        "published_value: 3800", "published_value: 1300"
    )
    in_april = in_march.replace("phase_id: spring", "phase_id: springtime").replace("value: 5000", "value: 9000")
    (folder / "campaigns").mkdir()
    for month, rules, views in ((3, in_march, 1000), (4, in_april, 7000)):
        (folder / "campaigns" / "lights.yml").write_text(rules, encoding="utf-8")
        settings = settings_in(
            folder, campaigns_dir=folder / "campaigns", now=datetime(2024, month, 25, 15, 30, tzinfo=UTC)
        )
        land_registry(settings)
        post = replace(OUR_PAGE[0], insights=facebook(views, 600, 30, 4, 6, 20))
        reel = replace(OUR_INSTAGRAM[0], insights=instagram(300 + month, 200, 20, 2, 3, 5))
        for platform, account_id, one in (("facebook", "900", post), ("instagram", "17841900", reel)):
            batch = Batch("api", platform, account_id, settings.clock(), tuple(listing(platform, account_id, (one,))))
            open_landing(settings).write(batch)
        load_landed(settings)
        build_marts(settings)
    publish_marts(settings)
    return settings


def test_as_of_a_day_the_rules_are_those_of_that_day_and_the_served_file_is_the_same_bytes(changed: Settings) -> None:
    served = Path(changed.published_uri) / "campaign_reach.duckdb"
    before = served.read_bytes()
    phases = "select phase_id, target_value, views from marts.agg_phase_reach where posts > 0"
    then = publish_as_of(changed, date(2024, 3, 25))
    assert ask(then.path, phases) == [("spring", 5000.0, 1303)]
    assert ask(then.path, "select gate_result from marts.publication") == [("passed",)]
    assert ask(then.path, "select count(*) > 5 from marts.rpt_gate_results") == [(True,)]
    assert ask(served, phases) == [("springtime", 9000.0, 7304)]
    assert served.read_bytes() == before


def test_a_figure_with_a_date_is_held_against_that_day_however_much_is_known_later(changed: Settings) -> None:
    query = "select phase_id, as_of_on, published_value, computed_value, status from marts.agg_published_figures"
    assert ask(changed.warehouse_path, query) == [("springtime", date(2024, 3, 25), 1300.0, 1303.0, "matches")]


def test_the_demo_lives_through_the_middle_and_the_end_of_every_phase_with_posts() -> None:
    moments = instants(read_registry(PROJECT / "campaigns"))
    assert 12 <= len(moments) <= 24
    assert datetime(2024, 2, 20, 15, 59, tzinfo=UTC) in moments
    assert moments == sorted(moments)
