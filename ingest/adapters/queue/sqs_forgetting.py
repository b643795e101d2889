"""Forgetting on SQS: dead deliveries that mention an object are deleted, and what cannot be looked into is named.

What waits in the queue itself is drained before; a message that another consumer has in hand nobody else can see.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ingest.adapters.queue.sqs_queue import PER_CALL, SqsQueue, explained, read_message

SEEN_FOR = 120
"""Seconds for which a message that was looked at stays out of sight, so that the next look finds the others."""
Names = Callable[[str], bool]


def forget_dead(queue: SqsQueue, names: Names) -> int:
    """Delete the dead deliveries that mention an object; how many.

    Raises: StorageFailed.
    """
    count = 0
    with _dead(queue) as messages:
        for message in messages:
            if names(_text(message)):
                queue.client.delete_message(QueueUrl=queue.url_of_dead, ReceiptHandle=message["ReceiptHandle"])
                count += 1
    return count


def mentions(queue: SqsQueue, names: Names) -> tuple[int, list[str]]:
    """How many dead deliveries there are, and which mention an object; and that some cannot be looked into.

    Raises: StorageFailed.
    """
    looked_at, found = 0, []
    with _dead(queue) as messages:
        for message in messages:
            looked_at += 1
            found += [f"{queue.name}-dead: message {message['MessageId']}"] if names(_text(message)) else []
    facts = queue.facts()
    if facts.waiting or facts.leased:
        hidden = facts.waiting + facts.leased
        found.append(f"{queue.name}: {hidden} deliveries wait or are in hand elsewhere: erase again later")
    return looked_at + facts.waiting + facts.leased, found


@contextmanager
def _dead(queue: SqsQueue) -> Iterator[Iterator[dict[str, Any]]]:
    """Every message of the dead-letter queue; those that stay can be seen again afterwards."""
    receipts: list[str] = []

    def look() -> Iterator[dict[str, Any]]:
        while True:
            answer = queue.client.receive_message(
                QueueUrl=queue.url_of_dead, MaxNumberOfMessages=PER_CALL, VisibilityTimeout=SEEN_FOR, WaitTimeSeconds=0
            )
            if not answer.get("Messages"):
                return
            for message in answer["Messages"]:
                receipts.append(message["ReceiptHandle"])
                yield message

    with explained(queue.name):
        try:
            yield look()
        finally:
            _show_again(queue, receipts)


def _show_again(queue: SqsQueue, receipts: list[str]) -> None:
    """Let messages be seen; one that was deleted is refused, and that is no matter."""
    entries = [{"Id": f"{at}", "ReceiptHandle": one, "VisibilityTimeout": 0} for at, one in enumerate(receipts)]
    for start in range(0, len(entries), PER_CALL):
        queue.client.change_message_visibility_batch(
            QueueUrl=queue.url_of_dead, Entries=entries[start : start + PER_CALL]
        )


def _text(message: dict[str, Any]) -> str:
    """What a message says: of a delivery its body, of anything else its text."""
    delivery = read_message(message["Body"])
    return delivery.body.decode("utf-8", errors="replace") if delivery else str(message["Body"])
