"""Build changes: bring the marts up to what was loaded since the last build, within a second.

It runs the SQL that dbt compiled, of those models only that come from what has changed. Views need nothing; the tests
of the models run with the next whole build, which the daily run makes, and the gate judges every publication.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb
import structlog

from ingest.settings import Settings
from ingest.steps.build import BuildResult, build_marts, require_warehouse
from ingest.steps.run_dbt import BuildFailed, project_revision, run_dbt, warm_manifest

if TYPE_CHECKING:
    from ingest.adapters.compiled_models import CompiledModel, LastBuild

log = structlog.get_logger()
KEPT = "compiled_models.json"
TABLES = "config.materialized:table config.materialized:incremental"


def build_changes(settings: Settings) -> BuildResult:
    """Build what the new loads have changed; everything, by dbt, when nothing is built or the project is another.

    Raises: BuildFailed, WarehouseBusy, WarehouseBroken.
    """
    from ingest.adapters import compiled_models as compiled
    from ingest.adapters.warehouse import open_warehouse

    if not settings.warehouse_path.exists():
        require_warehouse(settings.warehouse_path)
    built = build_with_known_models(settings)
    if built is not None:
        return built
    revision = project_revision(settings)
    with open_warehouse(settings.warehouse_path) as connection:
        last = compiled.last_build(connection)
        is_same = last is not None and last.revision == compiled.revision_of(connection, revision)
    if not is_same:
        return build_marts(settings)
    compiled.write_models(settings.dbt_dir / KEPT, revision, _compiled(settings))
    return build_changes(settings)


def build_with_known_models(settings: Settings) -> BuildResult | None:
    """Build what the new loads have changed, without dbt; None when dbt must compile or build first.

    dbt opens the warehouse itself: only this may run while somebody holds it open.
    Raises: BuildFailed, WarehouseBusy, WarehouseBroken.
    """
    from ingest.adapters import compiled_models as compiled
    from ingest.adapters.warehouse import open_warehouse

    revision = project_revision(settings)
    models = compiled.read_models(settings.dbt_dir / KEPT, revision)
    if models is None:
        return None
    with open_warehouse(settings.warehouse_path) as connection:
        last = compiled.last_build(connection)
        if last is None or last.revision != compiled.revision_of(connection, revision):
            return None
        return BuildResult(_run(settings, connection, last, models))


def _run(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    last: "LastBuild",
    models: "Sequence[CompiledModel]",
) -> int:
    """Run the models that come from what has changed; how many."""
    from ingest.adapters import compiled_models as compiled
    from ingest.adapters.warehouse_file import use_threads

    connection.execute("set memory_limit = $1", [settings.warehouse_memory])
    use_threads(connection, settings.warehouse_path)
    changed = compiled.changed_tables(connection, since=last.load_id)
    due = [model for model in models if changed & set(model.sources)]
    touched = None if "registry" in changed else compiled.touched_posts(connection, since=last.load_id)
    built = compiled.LastBuild(compiled.newest_load(connection), last.revision)
    try:
        ran = compiled.run_models(connection, due, built, touched=touched)
    except duckdb.Error as error:
        raise BuildFailed(
            f"A model could not be brought up to date: {str(error).splitlines()[0]}. Nothing has changed. "
            "Run `campaign-reach build`, which says which."
        ) from None
    log.info("changes_built", models=ran, changed=sorted(changed))
    return ran


def _compiled(settings: Settings) -> "list[CompiledModel]":
    from ingest.adapters.compiled_models import CompiledModel

    result = run_dbt(settings, ["compile", "--select", *TABLES.split()])
    if not result.success:
        raise BuildFailed(f"The models cannot be compiled: {result.exception}. Run `campaign-reach build`.")
    nodes = warm_manifest(settings).nodes
    models = []
    for node in (one.node for one in result.result if one.node.resource_type == "model"):
        keys = node.config.unique_key or () if node.config.materialized == "incremental" else ()
        models.append(
            CompiledModel(
                node.relation_name,
                node.compiled_code,
                (keys,) if isinstance(keys, str) else tuple(keys),
                tuple(sorted(_sources(nodes, node.unique_id))),
                bool(node.config.meta.get("is_per_post")),
            )
        )
    return models


def _sources(nodes: Any, unique_id: str) -> set[str]:
    """The raw tables that a model comes from, directly or through others."""
    found: set[str] = set()
    for parent in nodes[unique_id].depends_on.nodes:
        found |= {parent.rpartition(".")[2]} if parent.startswith("source.") else _sources(nodes, parent)
    return found
