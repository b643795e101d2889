"""Receive: take Meta's signed deliveries into the queue. One process, on loopback unless told otherwise.

TLS ends at a proxy in front of it (docs/how-to/receive-webhooks.md).
"""

import structlog

from ingest.domain.errors import SettingsInvalid
from ingest.settings import Settings

log = structlog.get_logger()
KEEP_ALIVE_SECONDS = 5


def serve_receiver(settings: Settings, *, host: str, port: int) -> None:
    """Receive until it is told to stop; what has come by then is written first.

    Raises: SettingsInvalid without a secret or a verify token, StorageFailed when the queue cannot be made.
    """
    import uvicorn

    from ingest.adapters.deadline_protocol import MOST_CONNECTIONS, DeadlineProtocol, allow_open_files
    from ingest.adapters.queue.open_queue import open_queue
    from ingest.adapters.queue.sqs_queue import SqsQueue
    from ingest.adapters.ring import Ring
    from ingest.adapters.webhook_app import webhook_app

    secrets = [secret.get_secret_value() for secret in settings.app_secrets]
    verify_token = settings.verify_token.get_secret_value()
    if not any(secrets):
        raise SettingsInvalid("CAMPAIGN_REACH_APP_SECRETS is empty: without it nobody can tell Meta's deliveries.")
    if not verify_token:
        raise SettingsInvalid("CAMPAIGN_REACH_VERIFY_TOKEN is empty: choose one, and give Meta the same.")
    deliveries = open_queue(settings)
    log_of_sqs = deliveries.log if isinstance(deliveries, SqsQueue) else None
    (log_of_sqs or deliveries).create()
    ring = Ring(settings.ring_url, settings.ring_user, settings.ring_password.get_secret_value())
    if settings.ring_url:
        ring.start()
    app = webhook_app(deliveries, secrets=secrets, verify_token=verify_token, clock=settings.clock, on_kept=ring.ring)
    allow_open_files(2 * MOST_CONNECTIONS)
    log.info("receiver_starts", address=f"http://{host}:{port}/webhook", queue=settings.queue_uri)
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=DeadlineProtocol,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
