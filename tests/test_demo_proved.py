"""Every column of every published aggregate of the demo is explained, and the demo is rebuilt from landing alone."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from ingest.domain.cells import TABLES, Cell
from ingest.domain.explanation import Explanation
from ingest.domain.marts import MARTS, Mart
from ingest.settings import PROJECT, Settings
from ingest.steps.explain import explain, explain_figure, explain_survey
from ingest.steps.rebuild import rebuild
from ingest.steps.verify import plan_verify, verify
from tests.conftest import MOMENT, settings_in
from tests.playing_demo import COMMAND

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(400)]
AGGREGATES = [mart for mart in MARTS if mart.name.startswith("agg_")]
WORDS = {("agg_published_figures", "reason")}
"""Columns that no sum can give: explain says so, in words."""


@pytest.fixture(scope="module")
def world(demo: tuple[Path, str]) -> Iterator[Settings]:
    """The demo's places; its files stay open, so that opening them again costs nothing."""
    settings = settings_in(demo[0] / "var", campaigns_dir=PROJECT / "campaigns", now=MOMENT + timedelta(days=1))
    with ExitStack() as stack:
        for file in (settings.warehouse_path, served_file(settings)):
            stack.enter_context(duckdb.connect(str(file), read_only=True))
        yield settings


def served_file(settings: Settings) -> Path:
    root = Path(settings.published_uri)
    return root / json.loads((root / "manifest.json").read_text())["folder"] / "campaign_reach.duckdb"


def columns_of(settings: Settings, mart: Mart) -> list[str]:
    with duckdb.connect(str(served_file(settings)), read_only=True) as marts:
        names = [name for name, *_ in marts.execute(f"describe marts.{mart.name}").fetchall()]
    return [name for name in names if name not in mart.key]


def keys_of(settings: Settings, mart: Mart, column: str, *, most: int) -> list[dict[str, str]]:
    """Keys of rows that say something in this column, of different campaigns first."""
    key = ", ".join(mart.key)
    query = f"""
        select {key} from marts.{mart.name}
        order by {column} is null, row_number() over (partition by campaign_id order by {column} is null, {key}), {key}
        limit {most}
    """
    with duckdb.connect(str(served_file(settings)), read_only=True) as marts:
        return [dict(zip(mart.key, row, strict=True)) for row in marts.execute(query).fetchall()]


def explained(settings: Settings, mart: Mart, key: dict[str, str], column: str) -> Explanation:
    if mart.name == "agg_published_figures":
        return explain_figure(settings, key["campaign_id"], key["figure_id"], column)
    if mart.name == "agg_survey_change":
        return explain_survey(settings, key["campaign_id"], key["indicator"], key["respondents"], column)
    return explain(settings, Cell(metric=column, **key))


@pytest.mark.parametrize("mart", AGGREGATES, ids=[mart.name for mart in AGGREGATES])
def test_every_column_of_an_aggregate_is_made_again_from_landing_or_says_why_it_is_no_sum(
    world: Settings, mart: Mart
) -> None:
    columns = columns_of(world, mart)
    assert len(columns) > 10
    for column in columns:
        for key in keys_of(world, mart, column, most=2):
            found = explained(world, mart, key, column)
            assert found.differences == [], (column, key)
            assert found.table == mart.name
            assert found.how
            if (mart.name, column) in WORDS:
                assert (found.is_added, "no sum" in found.how) == (False, True)
            assert json.loads(json.dumps(found.as_json()))["agrees"]


def test_every_published_figure_is_made_again_from_landing(world: Settings) -> None:
    with duckdb.connect(str(served_file(world)), read_only=True) as marts:
        rows = marts.execute(
            "select campaign_id, figure_id, computed_value, status from marts.agg_published_figures"
        ).fetchall()
    kinds = set()
    for campaign_id, figure_id, value, status in rows:
        found = explain_figure(world, campaign_id, figure_id)
        assert (found.differences, found.published) == ([], value), figure_id
        assert found.is_added or value is None
        assert explain_figure(world, campaign_id, figure_id, "status").landed == status
        kinds |= {"posts"} if found.posts else {fact.name.partition(" ")[0].strip(",") for fact in found.facts}
    assert {"posts", "people", "share_pct"} <= kinds


def test_a_target_stands_in_the_campaign_file_with_its_line_and_hash(world: Settings) -> None:
    found = explain(world, Cell("together", "target_value", "main"))
    (metric, target) = found.facts
    assert (metric.landed, target.landed, found.landed) == ("views", 3_000_000, 3_000_000)
    lines = (PROJECT / "campaigns" / "together.yml").read_text(encoding="utf-8").splitlines()
    place, _, digest = target.campaign_file.partition(", SHA-256 ")
    line = lines[int(place.rpartition(" ")[2]) - 1]
    assert "3000000" in line
    assert len(digest) == 64
    assert (target.path, target.line_no is not None) == ("phases[0].target.value", True)
    assert any(one.file == target.file and one.is_true for one in found.files)


PRODUCTS = """
    select distinct on (product, metric) product, post_id, metric, campaign_id
    from (
        select distinct imports.product, posts.post_id
        from raw.imports as imports inner join raw.posts as posts using (landing_file)
        where posts.source = 'export'
    )
    inner join marts.fct_post_metrics as metrics using (post_id)
    inner join marts.fct_campaign_posts using (post_id)
    where metrics.value is not null and metrics.source = 'export' and metric <> 'reach'
    order by all
"""


def test_a_number_of_every_product_that_people_export_is_read_again_from_its_row(world: Settings) -> None:
    from ingest.domain.cells import MEASURES

    with closing(duckdb.connect(str(world.warehouse_path), read_only=True)) as warehouse:
        rows = warehouse.execute(PRODUCTS).fetchall()
    products = {product for product, *_ in rows}
    assert len(products) >= 5, products
    for product, post_id, metric, campaign_id in rows:
        if metric not in MEASURES:
            continue
        found = explain(world, Cell(campaign_id, metric, post_id=post_id))
        assert found.differences == [], (product, post_id, metric)
        assert all(leaf.source == "export" and leaf.file for post in found.posts for leaf in post.leaves)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--phase", "main", "--metric", "attainment_pct"),
            ("the same", "target_value 3,000,000", "together.yml"),
        ),
        (("--figure", "tog_teachers"), ("the same", "share_pct of wave year_2024", "the newest share")),
        (("--figure", "tog_fb_views", "--metric", "reason"), ("not added", "no sum: words that the rules")),
        (("--survey", "chooses_optimal_definition", "--metric", "last_share_pct"), ("the same", "no sum")),
    ],
)
def test_the_command_explains_targets_figures_and_surveys(
    demo: tuple[Path, str], arguments: tuple[str, ...], said: tuple[str, ...]
) -> None:
    ran = subprocess.run(
        [str(COMMAND), "explain", "together", *arguments],
        cwd=demo[0],
        env={name: value for name, value in os.environ.items() if name != "COLUMNS"}
        | {"COLUMNS": "220"}
        | {"CAMPAIGN_REACH_CAMPAIGNS_DIR": str(PROJECT / "campaigns")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert [words for words in said if words not in ran.stdout] == []


def test_the_demo_comes_again_from_landing_alone_with_the_same_content_hash(demo: tuple[Path, str]) -> None:
    settings = settings_in(demo[0] / "var", campaigns_dir=PROJECT / "campaigns", now=MOMENT + timedelta(days=1))
    found = rebuild(settings)
    assert (found.is_same, found.differing) == (True, ())
    assert [one for one in verify(plan_verify(settings)) if one.is_wrong] == []


def test_each_aggregate_that_is_given_by_dimensions_can_be_asked_for() -> None:
    known = {*TABLES.values(), "agg_published_figures", "agg_survey_change"}
    assert {mart.name for mart in AGGREGATES} == known
