"""Expire: what is older than the retention leaves landing, listed in its manifest before it goes.

Only answers of the Graph API that are loaded go. Registry and imported files stay: nobody could ask for them again.
"""

from datetime import UTC, datetime, time, timedelta
from pathlib import PurePosixPath

import structlog

from ingest.adapters.accepted_loads import loaded_hashes
from ingest.adapters.landing.files import SUFFIX
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.landing.removals import Removal, RemovedFrom
from ingest.adapters.warehouse_file import opened
from ingest.settings import Settings
from ingest.steps.load import landed_by

log = structlog.get_logger()
EXPIRES = "api/"
"""Where the answers of the Graph API lie in landing."""


def expire(settings: Settings) -> Removal | None:
    """The act by which what is older than the retention left landing; None when nothing is, or there is no retention.

    The horizon moves at midnight UTC, so that there is at most one act a day. Killed on the way, the next run goes on.
    Raises: WarehouseBusy, WarehouseBroken, StorageFailed.
    """
    if settings.retention_days is None:
        return None
    now = settings.clock()
    horizon = datetime.combine(now.date(), time(), UTC) - timedelta(days=settings.retention_days, seconds=1)
    landing = open_landing(settings)
    with opened(settings.warehouse_path) as warehouse:
        loaded = loaded_hashes(warehouse)
    everything = landing.keys_below(EXPIRES.rstrip("/"))
    old = [key for key in everything if key in loaded and landed_by(key, horizon)]
    if not old:
        return None
    removal = Removal(
        f"{now:%Y-%m-%dT%H:%M:%SZ}", "expired", None, tuple(RemovedFrom(key, loaded[key], None) for key in old)
    )
    landing.put_new(removal.key, removal.as_bytes())
    stems = {key.removesuffix(SUFFIX) for key in old}
    beside = [key for key in everything if not key.endswith(SUFFIX) and _stem(key) in stems]
    for key in (*beside, *old):  # the lines go last: without them nobody would know what lies beside them
        landing.take_out(key, None)
    log.info("landing_expired", files=len(old), days=settings.retention_days)
    return removal


def _stem(key: str) -> str:
    """The key without what comes after the batch's name."""
    path = PurePosixPath(key)
    return str(path.with_name(path.name.partition(".")[0]))
