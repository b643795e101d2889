"""Explain: every cell of every aggregate, added again from the landed lines by code that is not the marts' SQL."""

import json
import shutil
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
import yaml
import zstandard

from ingest.adapters.landing.envelope import Batch
from ingest.adapters.landing.open_landing import open_landing
from ingest.domain import people
from ingest.domain.cells import MEASURES, TABLES, Cell
from ingest.domain.errors import NothingYet, SettingsInvalid
from ingest.settings import PROJECT, Settings
from ingest.steps.explain import explain, explain_figure
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.publish import publish_all
from tests.conftest import WORKED_EXAMPLE as CAMPAIGNS
from tests.conftest import settings_in
from tests.steps.served_world import run
from tests.worked_example import OUR_PAGE, READ_AT, land_worked_example, listing


def cells_of(settings: Settings, dimensions: tuple[str, ...]) -> list[Cell]:
    """Every cell of an aggregate that can be explained."""
    names = ", ".join(("campaign_id", *dimensions))
    with duckdb.connect(str(Path(settings.published_uri) / "campaign_reach.duckdb"), read_only=True) as marts:
        rows = marts.execute(f"select {names} from marts.{TABLES[dimensions]}").fetchall()
        columns = {name for name, *_ in marts.execute(f"describe marts.{TABLES[dimensions]}").fetchall()}
    metrics = [metric for metric in MEASURES if metric in columns]
    return [Cell(row[0], metric, **dict(zip(dimensions, row[1:], strict=True))) for row in rows for metric in metrics]


@pytest.mark.parametrize("dimensions", TABLES, ids=TABLES.values())
def test_every_cell_of_an_aggregate_is_added_again_from_landing(served: Settings, dimensions: tuple[str, ...]) -> None:
    files = (served.warehouse_path, *Path(served.published_uri).glob("versions/*/campaign_reach.duckdb"))
    with ExitStack() as stack:  # as long as a file is open, opening it again costs nothing
        for file in files:
            stack.enter_context(duckdb.connect(str(file), read_only=True))
        found = [(cell, explain(served, cell)) for cell in cells_of(served, dimensions)]
    assert len(found) >= 14
    assert {cell: one.differences for cell, one in found if not one.agrees} == {}
    assert all(one.table == TABLES[dimensions] for _, one in found)
    assert any(one.published for _, one in found)


def test_the_tree_goes_from_the_sum_to_the_landed_line(served: Settings) -> None:
    found = explain(served, Cell("lights", "duplicated_reach", platform="facebook", phase_id="spring"))
    assert (found.published, found.landed) == (2100, 2100)
    post = next(post for post in found.posts if post.post_id == "900_2")
    (leaf,) = post.leaves
    assert (leaf.published, leaf.definition, leaf.graph_name) == (1500, "viewers", "post_total_media_view_unique")
    assert leaf.fetched_at == "2024-10-15T06:00:00Z"
    assert post.attribution_rule == "hashtag"
    file = next(file for file in found.files if file.file == leaf.file)
    line = next(line for line in file.lines if line.line_no == leaf.line_no)
    assert (line.request["edge"], line.graph_version, line.is_true) == ("published_posts", "v26.0", True)
    assert file.sha256 == file.sha256_when_loaded
    assert found.publication["gates"]["candidate_publication"] == "passed"
    assert found.rules.hashtags == ("#Гэрэл",)


def test_a_post_that_reports_nothing_says_why(served: Settings) -> None:
    found = explain(served, Cell("lights", "posts_without_reach"))
    (post,) = (post for post in found.posts if post.published is None)
    assert (post.post_id, post.leaves[0].status, found.landed) == ("901_3", "withheld", 1)


def test_a_part_of_a_cell_and_a_metric_of_posts_are_explained_too(served: Settings) -> None:
    found = explain(served, Cell("lights", "reactions", content_type="poster", ownership="own"))
    assert (found.table, found.agrees) == (None, True)
    paid = explain(served, Cell("lights", "views_paid", post_id="900_1"))
    assert (paid.published, paid.landed) == (200, 200)
    (leaf,) = paid.posts[0].leaves
    assert (leaf.definition, leaf.line_no) == ("media_views_from_ads", 4)


def test_a_number_that_was_changed_in_the_publication_is_found_out(served: Settings) -> None:
    root = Path(served.published_uri)
    version = json.loads((root / "manifest.json").read_text())["folder"]
    database = root / version / "campaign_reach.duckdb"
    database.chmod(0o644)
    with duckdb.connect(str(database)) as marts:
        marts.execute("update marts.agg_campaign_reach set views = views + 1")
    found = explain(served, Cell("lights"))
    assert found.differences == ["published is 5,121, the landed lines give 5,120"]


def test_a_landed_number_that_was_changed_is_found_out_with_its_post_and_file(served: Settings) -> None:
    key = explain(served, Cell("lights", post_id="900_1")).posts[0].leaves[0].file or ""
    path = Path(served.landing_uri) / key
    lines = zstandard.ZstdDecompressor().decompress(path.read_bytes())
    path.write_bytes(zstandard.ZstdCompressor().compress(lines.replace(b'"value": 1000', b'"value": 1001', 1)))
    differences = explain(served, Cell("lights")).differences
    assert differences == [
        "published is 5,120, the landed lines give 5,121",
        "post 900_1: views is published as 1,000, the landed line says 1,001",
        f"{key} has other bytes than when it was loaded: campaign-reach verify",
    ]


def test_a_landed_file_that_is_gone_is_named(served: Settings) -> None:
    key = explain(served, Cell("lights", post_id="901_3")).posts[0].leaves[0].file or ""
    (Path(served.landing_uri) / key).unlink()
    found = explain(served, Cell("lights", post_id="901_3"))
    assert not found.agrees
    assert any(key in one and "cannot be read" in one for one in found.differences)


def test_what_was_loaded_after_the_publication_changes_nothing(served: Settings) -> None:
    more = replace(OUR_PAGE[0], insights={**OUR_PAGE[0].insights, "post_media_view": 9999})
    batch = Batch("api", "facebook", "900", READ_AT + timedelta(days=1), tuple(listing("facebook", "900", (more,))))
    open_landing(served).write(batch)
    load_landed(served)
    found = explain(served, Cell("lights"))
    assert (found.published, found.agrees) == (5120, True)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (Cell("nobody"), "No campaign is called nobody. There are: lights."),
        (Cell("lights", phase_id="winter"), "lights has no phase winter in the served version. There are: autumn, spr"),
        (Cell("lights", "likes"), "likes is no metric that can be explained. There are: views, impressions"),
        (Cell("lights", content_type="opera"), "lights has no content type opera"),
    ],
)
def test_what_there_is_not_is_one_message_that_says_what_there_is(served: Settings, cell: Cell, said: str) -> None:
    with pytest.raises(SettingsInvalid) as error:
        explain(served, cell)
    assert said in str(error.value)


def test_before_the_first_publication_there_is_nothing_to_explain(settings: Settings) -> None:
    with pytest.raises(NothingYet, match="Nothing is published yet"):
        explain(settings, Cell("lights"))


def test_a_published_figure_is_explained_as_it_stood_on_its_day(settings: Settings, tmp_path: Path) -> None:
    campaigns = tmp_path / "campaigns"
    shutil.copytree(CAMPAIGNS, campaigns)
    figure = {"phase_id": "spring", "qualifier": "exact", "unit": "views", "metric": "views", "scope": "facebook"}
    figure |= {"as_published": "so many views", "published_value": 3500, "source": "a page"}
    file = campaigns / "lights.yml"
    rules = yaml.safe_load(file.read_text())
    dated = [figure | {"figure_id": "then", "as_of_on": "2024-10-15"}, figure | {"figure_id": "ever"}]
    file.write_text(yaml.safe_dump(rules | {"published_figures": dated}, allow_unicode=True))
    world = settings_in(tmp_path, campaigns_dir=campaigns, now=READ_AT + timedelta(days=30))
    land_registry(world)
    land_worked_example(world)
    more = replace(OUR_PAGE[0], insights={**OUR_PAGE[0].insights, "post_media_view": 9999})
    later = READ_AT + timedelta(days=20)
    open_landing(world).write(Batch("api", "facebook", "900", later, tuple(listing("facebook", "900", (more,)))))
    publish_all(world)
    then, ever = (explain_figure(world, "lights", name) for name in ("then", "ever"))
    assert (then.published, then.landed, then.differences) == (3500, 3500, [])
    assert (ever.published, ever.landed, ever.differences) == (12499, 12499, [])


def test_a_figure_that_is_not_there_names_those_that_are(served: Settings) -> None:
    with pytest.raises(SettingsInvalid, match="lights has no published figure nothing"):
        explain_figure(served, "lights", "nothing")


def test_the_model_of_people_has_the_same_constants_in_dbt() -> None:
    variables = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text())["vars"]
    low, high = people.PLAUSIBLE
    own = {"q_across_accounts": people.ACROSS_ACCOUNTS, "plausible_low": low, "plausible_high": high}
    assert own == {name: variables[name] for name in own}


def test_the_command_prints_the_tree_or_json_and_its_status_says_whether_it_holds(served: Settings) -> None:
    ran = run(served, "explain", "lights", "--platform", "instagram")
    assert (ran.returncode, "added again from landing: 420, the same" in ran.stdout) == (0, True)
    assert "landed in [1] line 2" in ran.stdout
    next(Path(served.landing_uri).rglob("api/instagram/**/*.zst")).unlink()
    ran = run(served, "explain", "lights", "--json")
    facts = json.loads(ran.stdout)
    assert (ran.returncode, facts["agrees"], facts["published"], len(facts["posts"])) == (1, False, 5120, 6)
