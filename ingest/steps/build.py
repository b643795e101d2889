"""Build: make the marts of what was loaded, all of them, by dbt, and test them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from ingest.domain.errors import NoWarehouse, SomebodyMustAct, WarehouseBusy
from ingest.settings import Settings
from ingest.steps.run_dbt import BuildFailed, project_revision, run_dbt

log = structlog.get_logger()
SHOWN = 5


@dataclass(frozen=True, slots=True)
class BuildResult:
    """How many models were built and tests held."""

    nodes: int


def build_marts(settings: Settings, *, select: str | None = None) -> BuildResult:
    """Build and test the models, all or those that `select` names in dbt's syntax.

    What was merged load by load is built anew when models, metric catalogue or accounts' time zones have changed.
    Raises: BuildFailed with the nodes that failed and why, WarehouseBusy, WarehouseBroken.
    """
    from ingest.adapters import compiled_models as compiled
    from ingest.adapters.warehouse import open_warehouse

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


def require_warehouse(path: Path) -> None:
    """Open the warehouse once.

    Raises: WarehouseBroken when there is none, WarehouseBusy.
    """
    from ingest.adapters.warehouse import open_warehouse

    if not path.exists():
        raise NoWarehouse(f"There is no warehouse at {path}. Run `campaign-reach load` first.")
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
