"""What changes without a webhook is noticed: files, campaign files, new posts on Instagram, stories that end."""

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.adapters.queue.open_queue import open_events
from ingest.adapters.state import ClientState, Quota
from ingest.domain.errors import RegistryInvalid
from ingest.domain.events import Event
from ingest.sandbox.control import Control
from ingest.sandbox.server import Sandbox
from ingest.settings import PROJECT, Settings
from ingest.steps.follow import follow_events, oldest_unacknowledged, work_mark
from ingest.steps.notice import notice_changes
from ingest.steps.plan import plan_refresh
from ingest.steps.refresh import refresh_account
from tests.conftest import settings_in
from tests.events.notifications import INSTAGRAM
from tests.living_world import NOW, Clock, clock, reading, sandbox

if TYPE_CHECKING:
    from ingest.adapters.s3 import Bucket

__all__ = ["clock", "sandbox"]  # fixtures

LONG_AGO = NOW.timestamp() - 1e6


def place(folder: Path, sandbox: Sandbox | None = None, **more: object) -> Settings:
    """Settings with campaign files of their own, and a drop folder."""
    campaigns = folder / "campaigns"
    if not campaigns.exists():
        shutil.copytree(PROJECT / "campaigns", campaigns)
        (folder / "drop").mkdir()
    more["campaigns_dir"] = campaigns
    return reading(folder, sandbox, **more) if sandbox else settings_in(folder, **({"now": NOW} | more))


def drop(settings: Settings, name: str, content: str = "a;b") -> Path:
    path = Path(settings.drop_uri) / name
    path.write_text(content, encoding="utf-8")
    os.utime(path, (LONG_AGO, LONG_AGO + len(content)))
    return path


def events(settings: Settings, kind: str) -> list[Event]:
    return sorted(
        (one for one in open_events(settings).listed(most=999) if one.kind == kind), key=lambda one: one.object_id
    )


def read(settings: Settings, account_id: str) -> None:
    for row in plan_refresh(settings, everything=True):
        if row["account_id"] == account_id:
            refresh_account(settings, row)


def test_a_dropped_file_is_an_event_and_what_is_no_table_goes_to_quarantine(tmp_path: Path) -> None:
    settings = place(tmp_path)
    notice_changes(settings)
    follow_events(settings)
    assert not work_mark(settings)
    drop(settings, "export.csv")
    assert work_mark(settings)
    notice_changes(settings)
    follow_events(settings)
    (event,) = events(settings, "file")
    assert (event.object_id, event.verb, event.state) == ("export.csv", "arrived", "quarantined")
    assert "export.csv is of no product that is known" in event.reason
    assert not work_mark(settings)  # nobody is rung for what only a person can mend
    notice_changes(settings)
    assert len(events(settings, "file")) == 1


def test_a_file_is_noticed_again_when_it_has_another_content_and_not_while_it_grows(tmp_path: Path) -> None:
    settings = place(tmp_path)
    path = drop(settings, "export.csv")
    notice_changes(settings)
    drop(settings, "export.csv", "a;b;c")
    notice_changes(settings)
    assert len(events(settings, "file")) == 2
    path.write_text("a;b;c;d", encoding="utf-8")
    for name in (".hidden.csv", "half.csv.part"):
        drop(settings, name)
    notice_changes(settings)
    assert len(events(settings, "file")) == 2


def test_a_file_below_an_s3_prefix_is_noticed_by_the_sweep(tmp_path: Path, bucket: "Bucket") -> None:
    bucket.put_new("drop/export.csv", b"a;b")
    uri = {"drop_uri": f"s3://{bucket.name}/drop", "aws_endpoint_url": str(bucket.endpoint_url)}
    notice_changes(place(tmp_path, **uri))
    assert [one.object_id for one in events(place(tmp_path), "file")] == ["export.csv"]
    bucket.put_new("drop/second.csv", b"a;b")
    notice_changes(place(tmp_path, now=NOW + timedelta(seconds=30), **uri))
    assert len(events(place(tmp_path), "file")) == 1  # not listed at every ring
    notice_changes(place(tmp_path, now=NOW + timedelta(minutes=1), **uri))
    assert len(events(place(tmp_path), "file")) == 2


def test_a_changed_campaign_file_lands_by_itself(tmp_path: Path) -> None:
    settings = place(tmp_path)
    notice_changes(settings)
    assert [key.split("/")[0] for key in follow_events(settings).keys] == ["registry"]
    assert not work_mark(settings)
    path = settings.campaigns_dir / "together.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("Together", "Together again"), encoding="utf-8")
    assert work_mark(settings)
    later = place(tmp_path, now=NOW + timedelta(seconds=1))
    notice_changes(later)
    assert len(follow_events(later).keys) == 1
    assert {one.state for one in events(settings, "campaign")} == {"done"}


def test_a_campaign_file_that_cannot_be_read_is_said_and_not_rung_for_without_end(tmp_path: Path) -> None:
    settings = place(tmp_path)
    path = settings.campaigns_dir / "together.yml"
    whole = path.read_text(encoding="utf-8")
    path.write_text("campaign_id: [", encoding="utf-8")
    notice_changes(settings)
    with pytest.raises(RegistryInvalid, match=r"together\.yml"):
        follow_events(settings)
    assert not work_mark(settings)
    path.write_text(whole, encoding="utf-8")
    assert work_mark(settings)
    notice_changes(settings)
    assert len(follow_events(settings).keys) == 1


def test_a_new_post_on_instagram_is_found_by_one_call_and_read_in_the_same_run(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    settings = place(tmp_path, sandbox)
    read(settings, INSTAGRAM)
    notice_changes(settings)
    follow_events(settings)
    control = Control(sandbox.graph)
    post = control.post_up(INSTAGRAM, "#Хамтдаа")
    clock.now += timedelta(minutes=10)
    settings = place(tmp_path, sandbox)
    before = sandbox.graph.requests
    notice_changes(settings)
    followed = follow_events(settings)
    assert followed.posts == 1
    assert sandbox.graph.requests - before == 2  # the poll, and the post
    assert [(one.object_id, one.state) for one in events(settings, "post")] == [(post.post_id, "done")]


def test_a_poll_comes_every_ten_minutes_and_only_while_a_campaign_is_active(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    read(place(tmp_path, sandbox), INSTAGRAM)
    polls = []
    for minute in range(0, 31, 3):
        clock.now = NOW + timedelta(minutes=minute)
        settings = place(tmp_path, sandbox)
        before = sandbox.graph.requests
        notice_changes(settings)
        follow_events(settings)
        polls += [minute] * (sandbox.graph.requests - before)
    assert polls == [0, 12, 24]
    clock.now = NOW + timedelta(days=60)
    settings = place(tmp_path, sandbox)
    before = sandbox.graph.requests
    notice_changes(settings)
    follow_events(settings)
    assert sandbox.graph.requests == before
    assert events(settings, "sweep") == []  # what the clock asked for is forgotten


def test_an_account_that_rests_is_not_polled(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    settings = place(tmp_path, sandbox)
    read(settings, INSTAGRAM)
    ClientState(settings.state_path).note_quota(Quota(INSTAGRAM, 100, NOW + timedelta(minutes=20), NOW))
    before = sandbox.graph.requests
    notice_changes(settings)
    follow_events(settings)
    assert sandbox.graph.requests == before
    assert [one.state for one in events(settings, "sweep")] == ["waiting"]


def test_a_story_is_read_two_hours_before_it_ends(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    other = next(one for one in sandbox.world.posts.values() if one.account_id == INSTAGRAM)
    story = replace(other, post_id="18000000000000777", media_format="story", published_at=NOW - timedelta(hours=1))
    world = sandbox.graph.world
    sandbox.graph.world = replace(
        world, posts={**world.posts, story.post_id: story}, finals={**world.finals, story.post_id: story.facts}
    )
    settings = place(tmp_path, sandbox)
    read(settings, INSTAGRAM)
    readings = []
    for hour in range(24):
        clock.now = NOW + timedelta(hours=hour, minutes=1)
        settings = place(tmp_path, sandbox)
        notice_changes(settings)
        readings += [hour] * follow_events(settings).posts
    assert readings == [21]
    (event,) = [one for one in events(settings, "sweep") if one.object_id]
    assert (event.state, event.received_at) == ("done", NOW + timedelta(hours=21))


def test_the_oldest_event_that_waits_is_known_and_what_is_not_due_yet_is_not_old(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    settings = place(tmp_path, sandbox)
    notice_changes(settings)
    assert oldest_unacknowledged(settings) == NOW
    follow_events(settings)
    assert oldest_unacknowledged(settings) is None
    ending = Event("e", "", "sweep", "instagram", INSTAGRAM, "1", "story_ends", "read", NOW, NOW + timedelta(hours=22))
    open_events(settings).add_noticed([ending], {}, at=NOW)
    assert oldest_unacknowledged(settings) is None
    clock.now = NOW + timedelta(hours=23)
    assert oldest_unacknowledged(place(tmp_path, sandbox)) == NOW + timedelta(hours=22)
