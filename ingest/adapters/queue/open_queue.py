"""Which queue the settings name: `sqlite:///var/queue.sqlite`, or `sqs://region/queue-name`."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.adapters.queue.deliveries import DeliveryQueue
from ingest.adapters.queue.event_store import EventStore
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.domain.errors import SettingsInvalid
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.queue.sqs_queue import SqsQueue

EVENTS = "events.sqlite"


def open_queue(settings: Settings) -> DeliveryQueue:
    """The queue of the settings.

    Raises: SettingsInvalid for a URI that names no queue.
    """
    return open_sqs(settings) if is_sqs(settings) else SqliteQueue(queue_path(settings))


def is_sqs(settings: Settings) -> bool:
    """Whether the settings name a queue on SQS."""
    parts = urlsplit(settings.queue_uri)
    return bool(parts.scheme == "sqs" and parts.netloc and parts.path.strip("/"))


def open_sqs(settings: Settings) -> "SqsQueue":
    """The queue on SQS of settings that name one."""
    from ingest.adapters.queue.sqs_log import SqsLog
    from ingest.adapters.queue.sqs_queue import SqsQueue

    parts, endpoint = urlsplit(settings.queue_uri), settings.aws_endpoint_url or None
    log = SqsLog(settings.sqs_log_path)
    return SqsQueue(parts.path.strip("/"), region=parts.netloc, endpoint_url=endpoint, log=log)


def queue_path(settings: Settings) -> Path:
    """The file of the embedded queue.

    Raises: SettingsInvalid when the settings name another kind of queue, or none.
    """
    prefix = "sqlite:///"
    if not settings.queue_uri.startswith(prefix) or len(settings.queue_uri) == len(prefix):
        raise SettingsInvalid(
            f"CAMPAIGN_REACH_QUEUE_URI: {settings.queue_uri} names no queue. "
            "Write sqlite:///var/queue.sqlite, or sqs://eu-central-1/campaign-reach."
        )
    return Path(settings.queue_uri.removeprefix(prefix))


def ledger_path(settings: Settings) -> Path:
    """The file that says what the receiver acknowledged: the embedded queue, or the log beside SQS."""
    return settings.sqs_log_path if is_sqs(settings) else queue_path(settings)


def open_events(settings: Settings) -> EventStore:
    """The events that were taken out of deliveries."""
    return EventStore(settings.events_path)
