"""Warm up: bring everything that a task imports into the scheduler, from which LocalExecutor forks its tasks.

No connection stays open and no thread is started that a fork would break: DuckDB, dbt's manifest and Great Expectations
are imported and used once on a throwaway warehouse.
"""

import gc
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from ingest.settings import Settings

log = structlog.get_logger()


def warm_up() -> None:
    """Import, build and judge once, if the settings say so; what fails is logged, and the tasks are slower then."""
    from ingest.settings import load_settings

    if not load_settings().warm_scheduler:
        return
    started = time.perf_counter()
    try:
        _use_everything()
    except Exception as error:
        log.warning("not_warm", reason=f"{type(error).__name__}: {error}")
        return
    gc.collect()
    log.info("warm", seconds=round(time.perf_counter() - started, 1))


def _use_everything() -> None:
    """One campaign without posts, from landing to a publication, in a folder that is gone afterwards."""
    import ingest.adapters.graph.facebook
    import ingest.adapters.graph.instagram
    import ingest.steps.follow  # noqa: F401
    from ingest.settings import load_settings
    from ingest.steps.build import build_marts
    from ingest.steps.build_changes import build_changes
    from ingest.steps.land_registry import land_registry
    from ingest.steps.load import load_landed
    from ingest.steps.run_dbt import warm_manifest

    real = load_settings()
    with tempfile.TemporaryDirectory() as folder:
        places = {
            "landing_uri": f"{folder}/landing",
            "warehouse_path": Path(folder) / "warehouse.duckdb",
            "published_uri": f"{folder}/published",
            "state_path": Path(folder) / "state.sqlite",
            "events_path": Path(folder) / "events.sqlite",
            "sqs_log_path": Path(folder) / "sqs_log.sqlite",
            "queue_uri": f"sqlite:///{folder}/queue.sqlite",
            "dbt_dir": Path(folder) / "dbt",
            "logs_dir": Path(folder) / "logs",
        }
        settings = load_settings(**(real.model_dump() | places))
        land_registry(settings)
        load_landed(settings)
        build_marts(settings)
        build_changes(settings)
        _publish(settings)
    warm_manifest(real)


def _publish(settings: "Settings") -> None:
    """Judge and write a publication; the gate stops one without posts, which is as warm."""
    from ingest.domain.errors import GateStopped
    from ingest.steps.publish import publish_marts

    try:
        publish_marts(settings, with_report=False)  # drawing starts threads, and the tasks are forks of this process
    except GateStopped:
        return
