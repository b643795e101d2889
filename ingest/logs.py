"""Logs: past-tense events with facts as keys, one JSON object a line; a secret among them is blacked out."""

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from ingest.domain.errors import StorageFailed

CREDENTIAL = re.compile(r"(EAA\w{6,}|(?:access_token|appsecret_proof|Bearer)(?:=|%3D|\s)\S+)", re.IGNORECASE)


def configure_logs(folder: Path) -> Path:
    """Write the logs of this process to a file in the folder; its path.

    Raises: StorageFailed.
    """
    path = folder / "campaign-reach.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise StorageFailed(
            f"Logs cannot be written to {folder}: {error.strerror}. Set CAMPAIGN_REACH_LOGS_DIR."
        ) from None
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            blacked_out,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=path.open("a", encoding="utf-8", buffering=1)),
    )
    return path


def blacked_out(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The event with whatever looks like a credential replaced."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = CREDENTIAL.sub("REDACTED", value)
    return event
