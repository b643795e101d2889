"""Roll back: serve an older kept version again and hold readers there, until somebody lets publications go on."""

from dataclasses import dataclass, replace

import structlog

from ingest.adapters.publication.manifest import Manifest
from ingest.adapters.publication.open_publication import open_publication
from ingest.adapters.publication.publication import DATABASE, REJECTED, Publication
from ingest.domain.errors import StorageFailed
from ingest.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RejectedCandidate:
    """A stopped candidate that was kept: where its file lies, and which rules stopped it."""

    version: str
    database: str
    stopped_by: tuple[str, ...]


def roll_back(settings: Settings, *, version: str | None = None) -> Manifest:
    """Serve the version before the served one, or the named one, and hold readers there; its manifest.

    Raises: StorageFailed when there is no such version or it is not whole, TryAgain while another one publishes.
    """
    publication = open_publication(settings)
    with publication.publishing() as workspace:
        target = replace(_target(publication, version), held_since=f"{settings.clock():%Y-%m-%dT%H:%M:%SZ}")
        if not publication.is_whole(target):
            raise StorageFailed(
                f"Version {target.version} cannot be served again: a file that its manifest names is missing or cut in "
                f"{publication.place(target.folder)}. Choose another: `campaign-reach publish --rollback --to VERSION`."
            )
        publication.switch(target, workspace=workspace)
    log.info("publication_rolled_back", version=target.version)
    return target


def resume(settings: Settings) -> None:
    """Let publications go on after a rollback; nothing when they do.

    Raises: StorageFailed, TryAgain while another one publishes.
    """
    publication = open_publication(settings)
    with publication.publishing() as workspace:
        served = publication.served()
        if served and served.held_since:
            publication.switch(replace(served, held_since=None), workspace=workspace)
            log.info("publication_resumed", version=served.version)


def rejected_candidates(settings: Settings) -> list[RejectedCandidate]:
    """The stopped candidates that are kept, newest first."""
    publication = open_publication(settings)
    return [
        RejectedCandidate(
            manifest.version,
            publication.place(f"{manifest.folder}/{DATABASE}"),
            tuple(
                f"{result['rule']}: {result['observed']}"
                for gate in manifest.gates
                for result in gate["results"]
                if not result["evaluated"] or (result["severity"] == "critical" and not result["passed"])
            ),
        )
        for manifest in reversed(publication.kept(REJECTED))
    ]


def _target(publication: Publication, version: str | None) -> Manifest:
    kept, served = publication.kept(), publication.served()
    if version:
        found = [one for one in kept if one.version == version]
    else:
        found = [one for one in kept if served and one.version < served.version]
    if not found:
        names = ", ".join(one.version for one in kept) or "none"
        wanted = f"version {version}" if version else "version before the served one"
        raise StorageFailed(f"There is no {wanted} to roll back to. Nothing was changed. Kept versions: {names}.")
    return found[-1]
