"""What was taken out of landing: its manifest, one file per act, written once and before anything is removed.

An object that was erased stands there as the SHA-256 of its id only: enough to never ask for it again.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ingest.adapters.landing.files import Landing
from ingest.domain.errors import LandingDamaged

FOLDER = "removals"
DIGITS = 12
Why = Literal["erased", "expired"]


@dataclass(frozen=True, slots=True)
class RemovedFrom:
    """A landed file of which something was removed: the lines, its SHA-256 before, and after (None: it is gone)."""

    file: str
    sha256_before: str
    sha256_after: str | None
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """One act: when and why (`erased` on demand, `expired` by the retention), what was meant, and from which files."""

    at: str
    why: Why
    object_sha256: str | None
    files: tuple[RemovedFrom, ...]

    def as_bytes(self) -> bytes:
        """The JSON text, the same for the same act."""
        return (json.dumps({"removal_version": 1} | asdict(self), indent=1, sort_keys=True) + "\n").encode()

    @property
    def said(self) -> str:
        """The act in one sentence."""
        lines = sum(len(one.lines) for one in self.files)
        gone = sum(one.sha256_after is None for one in self.files)
        return f"{self.shortly}: {lines} lines rewritten, {gone} files removed"

    @property
    def shortly(self) -> str:
        """Why and when, without how much."""
        return f"{self.why} on {self.at[:10]}"

    @property
    def key(self) -> str:
        """Where the act lies in landing: its moment, and digits of its SHA-256."""
        moment = self.at.replace("-", "").replace(":", "")
        return f"{FOLDER}/{moment}-{hashlib.sha256(self.as_bytes()).hexdigest()[:DIGITS]}.json"


def id_sha256(object_id: str) -> str:
    """What stands for an erased id."""
    return hashlib.sha256(object_id.encode()).hexdigest()


def is_removal(key: str) -> bool:
    """Whether a key of landing is an act of removal."""
    return key.startswith(f"{FOLDER}/")


def read_removals(landing: Landing) -> list[Removal]:
    """Every act, oldest first.

    Raises: LandingDamaged when one is not what was written.
    """
    return [read_removal(landing, key) for key in landing.keys_below(FOLDER)]


def read_removal(landing: Landing, key: str) -> Removal:
    """One act.

    Raises: LandingDamaged when it is not what was written.
    """
    content = landing.local_path(key).read_bytes()
    try:
        facts: dict[str, Any] = json.loads(content)
        files = tuple(RemovedFrom(**one | {"lines": tuple(one["lines"])}) for one in facts["files"])
        removal = Removal(facts["at"], facts["why"], facts["object_sha256"], files)
    except (ValueError, KeyError, TypeError) as error:
        raise LandingDamaged(f"{key} is no act of removal: {error}. Restore it from a backup.") from None
    if removal.key != key or removal.as_bytes() != content:
        raise LandingDamaged(f"{key} is not what was written. Restore it from a backup.")
    return removal


def last_changes(removals: Iterable[Removal]) -> dict[str, tuple[Removal, RemovedFrom]]:
    """The last act on each landed file, and what it did there."""
    return {one.file: (removal, one) for removal in removals for one in removal.files}


def erased_ids(removals: Iterable[Removal]) -> frozenset[str]:
    """The SHA-256 of every id that was erased."""
    return frozenset(one.object_sha256 for one in removals if one.object_sha256 and one.why == "erased")
