"""Verify landing: each file against the load log, its checksums and its name; each body against its hash."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath

from ingest.adapters.landing.envelope import DIGITS, digest_of
from ingest.adapters.landing.files import SUFFIX, Landing, batches_among, compressed
from ingest.adapters.landing.lines import LandedLine, open_landed, original_key
from ingest.adapters.landing.removals import RemovedFrom, is_removal, read_removal
from ingest.domain.errors import LandingDamaged
from ingest.domain.findings import Finding, Look, Looks

FRAME_DESCRIPTOR, UNUSED_BIT = 4, 0b10000
"""A bit of a zstd frame that no decoder looks at."""


def looks_at_landing(landing: Landing, logged: dict[str, str]) -> Looks:
    """A look at each landed file, with what lies beside it; `logged` is the load log's SHA-256 by key."""
    keys = landing.keys()
    there, batches = set(keys), batches_among(keys)
    beside = [key for key in keys if not key.endswith(SUFFIX) and not is_removal(key)]
    removals, seen = _removals(landing, [key for key in keys if is_removal(key)])
    seen += _missing(logged, removals, there)
    seen += [Finding(key, "lies beside no landed file") for key in beside if not _owner(key, there)]
    own: dict[str, list[str]] = {}
    for key in beside:
        own.setdefault(_owner(key, there), []).append(key)
    return Looks(
        [
            Look(key, partial(_landed, landing, key, logged.get(key), removals.get(key), own.get(key, [])))
            for key in batches
        ],
        seen,
    )


def _missing(logged: dict[str, str], removals: dict[str, RemovedFrom], there: set[str]) -> Iterator[Finding]:
    """Files that were loaded and are gone, and files that were removed and are there."""
    removed = {key for key, change in removals.items() if change.sha256_after is None}
    for key in sorted(set(logged) - there - removed):
        yield Finding(key, "is gone: it was loaded. Restore it from a backup")
    for key in sorted(removed & there):
        yield Finding(key, "was to be removed and is still there: run the same removal again")


def _owner(key: str, there: set[str]) -> str:
    """The landed file that something lies beside; nothing when there is none."""
    path = PurePosixPath(key)
    lines = f"{path.with_name(path.name.partition('.')[0])}{SUFFIX}"
    return lines if lines in there else ""


def _removals(landing: Landing, keys: list[str]) -> tuple[dict[str, RemovedFrom], list[Finding]]:
    """The last removal of each file; what was removed is named."""
    last: dict[str, RemovedFrom] = {}
    found: list[Finding] = []
    for key in keys:
        try:
            removal = read_removal(landing, key)
        except LandingDamaged as error:
            found.append(Finding(key, str(error)))
            continue
        last |= {one.file: one for one in removal.files}
        found.append(Finding(key, removal.said, is_wrong=False))
    return last, found


def _landed(
    landing: Landing, key: str, logged: str | None, removed: RemovedFrom | None, beside: list[str]
) -> Iterator[Finding]:
    """What is wrong with a landed file and with what lies beside it."""
    try:
        content = open_landed(landing, key)
        lines = list(content.read())
    except LandingDamaged as error:
        yield Finding(key, str(error).removeprefix(f"{key} "))
        return
    if logged is None:
        yield Finding(key, "is not in the load log: it was not loaded yet", is_wrong=False)
    expected = removed.sha256_after if removed else logged
    if expected is None:
        yield from _unlogged(landing, key, content.lines)
    elif content.sha256 != expected:
        is_before = removed and content.sha256 == removed.sha256_before
        yield Finding(key, "still holds what was to be removed" if is_before else "has other bytes than it had")
    elif logged not in (None, content.sha256):
        yield Finding(key, "was rewritten after it was loaded: campaign-reach rebuild", is_wrong=False)
    for line in lines:
        if not line.is_true:
            yield Finding(f"{key} line {line.line_no}", "its body is not what its hash says")
    yield from _beside(landing, key, lines, beside, is_rewritten=removed is not None)


def _unlogged(landing: Landing, key: str, lines: tuple[bytes, ...]) -> Iterator[Finding]:
    """A file that no log knows is held against what is written for its lines."""
    content = landing.local_path(key).read_bytes()
    is_odd = bool(content[FRAME_DESCRIPTOR] & UNUSED_BIT)
    if is_odd or content != compressed(b"".join(line + b"\n" for line in lines)):
        yield Finding(key, "is not in the load log, and not what is written for its lines")


def _beside(
    landing: Landing, key: str, lines: list[LandedLine], beside: list[str], *, is_rewritten: bool
) -> Iterator[Finding]:
    """What is wrong with the files beside a landed file, and with its name, which comes from its content."""
    originals = {original_key(key, line.line_no) for line in lines if line.is_cleaned}
    others = [one for one in beside if one not in originals]
    digits = PurePosixPath(key).name.partition(".")[0][-DIGITS:]
    if digest_of((line.request, line.body_sha256) for line in lines)[:DIGITS] == digits:
        yield from (Finding(one, "belongs to no line of the landed file beside it") for one in others)
        return
    hashes = {one: _sha256_of(landing, one) for one in others}
    yield from (
        Finding(one, "is not the file that landed under this name")
        for one, digest in hashes.items()
        if digest[:DIGITS] != digits and not is_rewritten
    )
    is_named = any(str(line.request["params"].get("sha256", ""))[:DIGITS] == digits for line in lines)
    if not others and not is_named and not is_rewritten:
        yield Finding(key, "is not named as its content is, or the imported file beside it is gone")


def _sha256_of(landing: Landing, key: str) -> str:
    with landing.local_path(key).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
