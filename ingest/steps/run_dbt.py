"""Run dbt: in this process, over the warehouse of the settings; the parsed project stays warm for the next run."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.domain.errors import SomebodyMustAct
from ingest.settings import PROJECT, Settings, exported

DBT_PROJECT = PROJECT / "dbt_project"


class BuildFailed(SomebodyMustAct):
    """A model could not be built, or a test of one does not hold."""


@dataclass(slots=True)
class _Warm:
    """The parsed project, kept between builds of one process."""

    manifest: Any = None
    built_from: tuple[Any, ...] = field(default_factory=tuple)


_warm = _Warm()


def run_dbt(settings: Settings, arguments: list[str]) -> Any:
    """What dbt says of one invocation; the warehouse's lock is free afterwards, and the environment is as it was.

    A scheduler that is warm has built a throwaway warehouse: its tasks must not take that one for theirs.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    runner = dbtRunner(manifest=warm_manifest(settings))
    try:
        with exported(_variables(settings)):
            return runner.invoke([*arguments, *_places(settings), "--quiet", "--no-use-colors"])
    finally:
        DuckDBConnectionManager.close_all_connections()


def warm_manifest(settings: Settings) -> Any:
    """The parsed project; parsed again when it has changed on disk or another warehouse is meant."""
    built_from = (settings.warehouse_path, newest_source())
    if _warm.manifest is None or _warm.built_from != built_from:
        from dbt.cli.main import dbtRunner

        with exported(_variables(settings)):
            parsed = dbtRunner().invoke(["parse", *_places(settings), "--quiet", "--no-use-colors"])
        if not parsed.success:
            raise BuildFailed(f"The dbt project cannot be parsed: {parsed.exception}. Run `make check`.")
        _warm.manifest, _warm.built_from = parsed.result, built_from
    return _warm.manifest


def newest_source() -> int:
    """When the dbt project was last changed on disk, in nanoseconds."""
    return max(path.stat().st_mtime_ns for path in DBT_PROJECT.rglob("*") if path.is_file())


def parsed_manifest(settings: Settings) -> Path:
    """Where dbt's manifest lies, as new as the project; parsed now if there is none.

    Raises: BuildFailed when the project cannot be parsed.
    """
    path = settings.dbt_dir.absolute() / "target" / "manifest.json"
    if not path.exists() or path.stat().st_mtime_ns < newest_source():
        _warm.manifest = None
        warm_manifest(settings)
    return path


def project_revision(settings: Settings) -> str:
    """A digest of everything that decides the SQL: the dbt project, the metric catalogue, the warehouse's place."""
    from ingest.domain.metrics import ROWS

    digest = hashlib.sha256(str(settings.warehouse_path.absolute()).encode())
    catalogue = [PROJECT / "ingest" / "domain" / name for name in ROWS]
    for path in (*catalogue, *sorted(path for path in DBT_PROJECT.rglob("*") if path.is_file())):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _variables(settings: Settings) -> dict[str, str]:
    """What profiles.yml and dbt read from the environment."""
    return {
        "CAMPAIGN_REACH_WAREHOUSE_PATH": str(settings.warehouse_path.absolute()),
        "CAMPAIGN_REACH_WAREHOUSE_MEMORY": settings.warehouse_memory,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def _places(settings: Settings) -> list[str]:
    folder = settings.dbt_dir.absolute()
    return [
        *("--project-dir", str(DBT_PROJECT)),
        *("--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(folder / "target")),
        *("--log-level-file", "none"),
    ]
