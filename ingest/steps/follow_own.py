"""Follow what no delivery brought: changed campaign files land, polls look for new posts, stories are read in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.domain.errors import CampaignReachError
from ingest.domain.events import HINT_EVERY, POLL, Event
from ingest.settings import Settings
from ingest.steps.waiting import let_wait, require_no_rest

if TYPE_CHECKING:
    from ingest.adapters.queue.event_store import EventStore


@dataclass(frozen=True, slots=True)
class Followed:
    """What following brought: events that are done now, posts that were read, landing keys."""

    done: int
    posts: int
    keys: tuple[str, ...]


def follow_own(settings: Settings, store: "EventStore") -> Followed:
    """Do what the events of kind campaign and sweep ask for that are due.

    Raises: RegistryInvalid, when a campaign file cannot be read: somebody must mend it.
    """
    keys, done = _campaigns(settings, store)
    stories = 0
    by_account: dict[tuple[str, str], list[Event]] = {}
    for event in store.due(at=settings.clock(), kinds=("sweep",)):
        by_account.setdefault((event.account_id, event.platform), []).append(event)
    for (account_id, platform), events in by_account.items():
        polls = [event for event in events if event.field == POLL]
        ends = [event for event in events if event.field != POLL]
        try:
            require_no_rest(settings, account_id)
            if polls:
                _look_for_posts(settings, store, account_id, platform)
            keys += _read_stories(settings, account_id, platform, ends)
        except CampaignReachError as error:
            let_wait(store, events, error, at=settings.clock())
        else:
            store.finish(events, at=settings.clock())
            done, stories = done + len(events), stories + len(ends)
    return Followed(done, stories, tuple(keys))


def _campaigns(settings: Settings, store: "EventStore") -> tuple[list[str], int]:
    """Landing keys of the campaign files, if one has changed, and how many events that ended.

    Raises: RegistryInvalid.
    """
    from ingest.steps.land_registry import land_registry

    at = settings.clock()
    events = store.due(at=at, kinds=("campaign",))
    if not events:
        return [], 0
    try:
        keys = land_registry(settings)
    except CampaignReachError as error:
        store.put_off(events, until=at + HINT_EVERY, reason=str(error))
        raise
    store.finish(events, at=at)
    return keys, len(events)


def _look_for_posts(settings: Settings, store: "EventStore", account_id: str, platform: str) -> None:
    """Make an event of each post that was never read; they are followed like any other, in this very run."""
    from ingest.steps.notice import post_seen
    from ingest.steps.refresh import unknown_posts

    at = settings.clock()
    found = unknown_posts(settings, account_id, platform)
    store.add_noticed([post_seen(account_id, platform, post.post_id, at=at) for post in found], {}, at=at)


def _read_stories(settings: Settings, account_id: str, platform: str, events: Sequence[Event]) -> list[str]:
    from ingest.steps.refresh import refresh_stories

    stories = sorted({event.object_id for event in events})
    return refresh_stories(settings, account_id, platform, stories) if stories else []
