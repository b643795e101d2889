"""Build: run dbt over the warehouse, in this process; its manifest stays warm for the next build."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from ingest.domain.errors import SomebodyMustAct, WarehouseBroken, WarehouseBusy
from ingest.settings import PROJECT, Settings, export

log = structlog.get_logger()
DBT_PROJECT = PROJECT / "dbt_project"
SHOWN = 5


class BuildFailed(SomebodyMustAct):
    """A model could not be built, or a test of one does not hold."""


@dataclass(frozen=True, slots=True)
class BuildResult:
    """How many models were built and tests held."""

    nodes: int


@dataclass(slots=True)
class _Warm:
    """The parsed project, kept between builds of one process."""

    manifest: Any = None
    built_from: tuple[Any, ...] = field(default_factory=tuple)


_warm = _Warm()


def build_marts(settings: Settings, *, select: str | None = None) -> BuildResult:
    """Build and test the models, all or those that `select` names in dbt's syntax.

    What was merged load by load is built anew when models, metric catalogue or accounts' time zones have changed.
    Raises: BuildFailed with the nodes that failed and why, WarehouseBusy, WarehouseBroken.
    """
    from ingest.adapters import compiled_models as compiled
    from ingest.adapters.warehouse import open_warehouse
    from ingest.steps.build_changes import project_revision

    require_warehouse(settings.warehouse_path)
    with open_warehouse(settings.warehouse_path) as connection:
        revision = compiled.revision_of(connection, project_revision(settings))
        built, last = compiled.LastBuild(compiled.newest_load(connection), revision), compiled.last_build(connection)
        compiled.note_build(connection, None)
    arguments = ["build", "--exclude-resource-type", "unit_test", *(["--select", select] if select else [])]
    if last is None or last.revision != revision:
        arguments.append("--full-refresh")
    result = run_dbt(settings, arguments)
    failed = [node for node in result.result or [] if node.status in {"error", "fail", "runtime error"}]
    if failed or not result.success:
        raise _why(failed, result.exception, settings.dbt_dir)
    nodes = len(result.result)
    if select is None:
        with open_warehouse(settings.warehouse_path) as connection:
            compiled.note_build(connection, built)
    log.info("marts_built", nodes=nodes)
    return BuildResult(nodes)


def run_dbt(settings: Settings, arguments: list[str]) -> Any:
    """What dbt says of one invocation; the warehouse's lock is free afterwards."""
    export(
        {
            "CAMPAIGN_REACH_WAREHOUSE_PATH": str(settings.warehouse_path.absolute()),
            "CAMPAIGN_REACH_WAREHOUSE_MEMORY": settings.warehouse_memory,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
    )
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    runner = dbtRunner(manifest=warm_manifest(settings))
    try:
        return runner.invoke([*arguments, *_places(settings), "--quiet", "--no-use-colors"])
    finally:
        DuckDBConnectionManager.close_all_connections()


def warm_manifest(settings: Settings) -> Any:
    """The parsed project; parsed again when it has changed on disk or another warehouse is meant."""
    built_from = (settings.warehouse_path, newest_source())
    if _warm.manifest is None or _warm.built_from != built_from:
        from dbt.cli.main import dbtRunner

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
        export({"CAMPAIGN_REACH_WAREHOUSE_PATH": str(settings.warehouse_path.absolute())})
        warm_manifest(settings)
    return path


def _places(settings: Settings) -> list[str]:
    folder = settings.dbt_dir.absolute()
    return [
        *("--project-dir", str(DBT_PROJECT)),
        *("--profiles-dir", str(DBT_PROJECT)),
        *("--target-path", str(folder / "target")),
        *("--log-level-file", "none"),
    ]


def require_warehouse(path: Path) -> None:
    """Open the warehouse once.

    Raises: WarehouseBroken when there is none, WarehouseBusy.
    """
    from ingest.adapters.warehouse import open_warehouse

    if not path.exists():
        raise WarehouseBroken(f"There is no warehouse at {path}. Run `campaign-reach load` first.")
    with open_warehouse(path):
        pass


def _why(failed: list[Any], exception: BaseException | None, folder: Path) -> SomebodyMustAct | WarehouseBusy:
    if exception and "lock" in str(exception):
        return WarehouseBusy(f"Another process has the warehouse open: {exception}")
    lines = [f"  {node.node.name}: {' '.join(str(node.message).split())[:300]}" for node in failed[:SHOWN]]
    more = f"\n  … and {len(failed) - SHOWN} more" if len(failed) > SHOWN else ""
    reason = "\n".join(lines) or f"  {exception}"
    return BuildFailed(
        f"{len(failed)} dbt nodes failed; the published version stays as it was.\n{reason}{more}\n"
        f"The compiled SQL lies in {folder / 'target' / 'compiled'}."
    )
