"""From a delivery to a landed number: each event asks for one thing, and is done when that has landed."""

import json
import random
import sqlite3
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

from ingest.adapters.publication.folder import FolderPublication
from ingest.adapters.queue.deliveries import LEASE, Delivery
from ingest.adapters.queue.event_store import EventStore
from ingest.adapters.queue.open_queue import open_events, queue_path
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.adapters.state import ClientState, Quota
from ingest.domain.errors import StorageFailed
from ingest.sandbox.server import Sandbox
from ingest.sandbox.staging import WorldPost
from ingest.sandbox.webhooks import as_sent, badly_delivered, deliveries_of, hint_entry, post_entry
from ingest.settings import Settings
from ingest.steps.follow import follow_and_publish, follow_events, work_mark
from ingest.steps.load import load_landed
from ingest.steps.notice import notice_changes
from tests.events.notifications import INSTAGRAM, PAGE, of_instagram, of_page, page_feed, story
from tests.living_world import NOW, Clock, clock, raw, reading, sandbox

__all__ = ["clock", "sandbox"]  # fixtures


def place(folder: Path, sandbox: Sandbox) -> Settings:
    settings = reading(folder, sandbox)
    SqliteQueue(queue_path(settings)).create()
    return settings


def put(settings: Settings, *bodies: bytes) -> None:
    SqliteQueue(queue_path(settings)).put_many([Delivery(body, settings.clock()) for body in bodies])


def posts(sandbox: Sandbox, account: str = PAGE) -> list[WorldPost]:
    return sandbox.world.posts_of(account, sandbox.graph.clock())


def states(settings: Settings) -> Counter[str]:
    return Counter(open_events(settings).counts())


VIEWS = "select object_id, value::bigint from raw.snapshots where graph_name = 'post_media_view' order by all"


def test_a_new_post_is_read_alone_and_its_event_is_done(tmp_path: Path, sandbox: Sandbox) -> None:
    settings, post = place(tmp_path, sandbox), posts(sandbox)[0]
    put(settings, as_sent({"object": "page", "entry": [post_entry(post)]}))
    assert work_mark(settings)
    followed = follow_events(settings)
    assert (followed.done, followed.posts) == (1, 1)
    assert raw(settings, VIEWS) == [(post.post_id, sandbox.world.value(post, "views", NOW))]
    assert states(settings) == {"done": 1}
    assert follow_events(settings).keys == ()


def test_an_empty_queue_is_left_at_once(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = place(tmp_path, sandbox)
    notice_changes(settings)
    follow_events(settings)  # the campaign files land, the first time
    load_landed(settings)
    calls = sandbox.graph.requests
    assert not work_mark(settings)
    assert follow_and_publish(settings) is None
    assert sandbox.graph.requests == calls
    assert not Path(settings.published_uri).exists()


def test_five_hundred_reactions_to_one_post_are_one_reading(tmp_path: Path, sandbox: Sandbox) -> None:
    settings, post = place(tmp_path, sandbox), posts(sandbox)[0]
    put(settings, *deliveries_of(("page", hint_entry(post, n, at=NOW)) for n in range(500)))
    before = sandbox.graph.calls.get(PAGE, 0)
    followed = follow_events(settings)
    assert (followed.done, followed.posts) == (500, 1)
    assert sandbox.graph.calls[PAGE] - before == 1


def test_a_lively_discussion_is_read_every_five_minutes(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    post = posts(sandbox)[0]
    readings = []
    for minute in range(12):
        clock.now = NOW + timedelta(minutes=minute)
        settings = place(tmp_path, sandbox)
        put(settings, *deliveries_of([("page", hint_entry(post, minute, at=clock.now))]))
        readings.append(follow_events(settings).posts)
    assert [minute for minute, read in enumerate(readings) if read] == [0, 5, 10]
    clock.now = NOW + timedelta(minutes=15)
    settings = place(tmp_path, sandbox)
    follow_events(settings)
    assert states(settings) == {"done": 12}


def test_f52_a_post_that_meta_does_not_show_yet_is_asked_for_again_before_it_counts_as_deleted(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    post, gone = posts(sandbox)[:2]
    sandbox.graph.deleted |= {post.post_id, gone.post_id}
    settings = place(tmp_path, sandbox)
    put(settings, as_sent({"object": "page", "entry": [post_entry(post), post_entry(gone)]}))
    asked = []
    for minute in range(40):
        clock.now = NOW + timedelta(minutes=minute)
        if minute == 3:
            sandbox.graph.deleted -= {post.post_id}
        before = sandbox.graph.requests
        settings = place(tmp_path, sandbox)
        follow_events(settings)
        asked += [minute] * (sandbox.graph.requests > before)
    assert asked == [0, 1, 5, 30]
    assert states(settings) == {"done": 2}
    rows = raw(settings, "select object_id, reason from raw.snapshots where graph_name = 'post_media_view'")
    assert sorted(rows, key=str) == sorted([(post.post_id, None), (gone.post_id, "post_deleted")], key=str)


def test_a_removed_post_counts_as_deleted_at_once(tmp_path: Path, sandbox: Sandbox) -> None:
    settings, post = place(tmp_path, sandbox), posts(sandbox)[0]
    sandbox.graph.deleted.add(post.post_id)
    put(settings, as_sent({"object": "page", "entry": [post_entry(post, verb="remove")]}))
    assert follow_events(settings).done == 1
    assert raw(settings, "select distinct reason from raw.snapshots") == [("post_deleted",)]


def test_f53_what_no_campaign_asks_for_is_kept_and_counted(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = place(tmp_path, sandbox)
    test_event = {"id": "0", "time": 1, "changes": [{"field": "feed", "value": {"post_id": "44_44"}}]}
    put(settings, of_page(page_feed("999_1", page="999"), test_event), b"no json at all")
    calls = sandbox.graph.requests
    assert follow_events(settings).keys == ()
    assert sandbox.graph.requests == calls
    assert states(settings) == {"quarantined": 3}
    assert {event.reason for event in open_events(settings).listed()} == {
        "no campaign names this account", "a test event", "it is no JSON",
    }  # fmt: skip


def test_f54_what_was_never_delivered_is_found_by_the_sweep(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    from ingest.steps.plan import plan_refresh
    from ingest.steps.refresh import refresh_account

    settings = place(tmp_path, sandbox)
    for row in plan_refresh(settings):
        if row["account_id"] == PAGE:
            refresh_account(settings, row)
    clock.now += timedelta(days=2)
    missed = {post.post_id for post in posts(sandbox) if post.published_at > NOW}
    assert missed
    settings = place(tmp_path, sandbox)
    for row in plan_refresh(settings):
        if row["account_id"] == PAGE:
            refresh_account(settings, row)
    assert missed <= {str(one) for (one,) in raw(settings, "select post_id from raw.posts")}


def test_the_numbers_of_a_story_land_and_minus_one_is_unknown(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = place(tmp_path, sandbox)
    put(settings, of_instagram(story("18000000000000009")))
    calls = sandbox.graph.requests
    assert follow_events(settings).done == 1
    assert sandbox.graph.requests == calls
    rows = raw(settings, "select graph_name, value, reason, source, account_id from raw.snapshots order by all")
    assert rows == [
        ("reach", "396", None, "webhook", INSTAGRAM),
        ("replies", None, "withheld", "webhook", INSTAGRAM),
        ("taps_back", None, "withheld", "webhook", INSTAGRAM),
        ("views", "444", None, "webhook", INSTAGRAM),
    ]


def test_no_name_and_no_text_of_anybody_lands(tmp_path: Path, sandbox: Sandbox) -> None:
    settings, post = place(tmp_path, sandbox), posts(sandbox)[0]
    put(settings, of_page(page_feed(post.post_id, item="comment", comment_id="1_2", message="canary-text")))
    keys = [key for key in follow_events(settings).keys if key.startswith("webhook/")]
    (landed,) = [
        zstandard.ZstdDecompressor().decompress((Path(settings.landing_uri) / key).read_bytes()) for key in keys
    ]
    assert b"canary-text" not in landed
    assert b"\\u0411\\u0430\\u0442" not in landed
    assert "Бат".encode() not in landed
    assert post.post_id.encode() in landed


def test_a_drain_that_died_after_landing_lands_nothing_twice(tmp_path: Path, sandbox: Sandbox) -> None:
    """The deliveries come again in other company: their batch has another content then."""
    from ingest.adapters.landing.folder import FolderLanding

    settings, found = place(tmp_path, sandbox), posts(sandbox)
    bodies = [as_sent({"object": "page", "entry": [post_entry(post)]}) for post in found[:3]]
    put(settings, *bodies[:2])
    store = EventStore(settings.events_path)
    store.add_delivered({}, at=NOW)
    with sqlite3.connect(settings.events_path) as file:
        file.execute("create trigger dies before insert on drained begin select raise(abort, 'dies here'); end")
    with pytest.raises(StorageFailed, match="dies here"):
        follow_events(settings)
    with sqlite3.connect(settings.events_path) as file:
        file.execute("drop trigger dies")
    assert store.noted_batches([Delivery(bodies[0], NOW).sha256])
    put(settings, bodies[2])
    later = settings.model_copy(update={"now": NOW + LEASE})
    assert follow_events(later).done == 3
    lines = Counter(
        line["request"]["params"]["delivery_sha256"]
        for key in FolderLanding(Path(settings.landing_uri)).landed_keys()
        if key.startswith("webhook/")
        for line in landed_lines(Path(settings.landing_uri) / key)
    )
    assert lines == Counter(Delivery(body, NOW).sha256 for body in bodies)
    assert not store.noted_batches([Delivery(bodies[0], NOW).sha256])
    raw(later, VIEWS)  # the ledgers add up


def landed_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in zstandard.ZstdDecompressor().decompress(path.read_bytes()).splitlines()]


def test_a_full_disk_leaves_the_deliveries_waiting_and_nobody_dies(tmp_path: Path, sandbox: Sandbox) -> None:
    settings, post = place(tmp_path, sandbox), posts(sandbox)[0]
    put(settings, as_sent({"object": "page", "entry": [post_entry(post)]}))
    in_the_way = Path(settings.landing_uri)
    in_the_way.write_text("no folder", encoding="utf-8")
    for _ in range(8):
        with pytest.raises(StorageFailed):
            follow_events(settings)
    in_the_way.unlink()
    assert follow_events(settings).done == 1


def test_an_account_that_rests_lets_its_events_rest(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    settings, post = place(tmp_path, sandbox), posts(sandbox)[0]
    ClientState(settings.state_path).note_quota(Quota(PAGE, 100, NOW + timedelta(minutes=20), NOW))
    put(settings, as_sent({"object": "page", "entry": [post_entry(post)]}))
    calls = sandbox.graph.calls.get(PAGE, 0)
    assert follow_events(settings).done == 0
    assert sandbox.graph.calls.get(PAGE, 0) == calls
    clock.now += timedelta(minutes=21)
    assert follow_events(place(tmp_path, sandbox)).done == 1


def test_an_unreachable_graph_leaves_the_events_waiting(tmp_path: Path, sandbox: Sandbox, clock: Clock) -> None:
    from ingest.adapters.graph import access

    post = posts(sandbox)[0]
    settings = place(tmp_path, sandbox).model_copy(update={"graph_url": "http://127.0.0.1:9"})
    access._kept.clear()
    put(settings, as_sent({"object": "page", "entry": [post_entry(post)]}))
    for minute in range(0, 4, 2):
        clock.now = NOW + timedelta(minutes=minute)
        follow_events(settings.model_copy(update={"now": clock.now}))
        assert states(settings) == {"waiting": 1}
    assert [event.attempts for event in open_events(settings).listed()] == [0]  # so that it never dies of this
    clock.now += timedelta(minutes=2)
    assert follow_events(place(tmp_path, sandbox)).done == 1


@pytest.mark.parametrize("seed", range(3))
def test_any_duplication_and_order_of_deliveries_lands_the_same_facts(
    tmp_path: Path, sandbox: Sandbox, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a world, no secret
    chosen = posts(sandbox)[:6]
    entries = [("page", post_entry(post)) for post in chosen]
    entries += [("page", hint_entry(dice.choice(chosen), n, at=NOW)) for n in range(40)]
    facts = "select distinct object_id, graph_name, value, reason from raw.snapshots order by all"
    plain = place(tmp_path / "plain", sandbox)
    put(plain, *deliveries_of(entries, per_post=3))
    follow_events(plain)
    bad = place(tmp_path / "bad", sandbox)
    for body in badly_delivered(deliveries_of(entries, per_post=3), seed=seed):
        put(bad, body)
        if dice.random() < 0.3:
            follow_events(bad)
    follow_events(bad)
    assert raw(bad, facts) == raw(plain, facts)
    ids = ({one for one, _, _ in open_events(settings).states()} for settings in (plain, bad))
    assert next(ids) == next(ids)
    assert states(bad)["waiting"] + states(bad)["done"] == states(plain)["done"]


@pytest.mark.timeout(600)  # two whole builds
def test_no_doorbell_at_all_or_ten_rings_each_and_any_duplication_and_order_give_the_same_marts(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    chosen = posts(sandbox)[:8]
    entries = [("page", post_entry(post)) for post in chosen]
    entries += [("page", hint_entry(post, number, at=NOW)) for number, post in enumerate(chosen * 3)]
    bodies = deliveries_of(entries, per_post=4)
    swept, rung = place(tmp_path / "swept", sandbox), place(tmp_path / "rung", sandbox)
    put(swept, *bodies)
    for body in badly_delivered(bodies, seed=3, twice=0.5):
        put(rung, body)
        for _ in range(10):
            follow_events(rung)
    hashes = []
    for settings in (swept, rung):
        follow_and_publish(settings)
        served = FolderPublication(Path(settings.published_uri), keep=5).served()
        assert served
        hashes.append(served.content_hash)
    assert hashes[0] == hashes[1]
    assert sorted(raw(rung, VIEWS)) == sorted(raw(swept, VIEWS)) != []


def test_subscribing_asks_for_the_fields_and_checks_them(tmp_path: Path, sandbox: Sandbox) -> None:
    from ingest.adapters.graph.subscriptions import subscribe_page, unsubscribe_page

    settings = place(tmp_path, sandbox)
    assert subscribe_page(settings, PAGE) == ("feed", "mention")
    assert sandbox.graph.subscriptions.by_page == {PAGE: ("feed", "mention")}
    assert unsubscribe_page(settings, PAGE) == ()
    assert sandbox.graph.subscriptions.by_page == {}


def test_a_field_that_meta_did_not_take_is_said_though_it_took_the_call(tmp_path: Path, sandbox: Sandbox) -> None:
    """Meta says success, and tells of fewer fields when it is asked."""
    from ingest.adapters.graph.subscriptions import subscribe_page
    from ingest.domain.errors import RequestRefused
    from ingest.sandbox.subscriptions import Subscriptions

    class Forgetful(dict[str, tuple[str, ...]]):
        def __setitem__(self, page: str, fields: tuple[str, ...]) -> None:
            super().__setitem__(page, fields[:1])

    sandbox.graph.subscriptions = Subscriptions(Forgetful())
    with pytest.raises(RequestRefused, match=f"does not tell mention of Page {PAGE}.*pages_manage_metadata"):
        subscribe_page(place(tmp_path, sandbox), PAGE)
