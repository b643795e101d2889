"""Erase: an object goes out of every store and never comes again; a search over all of them proves it."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.adapters.landing.envelope import Batch
from ingest.adapters.landing.forgetting import Forgotten
from ingest.adapters.landing.lines import open_landed
from ingest.adapters.landing.open_landing import erased_of, open_landing
from ingest.adapters.landing.removals import Removal, id_sha256
from ingest.adapters.queue.deliveries import Delivery
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.adapters.state import ClientState, SeenPost
from ingest.domain.cells import Cell
from ingest.domain.errors import SettingsInvalid
from ingest.sandbox.server import Sandbox
from ingest.settings import Settings
from ingest.steps.drain import drain_queue
from ingest.steps.erase import erase
from ingest.steps.explain import explain
from ingest.steps.follow import follow_events
from ingest.steps.notice import notice_changes
from ingest.steps.refresh import refresh_posts, refresh_stories
from ingest.steps.search import search
from ingest.steps.verify import plan_verify, verify
from tests.living_world import INSTAGRAM, NOW, PAGE, Clock, clock, reading, sandbox
from tests.steps.served_world import ask, run
from tests.steps.test_read_account import read
from tests.worked_example import OUR_PAGE, READ_AT, listing

__all__ = ["clock", "sandbox"]  # fixtures
POST = "900_2"


def mentioned_everywhere(settings: Settings) -> Path:
    """Every store mentions the post; gives the queue's file."""
    queue = SqliteQueue(Path(settings.queue_uri.removeprefix("sqlite:///")))
    change = {"field": "feed", "value": {"item": "post", "verb": "edited", "post_id": POST}}
    body = json.dumps({"object": "page", "entry": [{"id": "900", "time": 1, "changes": [change]}]}).encode()
    queue.create()
    queue.put_many([Delivery(body, READ_AT)])
    queue.close()
    drain_queue(settings)
    ClientState(settings.state_path).note_posts([SeenPost("900", POST, READ_AT)], at=READ_AT)
    settings.quarantine_dir.mkdir()
    (settings.quarantine_dir / "a.bin").write_text(f'{{"id": "{POST}"')
    (settings.quarantine_dir / "a.json").write_text('{"account_id": "900", "reason": "x", "seen_at": "2024-01-01"}')
    settings.logs_dir.mkdir(exist_ok=True)
    (settings.logs_dir / "campaign-reach.jsonl").write_text(f'{{"post_id": "{POST}"}}\n{{"event": "other"}}\n')
    return queue.path


@pytest.mark.timeout(600)
def test_an_erased_post_is_in_no_store_and_the_rest_stays(served: Settings) -> None:
    queue = mentioned_everywhere(served)
    assert all(one.found for one in search(served, POST))
    published = Path(served.published_uri)
    shutil.copytree(published, served.warehouse_path.parent / "2024-10-14")
    day = published / "as_of" / "2024-10-14"
    day.parent.mkdir()
    (served.warehouse_path.parent / "2024-10-14").rename(day)
    (day.parent / "2024-02-10").mkdir()
    (day.parent / "2024-02-10" / "other.csv").write_text("900_1")
    before = served.published_uri, ask(served.warehouse_path, "select count(*) from raw.posts")[0][0]

    erased = erase(served, POST)

    assert erased.is_gone, erased.proof
    assert len(erased.proof) == 6
    assert (len(erased.versions), erased.imported_files) == (2, ())
    assert erased.versions[-1] == "as_of/2024-10-14"
    assert sorted(one.name for one in day.parent.iterdir()) == ["2024-02-10"]
    assert ask(served.warehouse_path, "select count(*) from raw.posts") == [(before[1] - 1,)]
    assert ask(
        Path(served.published_uri) / "campaign_reach.duckdb", "select sum(views) from marts.agg_campaign_reach"
    ) == [(5120 - 2500,)]
    assert "other" in (served.logs_dir / "campaign-reach.jsonl").read_text()
    with closing(sqlite3.connect(queue)) as file:
        assert file.execute("select state, body from deliveries").fetchall() == [("done", None)]
    proof = explain(served, Cell("lights", post_id="900_1"))
    assert proof.agrees
    assert any(one.endswith("was rewritten: erased on 2024-10-15") for one in proof.notes)
    shutil.rmtree(day.parent)
    found = verify(plan_verify(served))
    assert [one for one in found if one.is_wrong] == []
    assert any(one.what.startswith("erased on 2024-10-15: ") for one in found)


def test_what_was_erased_never_lands_again(served: Settings) -> None:
    landing = open_landing(served)
    removal = Removal("2024-10-15T06:00:00Z", "erased", id_sha256(POST), ())
    landing.put_new(removal.key, removal.as_bytes())
    assert erased_of(landing).names(f"…/{POST}_777/…")
    assert not erased_of(landing).names("900_22 900")
    at = READ_AT + timedelta(days=1)
    key = open_landing(served).write(Batch("api", "facebook", "900", at, tuple(listing("facebook", "900", OUR_PAGE))))
    text = b"\n".join(open_landed(landing, key).lines).decode()
    assert (POST in text, "900_1" in text, "900_5" in text) == (False, True, True)


STORY = "18000000000000777"


def test_posts_reels_and_stories_that_were_erased_are_asked_for_no_more_and_remembered_nowhere(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    post, other = sandbox.world.posts_of(INSTAGRAM, NOW)[:2]
    reel = next(one for one in sandbox.world.posts_of(PAGE, NOW) if one.media_format == "reel")
    story = replace(post, post_id=STORY, media_format="story", published_at=NOW - timedelta(hours=1))
    posts, finals = {**sandbox.world.posts, STORY: story}, {**sandbox.world.finals, STORY: story.facts}
    sandbox.graph.world = replace(sandbox.world, posts=posts, finals=finals)
    settings, erased = reading(tmp_path, sandbox), (post.post_id, reel.post_id, STORY)
    for object_id in erased:
        removal = Removal("2024-02-18T12:00:00Z", "erased", id_sha256(object_id), ())
        open_landing(settings).put_new(removal.key, removal.as_bytes())
    for hours in (0, 2, 21):
        clock.now = NOW + timedelta(hours=hours)
        settings = reading(tmp_path, sandbox, most_calls=200)
        notice_changes(settings)
        follow_events(settings)
        asked = [*read(settings, INSTAGRAM), *read(settings, PAGE)]
        assert {"stories", "media", "published_posts"} <= {line["request"]["edge"] for line in asked}  # type: ignore[index]
        assert "erased" not in {line["request"]["edge"] for line in asked}  # type: ignore[index]
    assert [one for object_id in erased for one in search(settings, object_id) if one.found] == []
    refresh_posts(settings, INSTAGRAM, "instagram", {other.post_id: False})
    before = sandbox.graph.requests
    assert refresh_posts(settings, INSTAGRAM, "instagram", {post.post_id: True}) == ([], set())
    assert refresh_stories(settings, INSTAGRAM, "instagram", [STORY]) == []
    assert sandbox.graph.requests == before
    assert refresh_stories(settings, INSTAGRAM, "instagram", [other.post_id])  # whoever was not erased is asked for


def test_an_answer_loses_what_mentions_the_object_and_nothing_else() -> None:
    gone = Forgotten.of("77")
    assert Forgotten.of("777").without({"data": [{"id": "777"}, {"id": "778", "n": None}], "x": "777 likes"}) is None
    body = {"data": [{"id": "1", "from": {"id": "777"}, "comments": [{"id": "2_777"}, {"id": "777_3"}]}], "n": None}
    left = {"data": [{"id": "1", "comments": [{"id": "2_777"}]}], "n": None}
    assert Forgotten.of("777").without(body) == left
    assert gone.without(body) == body


@pytest.mark.parametrize(
    ("object_id", "said"), [("x y", "is no id"), ("17841900", "names 17841900: take it out there, then erase it")]
)
def test_what_cannot_be_erased_is_one_message(served: Settings, object_id: str, said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        erase(served, object_id)


def test_the_command_asks_first(served: Settings) -> None:
    ran = run(served, "erase", "--object", POST)
    assert ran.returncode == 1
    assert search(served, POST)[0].found
