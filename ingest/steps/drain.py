"""Drain: take the deliveries out of the queue, and make of each the events that it holds.

A delivery is acknowledged when its events are kept and the fields of the allow-list have landed. Whatever happens on
the way happens again: a delivery that was drained before is nothing, a landed batch is the same batch.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from ingest.domain.events import (
    STORY,
    Change,
    Event,
    Unreadable,
    changes_of,
    event_of,
    unreadable_event,
)
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.landing.envelope import Batch
    from ingest.adapters.queue.deliveries import Claim, Delivery

log = structlog.get_logger()
MOST_AT_ONCE = 1_000
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Drained:
    """What draining brought: deliveries, events that were news, landing keys."""

    deliveries: int
    events: int
    keys: tuple[str, ...]


def drain_queue(settings: Settings) -> Drained:
    """Make events of everything that waits in the queue.

    Raises: StorageFailed, RegistryInvalid; the deliveries wait then.
    """
    from ingest.adapters.landing.open_landing import open_landing
    from ingest.adapters.queue.open_queue import open_events, open_queue
    from ingest.adapters.registry import read_registry

    queue, store = open_queue(settings), open_events(settings)
    if not queue.work_mark(at=settings.clock()):
        return Drained(0, 0, ())
    accounts = {one.account_id: one.platform for one in read_registry(settings.campaigns_dir).accounts}
    landing = open_landing(settings)
    deliveries, events, keys = 0, 0, []
    while claim := queue.claim(at=settings.clock(), most=MOST_AT_ONCE):
        read = [(one, *_read(one, accounts)) for one in claim.deliveries]
        keys += [landing.write(batch) for batch in _batches(claim, read)]
        for delivery, _, found in read:
            events += store.add(delivery.sha256, found, at=settings.clock())
        queue.acknowledge(claim, at=settings.clock())
        deliveries += len(claim.deliveries)
    log.info("queue_drained", deliveries=deliveries, new_events=events, landed=len(keys))
    return Drained(deliveries, events, tuple(keys))


def _read(delivery: "Delivery", accounts: Mapping[str, str]) -> tuple[list[Change], list[Event]]:
    try:
        changes = changes_of(delivery.body)
    except Unreadable as problem:
        log.warning("delivery_unreadable", sha256=delivery.sha256, reason=str(problem))
        return [], [unreadable_event(delivery.sha256, str(problem), received_at=delivery.received_at)]
    one = {"delivery_sha256": delivery.sha256, "received_at": delivery.received_at, "accounts": accounts}
    return changes, [event_of(change, **one) for change in changes]  # type: ignore[arg-type]


def _batches(claim: "Claim", read: "Sequence[tuple[Delivery, list[Change], list[Event]]]") -> "list[Batch]":
    """The allow-listed fields of the changes of accounts that we know, one batch per account and moment."""
    from ingest.adapters.landing.envelope import Batch, Received, Request

    by_account: dict[tuple[str, str, object], list[Received]] = {}
    for delivery, changes, events in read:
        for change, event in zip(changes, events, strict=False):
            if event.state == "quarantined":
                continue
            moment = delivery.received_at.replace(microsecond=0)
            edge = STORY if change.field == STORY else "webhook"
            params = {"delivery_sha256": delivery.sha256, "field": change.field}
            body = json.dumps(change.kept(), ensure_ascii=False, sort_keys=True).encode()
            received = Received(Request(edge, event.object_id, params=params), body)
            by_account.setdefault((change.platform, change.account_id, moment), []).append(received)
    return [
        Batch("webhook", platform, account_id, moment, tuple(answers))  # type: ignore[arg-type]
        for (platform, account_id, moment), answers in by_account.items()
    ]
