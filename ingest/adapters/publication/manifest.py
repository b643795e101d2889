"""The manifest, the truth about a publication: its files, what they were made from, and what the gates said."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ingest.domain.errors import SomebodyMustAct, StorageFailed

MANIFEST_VERSION = 2
"""2 since a version can be held (`held_since`); 1 is read as well."""
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file of a version; `path` is relative to the version's folder, `rows` None where it holds many tables."""

    path: str
    table: str | None
    sha256: str
    bytes: int
    rows: int | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version: `folder` is relative to the publication, `built_at` and `source_watermark` are UTC, ISO 8601.

    `held_since` stands in the publication's own manifest only: somebody has rolled readers back, and holds them there.
    """

    version: str
    folder: str
    built_at: str
    content_hash: str
    code_revision: str
    registry_hash: str | None
    source_watermark: str | None
    gates: tuple[dict[str, Any], ...] = ()
    files: tuple[PublishedFile, ...] = ()
    held_since: str | None = None
    manifest_version: int = field(default=MANIFEST_VERSION)

    def as_bytes(self) -> bytes:
        """The JSON text, the same for the same manifest; its `seal` is the SHA-256 of the text without it."""
        facts = asdict(self)
        return _text(facts | {"seal": hashlib.sha256(_text(facts)).hexdigest()})


def _text(facts: dict[str, Any]) -> bytes:
    return (json.dumps(facts, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def read_manifest(path: Path) -> Manifest | None:
    """The manifest in a file, None when there is no file.

    Raises: StorageFailed when it is no manifest, SomebodyMustAct when a newer release wrote it.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageFailed(_unreadable(path, error)) from None
    return parse_manifest(content, path)


def parse_manifest(content: bytes, where: object) -> Manifest:
    """The manifest in these bytes, which lie there.

    Raises: StorageFailed when they are no manifest, SomebodyMustAct when a newer release wrote it.
    """
    try:
        facts = json.loads(content)
        written_by = int(facts["manifest_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise StorageFailed(_unreadable(where, error)) from None
    if written_by > MANIFEST_VERSION:
        newer = (
            f"{where} was written by a newer release (manifest version {written_by}, this one knows {MANIFEST_VERSION})"
        )
        raise SomebodyMustAct(f"{newer}. Nothing was changed: update campaign-reach, or publish to another folder.")
    facts.pop("seal", None)
    try:
        files = tuple(PublishedFile(**file) for file in facts.pop("files"))
        return Manifest(**facts | {"files": files, "gates": tuple(facts.pop("gates"))})
    except (KeyError, TypeError) as error:
        raise StorageFailed(_unreadable(where, error)) from None


def _unreadable(where: object, error: Exception) -> str:
    return f"{where} cannot be read as a manifest ({error}). Move it away: the next publication writes a new one."


def content_hash(files: Iterable[PublishedFile]) -> str:
    """SHA-256 over the tables' names and Parquet hashes: equal when the content that was published is equal."""
    content = sorted((file.table or "", file.sha256) for file in files if file.path.endswith(".parquet"))
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def describe(path: Path, folder: Path, *, table: str | None = None, rows: int | None = None) -> PublishedFile:
    """A file of a version as its manifest names it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return PublishedFile(path.relative_to(folder).as_posix(), table, digest, path.stat().st_size, rows)
