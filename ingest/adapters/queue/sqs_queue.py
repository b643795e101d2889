"""The queue on SQS, for a receiver and a consumer on different machines: one message per delivery.

A standard queue doubles and reorders, which nothing here minds. After five receptions SQS moves a message to the
dead-letter queue, whose name ends in `-dead`. Batch calls answer 200 with `Failed` entries: each is looked at. A
message is compressed text; a delivery that is too large even so is not taken, and the receiver says so.
"""

import base64
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ingest.adapters.queue.deliveries import LEASE, MOST_ATTEMPTS, Claim, Delivery, QueueFacts
from ingest.adapters.queue.sqs_log import SqsLog
from ingest.domain.errors import StorageFailed

log = structlog.get_logger()
PER_CALL = 10
KEPT = timedelta(days=14)
"""How long SQS keeps a message that nobody takes, or that is dead: the longest it can, from when it was first sent."""
LARGEST_CALL = 1024 * 1024
"""Bytes that SQS takes in one call and, since August 2025, in one message, if the queue's own limit says so."""
SURELY_TAKEN = 180_000
"""A body of so many bytes fits into the smallest queue that AWS makes (256 KiB), even if nothing compresses it."""
PATIENT = Config(
    retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=3, read_timeout=20, tcp_keepalive=True
)


@dataclass(slots=True)
class SqsQueue:
    """Deliveries on SQS. A claim is known to the object that made it: its receipts are in memory."""

    name: str
    region: str
    endpoint_url: str | None = None
    lease: timedelta = LEASE
    log: SqsLog | None = None
    _receipts: dict[str, list[str]] = field(default_factory=dict)
    _client: Any = None
    _urls: dict[str, str] = field(default_factory=dict)
    _largest: int = 0

    def create(self) -> None:
        """Make the queue and its dead-letter queue, or set those that are there as they are to be.

        Raises: StorageFailed.
        """
        kept = {
            "MessageRetentionPeriod": str(int(KEPT.total_seconds())),
            "MaximumMessageSize": str(LARGEST_CALL),
        }
        with explained(self.name):
            dead = self._made(f"{self.name}-dead", kept)
            asked = self.client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
            policy = {"deadLetterTargetArn": asked["Attributes"]["QueueArn"], "maxReceiveCount": MOST_ATTEMPTS}
            lease = {
                "VisibilityTimeout": str(int(self.lease.total_seconds())),
                "RedrivePolicy": json.dumps(policy),
            }
            self._made(self.name, kept | lease)
        if self.log:
            self.log.create()

    def _made(self, name: str, attributes: dict[str, str]) -> str:
        """The address of a queue with these attributes; made without them, for one that is there has others."""
        url: str = self.client.create_queue(QueueName=name)["QueueUrl"]
        self.client.set_queue_attributes(QueueUrl=url, Attributes=attributes)
        return url

    def takes(self, delivery: Delivery) -> bool:
        """Whether the delivery fits into one message, compressed.

        Raises: StorageFailed when SQS does not say how large a message may be.
        """
        if len(delivery.body) <= SURELY_TAKEN:
            return True
        if not self._largest:
            self._largest = min(LARGEST_CALL, self._count(self.name, "MaximumMessageSize"))
        return len(_message(delivery)) <= self._largest

    def put_many(self, deliveries: Sequence[Delivery]) -> None:
        """Send deliveries; SQS has stored all of them when it returns, and the log knows them.

        Raises: StorageFailed when one was not taken: then none is acknowledged, and those that were come again.
        """
        entries = [{"Id": str(number), "MessageBody": _message(one)} for number, one in enumerate(deliveries)]
        with explained(self.name):
            for batch in _batches(entries):
                answer = self.client.send_message_batch(QueueUrl=self._url(self.name), Entries=batch)
                if answer.get("Failed"):
                    raise StorageFailed(f"SQS did not take {len(answer['Failed'])} of {len(batch)} deliveries.")
        if self.log:
            self.log.put_many(deliveries)

    def claim(self, *, at: datetime, most: int) -> Claim | None:
        """Receive what waits; nobody else sees it for the length of a lease."""
        found: dict[str, Delivery] = {}
        receipts: list[str] = []
        with explained(self.name):
            while len(found) < most:
                answer = self.client.receive_message(
                    QueueUrl=self._url(self.name), MaxNumberOfMessages=PER_CALL, WaitTimeSeconds=0
                )
                messages = answer.get("Messages", [])
                if not messages:
                    break
                for message in messages:
                    delivery = read_message(message["Body"])
                    if delivery is None:
                        log.warning("message_is_not_ours", queue=self.name, message_id=message.get("MessageId"))
                        continue
                    found.setdefault(delivery.sha256, delivery)
                    receipts.append(message["ReceiptHandle"])
        if not receipts:
            return None
        batch_id = receipts[0]
        self._receipts[batch_id] = receipts
        return Claim(batch_id, tuple(found.values()))

    def extend(self, claim: Claim, *, at: datetime) -> None:
        """Nobody else sees the claim for another lease."""
        entries = [one | {"VisibilityTimeout": int(self.lease.total_seconds())} for one in self._entries(claim)]
        with explained(self.name):
            for start in range(0, len(entries), PER_CALL):
                answer = self.client.change_message_visibility_batch(
                    QueueUrl=self._url(self.name), Entries=entries[start : start + PER_CALL]
                )
                if answer.get("Failed"):
                    raise StorageFailed(f"SQS did not extend the lease of {len(answer['Failed'])} messages.")

    def release(self, claim: Claim) -> None:
        """Somebody else sees it when its lease ends: SQS counts each reception, so at once would soon be dead."""
        self._receipts.pop(claim.batch_id, None)

    def forget_bytes(self, *, at: datetime) -> int:
        """Nothing: SQS keeps no message that is done, and none for longer than two weeks; the log is told so."""
        if self.log:
            self.log.give_up(at=at, kept=KEPT)
        return 0

    def acknowledge(self, claim: Claim, *, at: datetime) -> None:
        """Delete the messages of a claim; the log knows first that they are done, for who dies between comes again.

        Raises: StorageFailed when SQS refused one: it comes again, and is known then.
        """
        if self.log:
            self.log.finish(claim.deliveries, at=at)
        entries = self._entries(claim)
        with explained(self.name):
            for start in range(0, len(entries), PER_CALL):
                answer = self.client.delete_message_batch(
                    QueueUrl=self._url(self.name), Entries=entries[start : start + PER_CALL]
                )
                if answer.get("Failed"):
                    raise StorageFailed(f"SQS did not delete {len(answer['Failed'])} messages; they come again.")
        self._receipts.pop(claim.batch_id, None)

    def work_mark(self, *, at: datetime) -> int:
        """How many messages SQS counts that wait; it counts approximately, and the sweep heals that."""
        return self._count(self.name, "ApproximateNumberOfMessages")

    def facts(self) -> QueueFacts:
        """What SQS counts; of what is done, what came again and how long the oldest waits, what the log says."""
        waiting, leased = (self._count(self.name, f"ApproximateNumberOfMessages{kind}") for kind in ("", "NotVisible"))
        dead = self._count(f"{self.name}-dead", "ApproximateNumberOfMessages")
        noted = self.log.facts() if self.log else QueueFacts(0, 0, 0, 0, 0, None)
        oldest = noted.oldest_waiting_at if waiting or leased else None
        return QueueFacts(waiting, leased, noted.done, dead, noted.repeats, oldest)

    def redrive(self) -> int:
        """Send the dead deliveries again; how many."""
        moved = 0
        with explained(self.name):
            dead = self._url(f"{self.name}-dead")
            while messages := self.client.receive_message(QueueUrl=dead, MaxNumberOfMessages=PER_CALL).get("Messages"):
                for message in messages:
                    self.client.send_message(QueueUrl=self._url(self.name), MessageBody=message["Body"])
                    self.client.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
                    moved += 1
        return moved

    @property
    def client(self) -> Any:
        """The SQS client; made when it is first needed, because making it takes a second."""
        if self._client is None:
            self._client = boto3.client("sqs", region_name=self.region, endpoint_url=self.endpoint_url, config=PATIENT)
        return self._client

    @property
    def url_of_dead(self) -> str:
        """Where the dead-letter queue answers."""
        return self._url(f"{self.name}-dead")

    def _url(self, name: str) -> str:
        if name not in self._urls:
            self._urls[name] = self.client.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[name]

    def _count(self, name: str, attribute: str) -> int:
        with explained(name):
            asked = self.client.get_queue_attributes(QueueUrl=self._url(name), AttributeNames=[attribute])
            return int(asked["Attributes"][attribute])

    def _entries(self, claim: Claim) -> list[dict[str, Any]]:
        receipts = self._receipts.get(claim.batch_id, [])
        return [{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(receipts)]


def _message(delivery: Delivery) -> str:
    body = base64.b64encode(zlib.compress(delivery.body)).decode()
    return json.dumps({"received_at": delivery.received_at.astimezone(UTC).isoformat(), "body": body})


def read_message(message: str) -> Delivery | None:
    """The delivery in a message; None for one that no receiver wrote: SQS puts it aside after five receptions."""
    try:
        content = json.loads(message)
        body = zlib.decompress(base64.b64decode(content["body"]))
        return Delivery(body, datetime.fromisoformat(content["received_at"]))
    except (ValueError, TypeError, KeyError, zlib.error):
        return None


def _batches(entries: list[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """At most ten messages, and not more bytes, than a call takes."""
    batch: list[dict[str, str]] = []
    size = 0
    for entry in entries:
        length = len(entry["MessageBody"])
        if batch and (len(batch) == PER_CALL or size + length > LARGEST_CALL):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += length
    if batch:
        yield batch


@contextmanager
def explained(name: str) -> Iterator[None]:
    """What SQS refuses is one message that says what to look at."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StorageFailed(
            f"The SQS queue {name} cannot be used: {error}. Is its name right, and may these credentials use it?"
        ) from None
