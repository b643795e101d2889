"""Drain: take the deliveries out of the queue, and make of each the events that it holds.

A delivery is acknowledged when its events are kept and the fields of the allow-list have landed. Whatever happens on
the way happens again: a delivery that was drained before is nothing, and what has landed does not land again.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ingest.domain.errors import StorageFailed
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
    from ingest.adapters.landing.files import Landing
    from ingest.adapters.landing.forgetting import Forgotten
    from ingest.adapters.queue.deliveries import Delivery
    from ingest.adapters.queue.event_store import EventStore

log = structlog.get_logger()
MOST_AT_ONCE = 1_000


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
    from ingest.adapters.landing.open_landing import erased_of, open_landing
    from ingest.adapters.queue.open_queue import open_events, open_queue
    from ingest.adapters.registry import read_registry

    queue, store = open_queue(settings), open_events(settings)
    queue.forget_bytes(at=settings.clock())
    if not queue.work_mark(at=settings.clock()):
        return Drained(0, 0, ())
    accounts = {one.account_id: one.platform for one in read_registry(settings.campaigns_dir).accounts}
    landing = open_landing(settings)
    gone = erased_of(landing)
    deliveries, events, keys = 0, 0, []
    while claim := queue.claim(at=settings.clock(), most=MOST_AT_ONCE):
        try:
            new = store.undrained(one.sha256 for one in claim.deliveries)
            read = [(one, *_kept(*_read(one, accounts), gone)) for one in claim.deliveries if one.sha256 in new]
            keys += _land(landing, store, _batches(read, _landed_before(landing, store, new)))
            queue.extend(claim, at=settings.clock())
            events += store.add_delivered({one.sha256: found for one, _, found in read}, at=settings.clock())
        except StorageFailed:
            queue.release(claim)
            raise
        queue.acknowledge(claim, at=settings.clock())
        deliveries += len(claim.deliveries)
    log.info("queue_drained", deliveries=deliveries, new_events=events, landed=len(keys))
    return Drained(deliveries, events, tuple(keys))


def _kept(changes: list[Change], events: list[Event], gone: "Forgotten") -> tuple[list[Change], list[Event]]:
    """Changes and events; those of an erased object are set aside, and do not say which it was."""
    aside = {"state": "quarantined", "reason": "erased", "object_id": ""}
    return changes, [replace(one, **aside) if gone.names(one.object_id) else one for one in events]  # type: ignore[arg-type]


def _land(landing: "Landing", store: "EventStore", batches: "Sequence[Batch]") -> list[str]:
    """Land batches, after it is noted what each takes in; the landing keys."""
    batches = [landing.sift(batch) for batch in batches]
    named = [(batch, batch.batch_id) for batch in batches]  # an id is a digest of the whole batch: once for each
    store.note_batches(
        (answer.request.params.get("delivery_sha256", ""), batch.account_id, batch_id)
        for batch, batch_id in named
        for answer in batch.answers
    )
    return [landing.write(batch) for batch in batches]


def _landed_before(landing: "Landing", store: "EventStore", sha256s: Collection[str]) -> set[tuple[str, str]]:
    """Deliveries and accounts that landed before a drain died, and whose events were not kept yet."""
    noted = store.noted_batches(sha256s)
    if not noted:
        return set()
    there = {Path(key).name.partition(".")[0] for key in landing.landed_keys()}
    return {(sha256, account_id) for sha256, account_id, batch_id in noted if batch_id in there}


def _read(delivery: "Delivery", accounts: Mapping[str, str]) -> tuple[list[Change], list[Event]]:
    try:
        changes = changes_of(delivery.body)
    except Unreadable as problem:
        log.warning("delivery_unreadable", sha256=delivery.sha256, reason=str(problem))
        return [], [unreadable_event(delivery.sha256, str(problem), received_at=delivery.received_at)]
    one = {"delivery_sha256": delivery.sha256, "received_at": delivery.received_at, "accounts": accounts}
    return changes, [event_of(change, **one) for change in changes]  # type: ignore[arg-type]


def _batches(
    read: "Sequence[tuple[Delivery, list[Change], list[Event]]]", landed: Collection[tuple[str, str]]
) -> "list[Batch]":
    """The allow-listed fields of the changes of accounts that we know, one batch per account and moment."""
    from ingest.adapters.landing.envelope import Batch, Received, Request

    by_account: dict[tuple[str, str, object], list[Received]] = {}
    for delivery, changes, events in read:
        for change, event in zip(changes, events, strict=False):
            if event.state == "quarantined" or (delivery.sha256, change.account_id) in landed:
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
