"""A publisher that is killed again and again while readers reopen: what readers saw, and whether any of it was wrong.

Each version holds one number in its DuckDB file and in a Parquet file. A reader opens what the manifest names and
checks both against each other and against the manifest's hashes: torn, missing, or older than what it saw before.
"""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb

from ingest.adapters.publication.folder import FolderPublication
from ingest.adapters.publication.manifest import Manifest, describe
from ingest.adapters.publication.publication import DATABASE, Publication
from ingest.adapters.publication.s3 import S3Publication
from ingest.adapters.s3 import bucket_at
from ingest.settings import PROJECT

PARQUET = "parquet/numbers.parquet"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Seen:
    """What the readers saw altogether: `reads` that were right, and a line for each that was not."""

    reads: int = 0
    versions: int = 0
    torn: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    backward: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fought:
    """How many versions were published, how often the publisher was killed, and what readers saw."""

    published: int
    kills: int
    seen: Seen

    @property
    def is_clean(self) -> bool:
        """Whether no reader saw anything wrong, and enough was read to say so."""
        wrong = (*self.seen.torn, *self.seen.missing, *self.seen.backward)
        return not wrong and self.seen.reads > self.published // 10


def open_at(uri: str, endpoint_url: str) -> Publication:
    """The publication at a folder or on S3; versions that readers may hold stay for a while."""
    if uri.startswith("s3://"):
        return S3Publication(bucket_at(uri, setting="uri", endpoint_url=endpoint_url), keep=8)
    return FolderPublication(Path(uri), keep=8)


def fight(uri: str, *, publications: int, kills: int, readers: int, seed: int, endpoint_url: str = "") -> Fought:
    """Publish so many versions, kill the publisher so often at random moments, with so many readers reopening."""
    dice = random.Random(seed)  # noqa: S311 - the same kills for the same seed
    context = multiprocessing.get_context("spawn")
    lines, processes = [], []
    for _ in range(readers):
        ours, theirs = context.Pipe()
        process = context.Process(target=read_on, args=(uri, endpoint_url, theirs), daemon=True)
        process.start()
        lines.append(ours)
        processes.append(process)
    killed = _publish_and_kill(uri, endpoint_url, publications, kills, dice)
    seen = Seen()
    for line, process in zip(lines, processes, strict=True):
        line.send("stop")
        part = line.recv()
        seen.reads += part.reads
        seen.versions = max(seen.versions, part.versions)
        seen.torn += part.torn
        seen.missing += part.missing
        seen.backward += part.backward
        process.join()
    served = open_at(uri, endpoint_url).served()
    return Fought(number_of(served) if served else 0, killed, seen)


def _publish_and_kill(uri: str, endpoint_url: str, publications: int, kills: int, dice: random.Random) -> int:
    """Let a publisher run to the last number; the kills fall at random moments all along its way. How many fell."""
    killed = 0
    command = [sys.executable, "-m", "tests.readers.publishing_under_fire", uri, endpoint_url, str(publications)]
    at = sorted(dice.sample(range(1, publications), kills))
    while True:
        publisher = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        assert publisher.stdout
        for line in publisher.stdout:
            if at and int(line) >= at[0]:
                at.pop(0)
                time.sleep(dice.uniform(0, 0.06))
                os.kill(publisher.pid, signal.SIGKILL)
                killed += publisher.wait() == -signal.SIGKILL
                break
        publisher.stdout.close()
        if publisher.wait() == 0:
            return killed
        assert publisher.returncode == -signal.SIGKILL, publisher.returncode


def publish_on(publication: Publication, last: int) -> None:
    """Publish one number after the other, from the one after the served one to the last; says each before it begins."""
    served = publication.served()
    for number in range((number_of(served) if served else 0) + 1, last + 1):
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        with publication.publishing() as workspace:
            prepared, manifest = prepare(workspace, number)
            publication.serve(prepared, manifest, workspace=workspace)


def prepare(workspace: Path, number: int) -> tuple[Path, Manifest]:
    """A version whose two files hold one number, and its manifest."""
    prepared = workspace / "version"
    (prepared / "parquet").mkdir(parents=True)
    with duckdb.connect(str(prepared / DATABASE)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.numbers as select ? as number from range(5000)", [number])
        connection.execute(f"copy marts.numbers to '{prepared / PARQUET}'")
    built_at = FIRST + timedelta(minutes=number)
    version = f"{built_at:%Y%m%dT%H%M%SZ}-{number:08x}"
    parquet = describe(prepared / PARQUET, prepared, table="numbers", rows=5000)
    return prepared, Manifest(
        version=version,
        folder=f"versions/{version}",
        built_at=built_at.isoformat(),
        content_hash=f"{number:064x}",
        code_revision="0.1.0",
        registry_hash=None,
        source_watermark=None,
        files=(describe(prepared / DATABASE, prepared), parquet),
    )


def number_of(manifest: Manifest) -> int:
    """The number that a version holds."""
    return int(manifest.version[-8:], 16)


def read_on(uri: str, endpoint_url: str, line: Connection) -> None:
    """Reopen what the manifest names until somebody says stop, then send what was seen."""
    seen, newest, versions = Seen(), 0, set()
    while not line.poll():
        publication = open_at(uri, endpoint_url)
        manifest = publication.served()
        if manifest is None:
            if newest:
                seen.missing.append(f"no manifest after {newest}")
            time.sleep(0.01)
            continue
        number = number_of(manifest)
        if number < newest:
            seen.backward.append(f"{number} after {newest}")
        newest = max(newest, number)
        versions.add(number)
        try:
            wrong = torn(publication, manifest)
        except Exception as error:
            seen.missing.append(f"{manifest.version}: {type(error).__name__}: {error}")
            continue
        seen.torn += [wrong] if wrong else []
        seen.reads += not wrong
    line.recv()
    seen.versions = len(versions)
    line.send(seen)


def torn(publication: Publication, manifest: Manifest) -> str | None:
    """What does not agree: a file with its hash in the manifest, or the numbers in the files; None when all do."""
    paths = {file.path: publication.local_copy(manifest, file.path) for file in manifest.files}
    for file in manifest.files:
        if describe(paths[file.path], paths[file.path].parent).sha256 != file.sha256:
            return f"{manifest.version}: {file.path} is not what the manifest says"
    with duckdb.connect(str(paths[DATABASE]), read_only=True) as connection:
        query = f"select distinct number from marts.numbers union select distinct number from '{paths[PARQUET]}'"
        numbers = [number for (number,) in connection.execute(query).fetchall()]
    return None if numbers == [number_of(manifest)] else f"{manifest.version} holds {json.dumps(numbers)}"


if __name__ == "__main__":
    place, endpoint, until = sys.argv[1:]
    publish_on(open_at(place, endpoint), int(until))
