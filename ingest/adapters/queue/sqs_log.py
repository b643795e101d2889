"""What the receiver acknowledged of a queue on SQS: hashes, noted when SQS has a delivery and before its sender hears.

SQS keeps nothing that is done. So the receiver notes each delivery in a file of this machine, whose tables are those of
the embedded queue without the bytes, and whoever drains notes what is done. The gate adds up what the file says
(docs/decisions/0020).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ingest.adapters.queue.deliveries import Delivery
from ingest.adapters.queue.sqlite_queue import SqliteQueue, text_of


class SqsLog(SqliteQueue):
    """Hashes of the deliveries that the receiver acknowledged; each waits until it is done, or SQS has dropped it."""

    def _kept(self, delivery: Delivery) -> bytes | None:
        """Nothing: the bytes are on SQS."""
        return None

    def finish(self, deliveries: Iterable[Delivery], *, at: datetime) -> None:
        """They are done. Where no receiver writes, there is no file, and nothing to note."""
        if not self.path.exists():
            return
        with self._open() as file:
            file.execute("begin immediate")
            file.executemany(
                "update deliveries set state = 'done', done_at = ? where sha256 = ?",
                [(text_of(at), one.sha256) for one in deliveries],
            )
            file.execute("commit")

    def give_up(self, *, at: datetime, kept: timedelta) -> int:
        """What waits for longer than SQS keeps a message is dead; how many."""
        if not self.path.exists():
            return 0
        with self._open() as file:
            return file.execute(
                "update deliveries set state = 'dead', done_at = ? where state = 'waiting' and received_at < ?",
                (text_of(at), text_of(at - kept)),
            ).rowcount
