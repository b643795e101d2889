"""Follow events: read what they ask for, land it, and only then call them done.

Many events that ask for one post are one reading. A post that Meta does not show yet is asked for again, after one,
five and thirty minutes, before it counts as deleted. An account that rests lets its events rest with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from ingest.domain.errors import CampaignReachError, RateLimited, TryAgain
from ingest.domain.events import HINT_EVERY, Event, next_try, posts_asked_for
from ingest.settings import Settings
from ingest.steps.drain import drain_queue

if TYPE_CHECKING:
    from ingest.adapters.queue.event_store import EventStore

log = structlog.get_logger()
UNREACHABLE = timedelta(minutes=1)
NOT_THERE_YET = "Meta does not show the object yet"


@dataclass(frozen=True, slots=True)
class Followed:
    """What following brought: events that are done now, posts that were read, landing keys."""

    done: int
    posts: int
    keys: tuple[str, ...]


def work_mark(settings: Settings) -> tuple[object, ...]:
    """What waits now, as a mark that changes when more comes; empty when nothing does. Cheap, and takes nothing."""
    from ingest.adapters.queue.open_queue import open_events, open_queue

    at = settings.clock()
    marks = (open_queue(settings).work_mark(at=at), open_events(settings).due_count(at=at))
    return marks if any(marks) else ()


def follow_and_publish(settings: Settings) -> str | None:
    """Follow events, and publish when something has landed that is not loaded; the version that is served.

    Raises: GateStopped, and all that the steps raise. Events whose objects have landed stay done.
    """
    from ingest.steps.load import has_landed_since
    from ingest.steps.publish import publish_changes

    follow_events(settings)
    return publish_changes(settings) if has_landed_since(settings) else None


def follow_events(settings: Settings) -> Followed:
    """Drain the queue, read what its events ask for, and land it. One bad account never stops the others.

    Raises: StorageFailed, RegistryInvalid; the events wait then.
    """
    from ingest.adapters.queue.open_queue import open_events

    drained = drain_queue(settings)
    store = open_events(settings)
    due = _without_hints_that_are_early(store, store.due(at=settings.clock()), at=settings.clock())
    done, posts, keys = 0, 0, list(drained.keys)
    by_account: dict[tuple[str, str], list[Event]] = {}
    for event in due:
        by_account.setdefault((event.account_id, event.platform), []).append(event)
    for (account_id, platform), events in by_account.items():
        found = _follow_account(settings, store, account_id, platform, events)
        done, posts, keys = done + found.done, posts + found.posts, [*keys, *found.keys]
    if drained.deliveries or due:
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
    except RateLimited as error:
        rest = timedelta(minutes=error.minutes) if error.minutes else timedelta(hours=1)
        store.put_off(events, until=at + rest, reason="the account's quota is used up", counts=False)
    except TryAgain as error:
        store.put_off(events, until=at + UNREACHABLE, reason=str(error), counts=False)
        log.warning("events_wait", account_id=account_id, events=len(events), reason=str(error))
    except CampaignReachError as error:
        store.put_off(events, until=at + HINT_EVERY, reason=str(error))
        log.warning("events_wait", account_id=account_id, events=len(events), reason=str(error))
    else:
        waiting = [event for post in not_there for event in by_post[post]]
        for event in waiting:
            store.put_off([event], until=at + (next_try(event.attempts) or UNREACHABLE), reason=NOT_THERE_YET)
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
    from ingest.steps.plan import resting_until
    from ingest.steps.refresh import refresh_account, refresh_posts

    rests = resting_until(settings, account_id)
    if rests:
        minutes = max(1, round((rests - settings.clock()).total_seconds() / 60))
        raise RateLimited("The account rests.", minutes=minutes)
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
    now: list[Event] = []
    read: dict[str, datetime | None] = {}
    for event in events:
        if event.is_hint and event.object_id not in read:
            read[event.object_id] = store.last_read(event.object_id)
        last = read.get(event.object_id)
        if event.is_hint and last and at - last < HINT_EVERY:
            store.put_off([event], until=last + HINT_EVERY, reason="read a moment ago", counts=False)
        else:
            now.append(event)
    return now
