"""Waiting: how long events wait when what they ask for cannot be read now, and whether that counts against them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from ingest.domain.errors import CampaignReachError, RateLimited, TryAgain
from ingest.domain.events import HINT_EVERY, Event
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.queue.event_store import EventStore

log = structlog.get_logger()
UNREACHABLE = timedelta(minutes=1)


def let_wait(store: "EventStore", events: Sequence[Event], error: CampaignReachError, *, at: datetime) -> None:
    """Put events off as their error asks for; only what somebody must mend counts as an attempt."""
    if isinstance(error, RateLimited):
        rest = timedelta(minutes=error.minutes) if error.minutes else timedelta(hours=1)
        store.put_off(events, until=at + rest, reason="the account's quota is used up", counts=False)
        return
    if isinstance(error, TryAgain):
        store.put_off(events, until=at + UNREACHABLE, reason=str(error), counts=False)
    else:
        store.put_off(events, until=at + HINT_EVERY, reason=str(error))
    log.warning("events_wait", account_id=events[0].account_id, events=len(events), reason=str(error))


def require_no_rest(settings: Settings, account_id: str) -> None:
    """Nothing, unless the account rests.

    Raises: RateLimited, with the minutes that are left.
    """
    from ingest.steps.plan import resting_until

    rests = resting_until(settings, account_id)
    if rests:
        minutes = max(1, round((rests - settings.clock()).total_seconds() / 60))
        raise RateLimited("The account rests.", minutes=minutes)
