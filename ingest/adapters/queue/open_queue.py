"""Which queue the settings name: `sqlite:///var/queue.sqlite`, or `sqs://region/queue-name`."""

from pathlib import Path
from urllib.parse import urlsplit

from ingest.adapters.queue.deliveries import DeliveryQueue
from ingest.adapters.queue.event_store import EventStore
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from ingest.domain.errors import SettingsInvalid
from ingest.settings import Settings

EVENTS = "events.sqlite"


def open_queue(settings: Settings) -> DeliveryQueue:
    """The queue of the settings.

    Raises: SettingsInvalid for a URI that names no queue.
    """
    parts = urlsplit(settings.queue_uri)
    if parts.scheme == "sqs" and parts.netloc and parts.path.strip("/"):
        from ingest.adapters.queue.sqs_queue import SqsQueue

        return SqsQueue(parts.path.strip("/"), region=parts.netloc, endpoint_url=settings.aws_endpoint_url or None)
    return SqliteQueue(queue_path(settings))


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


def open_events(settings: Settings) -> EventStore:
    """The events that were taken out of deliveries."""
    return EventStore(settings.events_path)
