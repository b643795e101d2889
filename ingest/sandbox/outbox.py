"""The sandbox's outbox: what has happened goes out in batches, and, if asked, as badly as Meta may deliver it.

Twice, out of order, late: a mess is seeded, so that it can be played again. Each delivery has a thread of its own, for
one that is not answered with 200 comes again, later and later, and holds nobody up.
"""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ingest.sandbox.webhooks import LARGEST_DELIVERY, Sender, badly_delivered, deliveries_of

GATHERED_SECONDS = 0.02
"""What happens within this time goes out together."""
LATE, LATEST_SECONDS = 0.2, 20.0


@dataclass(slots=True)
class Outbox:
    """Takes notices and sends them. Without a mess each goes out once, at once, in order."""

    sender: Sender
    mess: int | None = None
    sent: list[bytes] = field(default_factory=list)
    _entries: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.mess)  # noqa: S311 - a world, no secret

    def add(self, object_name: str, entry: dict[str, Any]) -> None:
        """Something has happened; returns at once."""
        with self._lock:
            self._entries.append((object_name, entry))
            is_first = len(self._entries) == 1
        if is_first:
            threading.Thread(target=self._gather, daemon=True).start()

    def _gather(self) -> None:
        time.sleep(GATHERED_SECONDS)
        with self._lock:
            entries, self._entries = self._entries, []
            per_post = LARGEST_DELIVERY if self.mess is None else self._dice.randint(1, 3)
            bodies = deliveries_of(entries, per_post=per_post)
            if self.mess is not None:
                bodies = list(badly_delivered(bodies, seed=self._dice.randrange(2**32)))
            waits = [0.0 if self.mess is None else self._late() for _ in bodies]
            self.sent += bodies
        for body, wait in zip(bodies, waits, strict=True):
            threading.Thread(target=self._send, args=(body, wait), daemon=True).start()

    def _late(self) -> float:
        """Seconds that a delivery is late: most are not, some are by up to twenty."""
        return self._dice.uniform(0, LATEST_SECONDS) if self._dice.random() < LATE else self._dice.uniform(0, 0.5)

    def _send(self, body: bytes, wait: float) -> None:
        time.sleep(wait / self.sender.speed)
        self.sender.send(body)
