"""One post that the API and an export both speak of: of one time the API wins, and what differs then is reported."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from ingest.adapters.landing.envelope import Batch, Received, Request
from ingest.adapters.landing.open_landing import open_landing
from ingest.settings import Settings
from ingest.steps.land_registry import land_registry
from ingest.steps.load import load_landed
from ingest.steps.run_dbt import run_dbt
from tests.exports.composed import EXPORTED, PAGE, brought_in, facebook_post, table, written


def said_by_the_api(settings: Settings, *, days_later: int = 0, **views: int) -> None:
    """What the API says of posts at the hour of the export, or days later, by their last digits."""
    posts = [
        {
            "id": f"{PAGE}_{122100000000000000 + int(number.removeprefix('post'))}",
            "created_time": "2026-11-20T04:15:00+0000",
            "message": "Хамтдаа #Хамтдаа",
            "insights": {
                "data": [{"name": "post_media_view", "period": "lifetime", "values": [{"value": value}]}],
            },
        }
        for number, value in views.items()
    ]
    answer = Received(
        Request("published_posts", PAGE, metrics=("post_media_view",)),
        json.dumps({"data": posts}).encode(),
        http_status=200,
        graph_version="v26.0",
    )
    read_at = EXPORTED + timedelta(days=days_later, hours=-2)
    open_landing(settings).write(Batch("api", "facebook", PAGE, read_at, (answer,)))


def test_of_one_day_the_api_wins_and_more_than_one_per_cent_is_reported(settings: Settings, tmp_path: Path) -> None:
    land_registry(settings)
    said_by_the_api(settings, post1=1000, post2=1000)
    load_landed(settings)
    rows = [facebook_post(1, Views="1,010"), facebook_post(2, Views="1,011"), facebook_post(3, Views="7")]
    brought_in(settings, written(tmp_path, table(rows)))
    served, differ = what_the_marts_say(settings)
    assert served == [("1", 1000, "api"), ("2", 1000, "api"), ("3", 7, "export")]
    assert differ == [("2", "views", 1000, 1011, 1.1)]


def test_what_a_post_gathers_after_its_export_is_no_difference(settings: Settings, tmp_path: Path) -> None:
    land_registry(settings)
    said_by_the_api(settings, post1=1000, post2=1000)
    said_by_the_api(settings, days_later=1, post1=5000, post2=5000)
    load_landed(settings)
    brought_in(settings, written(tmp_path, table([facebook_post(1, Views="1,010"), facebook_post(2, Views="1,200")])))
    served, differ = what_the_marts_say(settings)
    assert served == [("1", 5000, "api"), ("2", 5000, "api")]
    assert differ == [("2", "views", 1000, 1200, 20.0)]


def what_the_marts_say(settings: Settings) -> tuple[list[Any], list[Any]]:
    """The views of each post, and what the sources differ about, in the order of the posts."""
    assert run_dbt(settings, ["run", "--select", "+fct_post_metrics", "+rpt_source_differences"]).success
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        served = warehouse.execute(
            "select right(post_id, 1), value, source from marts.fct_post_metrics where metric = 'views' order by 1"
        ).fetchall()
        differ = warehouse.execute(
            "select right(post_id, 1), metric, api_value, export_value, difference_pct "
            "from marts.rpt_source_differences order by 1"
        ).fetchall()
    return served, differ
