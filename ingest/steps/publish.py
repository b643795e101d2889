"""Publish: copy the marts into a candidate, let the gates look, and switch readers over in one rename.

The last verb of the pipeline. A stopped gate leaves the served version where it is.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import structlog

from expectations.candidate_publication import judge_candidate
from expectations.cross_checks import RawPosts, judge_cross_checks
from ingest.adapters.accepted_loads import not_accepted
from ingest.adapters.publication import candidate
from ingest.adapters.publication.candidate import PublicationRow
from ingest.adapters.publication.disk import storage
from ingest.adapters.publication.engine import one_engine
from ingest.adapters.publication.exports import export_csv, export_parquet, parquet_path
from ingest.adapters.publication.manifest import Manifest, PublishedFile, content_hash, describe
from ingest.adapters.publication.open_publication import open_publication
from ingest.adapters.publication.provenance import LoadedRegistry, loaded_registry, posts_not_in_marts
from ingest.adapters.publication.publication import DATABASE, REJECTED, VERSIONS, Publication
from ingest.adapters.revision import code_revision
from ingest.adapters.warehouse_file import held, opened
from ingest.domain.errors import GateStopped
from ingest.domain.gates import Verdict
from ingest.domain.marts import NOT_CONTENT
from ingest.settings import PROJECT, Settings
from ingest.steps.check_landed import check_landed
from ingest.steps.describe_version import describe_version

log = structlog.get_logger()

REPORT = "report"
"""The folder of a version in which its report lies."""
Addition = Callable[[Settings, Path], None]
"""Writes files of its own into the folder of a version that passed, beside its DuckDB file, before it is put in place:
they stand in the manifest, and readers never see half of them. They are no part of the content hash."""


def add_report(settings: Settings, folder: Path) -> None:
    """Draw the report of a version into it: `report/`.

    Raises: StorageFailed.
    """
    from ingest.steps.report import draw_report
    from ingest.steps.report_facts import read_facts

    with storage(folder, "Writing the report"):
        draw_report(read_facts(folder / DATABASE), folder / REPORT)


def has_report(manifest: Manifest) -> bool:
    """Whether a version was published with its report."""
    return any(file.path.startswith(f"{REPORT}/") for file in manifest.files)


ADDITIONS: tuple[Addition, ...] = (add_report,)
COMPARED = "agg_phase_content_type_reach"


@dataclass(frozen=True, slots=True)
class Published:
    """What readers see now: `path` is the DuckDB file that they open, `is_new` says whether this run switched them."""

    version: str
    path: str
    manifest: Manifest
    is_new: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A candidate before the gate: its folder, its content as Parquet, and what it was made from."""

    folder: Path
    content: tuple[PublishedFile, ...]
    registry: LoadedRegistry
    raw: RawPosts
    row: PublicationRow

    @property
    def database(self) -> Path:
        """The candidate's DuckDB file."""
        return self.folder / DATABASE


def publish_changes(settings: Settings) -> str:
    """Load, judge what was loaded, build what it changes, publish; gives the version that is served.

    Numbers do not wait for pictures: the next publication of everything, at most ten minutes later, draws the report.
    Raises: GateStopped, and all that the steps raise.
    """
    from ingest.steps.build_changes import build_changes, build_with_known_models

    with _held_open(settings):
        _load(settings)
        built = build_with_known_models(settings)
    if built is None:
        build_changes(settings)
    return publish_marts(settings, with_report=False, is_checked=True).version


def publish_all(settings: Settings) -> str:
    """Load, judge what was loaded, build and test everything, publish; gives the version that is served.

    After that, what is older than the retention leaves landing.
    Raises: GateStopped, and all that the steps raise.
    """
    from ingest.steps.build import build_marts
    from ingest.steps.expire import expire

    with _held_open(settings):
        _load(settings)
    build_marts(settings)
    version = publish_marts(settings, is_checked=True).version
    expire(settings)
    return version


@contextmanager
def _held_open(settings: Settings) -> Iterator[None]:
    """Until the end the warehouse is opened once for all who ask for it."""
    from ingest.adapters.warehouse import open_warehouse

    with open_warehouse(settings.warehouse_path) as warehouse, held(settings.warehouse_path, warehouse):
        yield


def _load(settings: Settings) -> None:
    """Load all that landed, and judge it."""
    from ingest.steps.load import load_landed

    load_landed(settings)
    check_landed(settings)


def publish_marts(
    settings: Settings, *, accept_fall: bool = False, with_report: bool = True, is_checked: bool = False
) -> Published:
    """Publish what the warehouse holds, after the gates have looked; nothing new when the content is served already.

    A served version that has no report yet is followed by one with the same content and its report.

    `is_checked` says that the gate of what landed has just looked, in this very run: it looks again only where another
    process has loaded something since.
    While somebody holds readers at an older version (`publish --rollback`), nothing is published. `accept_fall` says
    that numbers which collapsed since the last publication are right.
    Raises: GateStopped, StorageFailed, WarehouseBusy, WarehouseBroken, TryAgain while another one publishes.
    """
    publication = open_publication(settings)
    with publication.publishing() as workspace, one_engine(workspace / "version" / DATABASE, settings.warehouse_path):
        served = publication.served()
        if served and served.held_since:
            log.warning("publication_held", version=served.version, since=served.held_since)
            return _published(publication, served, is_new=False)
        landed = check_landed(settings) if not is_checked or _waits_for_judgement(settings) else None
        draft = prepare(settings.warehouse_path, workspace / "version", built_at=settings.clock())
        is_served = served and served.content_hash == draft.row.content_hash and publication.is_whole(served)
        if served and is_served and (has_report(served) or not with_report):
            publication.point_to(served, workspace=workspace)
            log.info("publication_unchanged", version=served.version)
            return _published(publication, served, is_new=False)
        verdicts = _judge(settings, draft, _last(publication, served), accept_fall=accept_fall)
        judged = (landed, *verdicts) if landed else verdicts
        manifest = finish(settings, draft, judged, additions=ADDITIONS if with_report else ())
        if stopped := [verdict for verdict in verdicts if not verdict.passed]:
            kept = publication.reject(draft.folder, manifest, workspace=workspace)
            raise GateStopped(_stopped(stopped, publication.place(kept.folder), served))
        manifest = publication.serve(draft.folder, manifest, workspace=workspace)
    log.info(
        "publication_made",
        version=manifest.version,
        warnings=[result.rule for verdict in verdicts for result in verdict.warnings],
    )
    return _published(publication, manifest, is_new=True)


def _waits_for_judgement(settings: Settings) -> bool:
    with opened(settings.warehouse_path) as warehouse:
        return bool(not_accepted(warehouse))


def _published(publication: Publication, manifest: Manifest, *, is_new: bool) -> Published:
    return Published(manifest.version, publication.readers_open(manifest), manifest, is_new=is_new)


def prepare(warehouse: Path, folder: Path, *, built_at: datetime) -> Draft:
    """Lay a candidate of the warehouse's marts into a new folder, with its content hash and its name.

    Raises: StorageFailed, WarehouseBusy, WarehouseBroken.
    """
    database = candidate.copy_marts(warehouse, folder / DATABASE)
    with opened(warehouse) as connection:
        registry = loaded_registry(connection)
        raw = _raw_posts(connection)
    content = export_parquet(database, folder, leave_out=NOT_CONTENT)
    digest = content_hash(content)
    row = PublicationRow(
        version=f"{built_at:%Y%m%dT%H%M%SZ}-{digest[:8]}",
        built_at=built_at.astimezone(UTC).replace(tzinfo=None),
        content_hash=digest,
        source_watermark=candidate.watermark_of(database),
        registry_hash=registry.sha256,
        code_revision=code_revision(PROJECT),
        gate_result="pending",
    )
    candidate.record(database, row)
    return Draft(folder, content, registry, raw, row)


def _judge(
    settings: Settings, draft: Draft, last: tuple[Manifest, Path] | None, *, accept_fall: bool
) -> tuple[Verdict, ...]:
    """What the gates say of a candidate by itself, and beside raw and the last publication."""
    rules_changed = last is not None and last[0].registry_hash != draft.row.registry_hash
    return (
        judge_candidate(draft.database, registry_figures=draft.registry.figures),
        judge_cross_checks(
            draft.database,
            raw=draft.raw,
            last=last[1] if last else None,
            now=settings.clock(),
            is_accepted=accept_fall or rules_changed,
        ),
    )


def _last(publication: Publication, served: Manifest | None) -> tuple[Manifest, Path] | None:
    """The last publication and its sums by campaign and platform, if it is there to compare with."""
    if served is None or not publication.is_whole(served):
        return None
    return served, publication.local_copy(served, parquet_path(COMPARED))


def _raw_posts(connection: duckdb.DuckDBPyConnection) -> RawPosts:
    """What became of the newest loads' posts; as lost as they are when that cannot be asked: the gate stops then."""
    try:
        return RawPosts(*posts_not_in_marts(connection))
    except duckdb.Error as error:
        return RawPosts(0, 1, str(error).splitlines()[0])


def finish(
    settings: Settings, draft: Draft, verdicts: tuple[Verdict, ...], *, additions: tuple[Addition, ...] = ()
) -> Manifest:
    """Write the verdicts into the candidate and all other files beside it; the manifest of its folder as it stands.

    Raises: StorageFailed, and what the additions raise.
    """
    is_passed = all(verdict.passed for verdict in verdicts)
    row = replace(draft.row, gate_result="passed" if is_passed else "stopped")
    candidate.record(draft.database, row, verdicts)
    about_itself = export_parquet(draft.database, draft.folder, leave_out=frozenset(_tables(draft)))
    csv = export_csv(draft.database, draft.folder)
    manifest = Manifest(
        version=row.version,
        folder=f"{VERSIONS if is_passed else REJECTED}/{row.version}",
        built_at=_moment(row.built_at),
        content_hash=row.content_hash,
        code_revision=row.code_revision,
        registry_hash=row.registry_hash,
        source_watermark=_moment(row.source_watermark) if row.source_watermark else None,
        gates=tuple(one.as_json() for one in verdicts),
        files=(describe(draft.database, draft.folder), *draft.content, *about_itself, *csv),
    )
    describe_version(settings, draft.folder, manifest, verdicts)
    for add in additions if is_passed else ():
        add(settings, draft.folder)
    return _with_what_was_added(manifest, draft.folder)


def _with_what_was_added(manifest: Manifest, folder: Path) -> Manifest:
    """The manifest with every other file of the folder in it, so that nothing lies there that nobody vouches for."""
    known = {file.path for file in manifest.files}
    there = (path for path in sorted(folder.rglob("*")) if path.is_file())
    added = (describe(path, folder) for path in there if path.relative_to(folder).as_posix() not in known)
    return replace(manifest, files=(*manifest.files, *added))


def _tables(draft: Draft) -> list[str]:
    return [file.table for file in draft.content if file.table]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _stopped(verdicts: Sequence[Verdict], kept: str, served: Manifest | None) -> str:
    still = f"Version {served.version} stays served." if served else "Nothing is served yet."
    why = "\n".join(verdict.in_one_screen() for verdict in verdicts)
    return f"{why}\n{still} The stopped candidate and its verdict lie in {kept}"
