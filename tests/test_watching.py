"""Watching: what has moved from one version to the next, and the clock by which ages are counted."""

import subprocess
import time
from datetime import timedelta
from pathlib import Path

from ingest.adapters.state import ClientState
from ingest.health import DEMO, PLAYED, read_health
from ingest.moved import moved
from ingest.settings import Settings, load_settings
from ingest.steps.publish import publish_marts
from tests.conftest import MOMENT, settings_in
from tests.steps.served_world import COMMAND, variables
from tests.two_campaigns import change, make_warehouse


def later(settings: Settings, minutes: int) -> Settings:
    return settings_in(settings.warehouse_path.parent, now=MOMENT + timedelta(minutes=minutes))


def test_only_sums_that_moved_are_said_with_their_difference() -> None:
    before = {"all posts": (3, 6_121, 5_000), "Lights": (2, 5_120, None), "Gone": (1, 1, 1)}
    after = {"all posts": (4, 20_121, 5_000), "Lights": (2, 5_120, 7), "New": (0, None, None)}
    assert list(moved(before, after)) == [
        "all posts: posts 3 → 4 (+1), views 6,121 → 20,121 (+14,000)",
        "Lights: duplicated reach unknown → 7",
        "New: posts unknown → 0",
        "Gone: posts 1 → unknown, views 1 → unknown, duplicated reach 1 → unknown",
    ]
    assert list(moved(before, before)) == []


def test_watching_says_what_moved_when_another_version_is_served(settings: Settings) -> None:
    make_warehouse(settings.warehouse_path)
    publish_marts(settings)
    command = [str(COMMAND), "status", "--watch", "--no-tokens"]
    watching = subprocess.Popen(
        command, env=variables(settings) | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True
    )
    assert watching.stdout
    try:
        for line in watching.stdout:
            if line.startswith("Watching"):
                break
        time.sleep(0.5)
        change(settings.warehouse_path, "update marts.dim_accounts set account_name = 'Other' where account_id = '101'")
        publish_marts(later(settings, 10))
        said = [next(watching.stdout) for _ in range(3)]
        assert "version 20261122T061000Z-" in said[1]
        assert said[2].strip() == "no sum of posts, views or reach has moved"
    finally:
        watching.kill()
        watching.communicate()


def test_after_the_demo_ages_are_counted_to_its_end_until_something_real_lands(tmp_path: Path) -> None:
    settings = load_settings(**(settings_in(tmp_path).model_dump() | {"now": None}))
    state = ClientState(settings.state_path)
    accounts = [reading for reading in read_health(settings, with_tokens=False) if reading.level == "warning"]
    assert accounts
    for reading in accounts:
        state.note_read(str(reading.facts["account_id"]), "listing", until=MOMENT)
    assert "warning" in {one.level for one in read_health(settings, with_tokens=False)}
    state.note_read(DEMO, PLAYED, until=MOMENT)
    readings = read_health(settings, with_tokens=False)
    assert {one.level for one in readings} == {"ok"}
    assert (readings[0].name, "2026-11-22 06:00 UTC on its own clock" in readings[0].found) == ("clock", True)
    real = tmp_path / "landing" / "api" / "facebook" / "1" / "2026-11-23" / "20261123T000000Z-0.ndjson.zst"
    real.parent.mkdir(parents=True)
    real.write_bytes(b"")
    assert "warning" in {one.level for one in read_health(settings, with_tokens=False)}
