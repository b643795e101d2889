"""One account read, landed and loaded, in a process that imports what such a run imports and nothing else."""

import resource
import time

import structlog

from ingest.settings import Settings


def read_and_load(settings: Settings, account_id: str, platform: str) -> tuple[float, float]:
    """Read an account, land it and load it; the seconds, and the most memory in MB."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    start = time.perf_counter()
    from ingest.steps.load import load_landed
    from ingest.steps.refresh import refresh_account

    refresh_account(settings, {"account_id": account_id, "platform": platform})
    load_landed(settings)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
