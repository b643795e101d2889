"""Follow events: read what they ask for, land it, and only then call them done.

Many events that ask for one post are one reading. A post that Meta does not show yet is asked for again, after one,
five and thirty minutes, before it counts as deleted. An account that rests lets its events rest with it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from ingest.domain.errors import CampaignReachError, StorageFailed
from ingest.domain.events import HINT_EVERY, NOT_THERE_YET, OF_POSTS, Event, next_try, posts_asked_for
from ingest.settings import Settings
from ingest.steps.drain import drain_queue
from ingest.steps.follow_files import follow_files
from ingest.steps.follow_own import Followed, follow_own
from ingest.steps.waiting import let_wait, require_no_rest

if TYPE_CHECKING:
    from ingest.adapters.queue.event_store import EventStore

log = structlog.get_logger()
FILE_SECONDS, SQS_SECONDS = 0.05, 2.0


def work_mark(settings: Settings) -> tuple[object, ...]:
    """What waits now, as a mark that changes when more comes; empty when nothing does. Cheap, and takes nothing.

    A queue that cannot be looked at just now has nothing that could be taken: the sweep says why.
    """
    from ingest.adapters.queue.open_queue import open_events, open_queue
    from ingest.steps.notice import has_changed_here

    at = settings.clock()
    try:
        marks = (
            open_queue(settings).work_mark(at=at),
            open_events(settings).due_count(at=at),
            has_changed_here(settings),
        )
    except StorageFailed as error:
        log.warning("queue_not_seen", reason=str(error))
        return ()
    return marks if any(marks) else ()


def looked_at_every(settings: Settings) -> float:
    """Seconds between two looks whether there is work: a file is looked at for nothing, SQS counts each question."""
    return SQS_SECONDS if settings.queue_uri.startswith("sqs:") else FILE_SECONDS


def oldest_unacknowledged(settings: Settings) -> datetime | None:
    """Since when the oldest delivery or event waits that nobody has followed; None when none does.

    For alerts: older than two sweeps means that nobody follows. Of SQS the receiver's log says how old the oldest is.
    Raises: StorageFailed.
    """
    from ingest.adapters.queue.open_queue import open_events, open_queue

    at = settings.clock()
    moments = (open_events(settings).oldest_waiting(at=at), open_queue(settings).facts().oldest_waiting_at)
    return min((one for one in moments if one), default=None)


def follow_and_publish(settings: Settings) -> str | None:
    """Notice what has changed here, follow all events, and publish when something has landed that is not loaded.

    Gives the version that is served; None when nothing had landed.
    Raises: GateStopped, and all that the steps raise. Events whose objects have landed stay done.
    """
    from ingest.steps.load import has_landed_since
    from ingest.steps.notice import notice_changes
    from ingest.steps.publish import publish_changes

    notice_changes(settings)
    follow_events(settings)
    return publish_changes(settings) if has_landed_since(settings) else None


def follow_events(settings: Settings) -> Followed:
    """Drain the queue, read what its events ask for, and land it. One bad account never stops the others.

    Raises: StorageFailed, RegistryInvalid; the events wait then.
    """
    from ingest.adapters.queue.open_queue import open_events

    store = open_events(settings)
    own, files = follow_own(settings, store), follow_files(settings, store)
    drained = drain_queue(settings)
    due = store.due(at=settings.clock(), kinds=OF_POSTS)
    due = _without_hints_that_are_early(store, due, at=settings.clock())
    done, posts, keys = own.done + files.done, own.posts, [*own.keys, *files.keys, *drained.keys]
    by_account: dict[tuple[str, str], list[Event]] = {}
    for event in due:
        by_account.setdefault((event.account_id, event.platform), []).append(event)
    for (account_id, platform), events in by_account.items():
        found = _follow_account(settings, store, account_id, platform, events)
        done, posts, keys = done + found.done, posts + found.posts, [*keys, *found.keys]
    if drained.deliveries or due or done:
        log.info("events_followed", events=len(due), done=done, posts=posts, landed=len(keys))
    return Followed(done, posts, tuple(keys))


def _follow_account(
    settings: Settings, store: "EventStore", account_id: str, platform: str, events: list[Event]
) -> Followed:
    """Read what the events of one account ask for."""
    at = settings.clock()
    landed_before = [event for event in events if event.kind == "story"]
    store.finish(landed_before, at=at)
    events = [event for event in events if event.kind != "story"]
    if not events:
        return Followed(len(landed_before), 0, ())
    by_post = posts_asked_for(event for event in events if event.kind == "post")
    asked = {post: _may_be_deleted(of_post) for post, of_post in by_post.items()}
    try:
        keys, not_there = _read(settings, account_id, platform, asked, listing=any(e.kind == "account" for e in events))
    except CampaignReachError as error:
        let_wait(store, events, error, at=at)
    else:
        waiting = (event for post in not_there for event in by_post[post])
        tries = ((event, at + (next_try(event.attempts) or HINT_EVERY)) for event in waiting)
        store.put_off_each(tries, reason=NOT_THERE_YET)
        finished = [event for event in events if event.object_id not in not_there]
        store.finish(finished, at=at)
        return Followed(len(landed_before) + len(finished), len(by_post) - len(not_there), keys)
    return Followed(len(landed_before), 0, ())


def _may_be_deleted(events: Iterable[Event]) -> bool:
    """Whether a post that is not there counts as deleted: somebody said so, or it was asked for often enough."""
    return any(event.is_removal or next_try(event.attempts) is None for event in events)


def _read(
    settings: Settings, account_id: str, platform: str, posts: dict[str, bool], *, listing: bool
) -> tuple[tuple[str, ...], set[str]]:
    """Landing keys, and the posts that are not there yet. A resting account is not asked."""
    from ingest.steps.refresh import refresh_account, refresh_posts

    require_no_rest(settings, account_id)
    keys: list[str] = []
    not_there: set[str] = set()
    if posts:
        keys, not_there = refresh_posts(settings, account_id, platform, posts)
    if listing:
        keys += refresh_account(settings, {"account_id": account_id, "platform": platform, **_newest(settings)})
    return tuple(keys), not_there


def _newest(settings: Settings) -> dict[str, str]:
    return {"since_at": (settings.clock() - timedelta(days=2)).isoformat()}


def _without_hints_that_are_early(store: "EventStore", events: list[Event], *, at: datetime) -> list[Event]:
    """Hints about a post that was read a moment ago wait: a lively discussion is not a reading per comment."""
    read = store.last_reads(event.object_id for event in events if event.is_hint)
    early = {
        event.event_id: read[event.object_id] + HINT_EVERY
        for event in events
        if event.is_hint and event.object_id in read and at - read[event.object_id] < HINT_EVERY
    }
    waits = ((event, early[event.event_id]) for event in events if event.event_id in early)
    store.put_off_each(waits, reason="read a moment ago", counts=False)
    return [event for event in events if event.event_id not in early]
