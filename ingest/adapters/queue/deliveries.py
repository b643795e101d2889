"""What every queue offers: put many durably, claim a batch, acknowledge it or give it back."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

MOST_ATTEMPTS = 5
"""How often a delivery is claimed before it counts as dead."""
LEASE = timedelta(minutes=5)
KEPT_RAW = timedelta(days=7)
"""How long the bytes of a delivery are kept after it is done or dead; its hash stays, so that it is known for ever."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The bytes of one signed POST, and when they came."""

    body: bytes
    received_at: datetime

    @property
    def sha256(self) -> str:
        """What it is known by: Meta gives no id of its own."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries that one consumer works on, until its lease ends."""

    batch_id: str
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """What the queue holds: deliveries by state, repeats of known ones, and the oldest that waits."""

    waiting: int
    leased: int
    done: int
    dead: int
    repeats: int
    oldest_waiting_at: datetime | None


class DeliveryQueue(Protocol):
    """One interface, two implementations: SQLite (embedded) and SQS."""

    def create(self) -> None:
        """Make the queue, if it is not there.

        Raises: StorageFailed.
        """

    def takes(self, delivery: Delivery) -> bool:
        """Whether the queue can hold a delivery of this size at all.

        Raises: StorageFailed when it cannot be asked.
        """

    def put_many(self, deliveries: Sequence[Delivery]) -> None:
        """Keep deliveries. When it returns, all of them are durable; one that is known counts as a repeat.

        Raises: StorageFailed, and then none of them is acknowledged.
        """

    def claim(self, *, at: datetime, most: int) -> Claim | None:
        """Lease the oldest waiting deliveries; None when nothing waits. What was claimed too often is dead."""

    def extend(self, claim: Claim, *, at: datetime) -> None:
        """Keep a claim for another lease."""

    def acknowledge(self, claim: Claim, *, at: datetime) -> None:
        """What the deliveries asked for is durable elsewhere: they are done."""

    def release(self, claim: Claim) -> None:
        """Give a claim back, because something else failed: the deliveries are not at fault."""

    def forget_bytes(self, *, at: datetime) -> int:
        """Drop the bytes that were kept long enough, whether or not anything new comes; of how many deliveries."""

    def work_mark(self, *, at: datetime) -> int:
        """0 when nothing can be claimed, else a number that changes with what comes; asked many times a second."""

    def redrive(self) -> int:
        """Let dead deliveries wait again; how many."""

    def facts(self) -> QueueFacts:
        """What the queue holds."""
