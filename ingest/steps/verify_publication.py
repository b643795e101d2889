"""Verify publication: each file of each kept version against its manifest, and the manifest against its seal."""

import hashlib
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import PurePosixPath

from ingest.adapters.publication.manifest import NAME, Manifest, PublishedFile, content_hash, parse_manifest
from ingest.adapters.publication.publication import DATABASE, REJECTED, VERSIONS, Publication
from ingest.domain.errors import CampaignReachError
from ingest.domain.findings import Finding, Look, Looks
from ingest.domain.marts import NOT_CONTENT


def looks_at_publication(publication: Publication) -> Looks:
    """A look at each kept version and stopped candidate, and at what readers follow; those of past days too."""
    paths = publication.paths()
    versions = sorted({path.rpartition("/")[0] for path in paths if _kind(path) and path.endswith(f"/{NAME}")})
    pointers = [path for path in paths if PurePosixPath(path).name == NAME and not _kind(path)]
    looks = [Look(f"{one}/{NAME}", partial(_version, publication, one, paths)) for one in versions]
    looks += [Look(one, partial(_pointer, publication, one, paths)) for one in pointers]
    known = {f"{one.removesuffix(NAME)}{name}" for one in pointers for name in (NAME, DATABASE)}
    homeless = [
        Finding(path, "belongs to no version: no manifest names it")
        for path in paths
        if path not in known and not any(path.startswith(f"{one}/") for one in versions)
    ]
    return Looks(looks, homeless)


def _kind(path: str) -> str:
    """Whether something is of a version or of a stopped candidate; nothing when it is of none."""
    parts = PurePosixPath(path).parts[:-2]
    return next((part for part in parts if part in (VERSIONS, REJECTED)), "")


def _version(publication: Publication, folder: str, paths: list[str]) -> Iterator[Finding]:
    """What is wrong with a version: its manifest, each file that this names, and files that it does not name."""
    where = f"{folder}/{NAME}"
    manifest = yield from _manifest(publication, where)
    if manifest is None:
        return
    if PurePosixPath(manifest.folder).name != PurePosixPath(folder).name:
        yield Finding(where, f"is that of another version: it names {manifest.folder}")
    if content_hash(file for file in manifest.files if _is_content(file)) != manifest.content_hash:
        yield Finding(where, "names another content hash than its tables have")
    named = {f"{folder}/{file.path}": file for file in manifest.files}
    there = {path for path in paths if path.startswith(f"{folder}/") and path != where}
    yield from (Finding(path, "is named by no manifest") for path in sorted(there - set(named)))
    for path, file in named.items():
        if path not in there:
            yield Finding(path, "is gone: its manifest names it")
        elif _sha256(publication, path) != file.sha256:
            yield Finding(path, "has other bytes than its manifest says")


def _manifest(publication: Publication, where: str) -> Generator[Finding, None, Manifest | None]:
    """The manifest, if it can be read; what is wrong with it."""
    content = publication.local_file(where).read_bytes()
    try:
        manifest = parse_manifest(content, where)
    except CampaignReachError as error:
        yield Finding(where, str(error))
        return None
    if b'"seal"' not in content:
        yield Finding(where, "has no seal: an older release wrote it", is_wrong=False)
    elif manifest.as_bytes() != content:
        yield Finding(where, "is not what was written: its seal is broken")
    return manifest


def _is_content(file: PublishedFile) -> bool:
    """Whether a file goes into the content hash: the Parquet of a mart that is not about the publication itself."""
    return file.table is not None and file.table not in NOT_CONTENT and file.path.startswith("parquet/")


def _pointer(publication: Publication, where: str, paths: list[str]) -> Iterator[Finding]:
    """What is wrong with the manifest that readers follow, and with the stable name beside it."""
    manifest = yield from _manifest(publication, where)
    if manifest is None:
        return
    root = where.removesuffix(NAME)
    if f"{root}{manifest.folder}/{NAME}" not in paths:
        yield Finding(where, f"names {manifest.folder}, which is not there. Publish again")
    database = f"{root}{DATABASE}"
    served = next((file.sha256 for file in manifest.files if file.path == DATABASE), None)
    if database in paths and _sha256(publication, database) != served:
        yield Finding(database, "is not the served version's file. Publish again")


def _sha256(publication: Publication, path: str) -> str:
    with publication.local_file(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
