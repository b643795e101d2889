"""Rebuild: warehouse and publication anew from landing alone, beside the old ones, then in their place."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.landing.removals import read_removals
from ingest.adapters.publication.manifest import Manifest
from ingest.adapters.publication.open_publication import open_publication
from ingest.adapters.warehouse import open_warehouse
from ingest.domain.errors import NothingYet, WarehouseBroken
from ingest.domain.marts import NOT_CONTENT
from ingest.settings import Settings, load_settings
from ingest.steps.build import build_marts
from ingest.steps.check_landed import check_landed
from ingest.steps.load import load_landed
from ingest.steps.publish import publish_marts

log = structlog.get_logger()
STAGES = ("judge what landed", "build the marts", "put it in its place", "publish")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was made from landing: how much, the version that is served now, and how it compares with the one before.

    `differing` are the marts that are not as they were, of the version that was served before.
    """

    files: int
    rows: int
    version: str
    content_hash: str
    before: str | None
    differing: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether the content is that of the version that was served before."""
        return self.content_hash == self.before


def landed_count(settings: Settings) -> int:
    """How many landed files a rebuild reads."""
    return len(open_landing(settings).landed_keys())


def removed_from_landing(settings: Settings) -> list[str]:
    """What landing holds no more, so that a rebuild cannot bring it back; one sentence per act."""
    return [one.said for one in read_removals(open_landing(settings))]


def rebuild(
    settings: Settings,
    *,
    loaded: Callable[[int], None] = lambda _: None,
    told: Callable[[str], None] = lambda _: None,
    accept_fall: bool = False,
) -> Rebuilt:
    """Make the warehouse anew beside the old one, put it in its place, and publish; `told` hears of each stage.

    Whatever stops it before that leaves the old warehouse and the served version as they are.
    Raises: SettingsInvalid when nothing has landed, LandingDamaged, GateStopped, and what load, build, publish raise.
    """
    beside = load_settings(**(settings.model_dump() | {"warehouse_path": _beside(settings.warehouse_path)}))
    _remove(beside.warehouse_path)
    before = open_publication(settings).served()
    result = load_landed(beside, told=loaded)
    if not result.files:
        raise NothingYet(f"Nothing has landed in {settings.landing_uri}, so there is nothing to rebuild from.")
    told(STAGES[0])
    check_landed(beside)
    told(STAGES[1])
    build_marts(beside)
    told(STAGES[2])
    _put_in_place(beside.warehouse_path, settings.warehouse_path)
    told(STAGES[3])
    published = publish_marts(settings, accept_fall=accept_fall)
    log.info("warehouse_rebuilt", files=result.files, rows=result.rows, version=published.version)
    return Rebuilt(
        files=result.files,
        rows=result.rows,
        version=published.version,
        content_hash=published.manifest.content_hash,
        before=before.content_hash if before else None,
        differing=_differing(before, published.manifest),
    )


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.rebuilt{path.suffix}")


def _remove(path: Path) -> None:
    for one in (path, path.with_name(f"{path.name}.wal")):
        one.unlink(missing_ok=True)


def _put_in_place(rebuilt: Path, path: Path) -> None:
    """Give the rebuilt warehouse the name of the old one in one step; one that cannot be read makes way.

    Raises: WarehouseBusy when somebody has the old one open: the rebuilt one is made again next time.
    """
    if path.exists():
        try:
            with open_warehouse(path):  # nobody else has it open, and its write-ahead log is taken in
                pass
        except WarehouseBroken as error:
            log.warning("broken_warehouse_replaced", reason=str(error))
    with open_warehouse(rebuilt) as connection:
        connection.execute("checkpoint")
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    rebuilt.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _differing(before: Manifest | None, after: Manifest) -> tuple[str, ...]:
    """The marts whose content is not what it was."""
    if before is None:
        return ()
    hashes = [
        {file.path: file.sha256 for file in one.files if file.path.startswith("parquet/")} for one in (before, after)
    ]
    about_itself = {f"parquet/{table}.parquet" for table in NOT_CONTENT}
    paths = (set(hashes[0]) | set(hashes[1])) - about_itself
    return tuple(sorted(Path(one).stem for one in paths if hashes[0].get(one) != hashes[1].get(one)))
