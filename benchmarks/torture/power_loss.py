"""The power goes at sixty moments: only fsynced bytes are left, and every acknowledged delivery is among them.

strace records what the receiver writes and syncs; the queue's files are rebuilt as they were on the disk at the moment,
opened, checked, and compared with the client's history. Two controls must fail: SQLite that does not wait for the disk
(`synchronous = normal`), and a receiver that acknowledges first. A model, not a power cut: a file's name is durable
with its first fsync, and no sector is torn.
"""

import argparse
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.adapters.queue.deliveries import Delivery
from ingest.adapters.queue.sqlite_queue import SqliteQueue
from tests.events.crashing import ACKNOWLEDGES_FIRST, Client, patched_receiver, wait_until
from tests.events.running import free_port

DELIVERIES, POINTS = 600, 60
DOES_NOT_WAIT = """
real = sqlite_queue.SqliteQueue._connect
def connect(self, **more):
    connection = real(self, **more)
    connection.execute("pragma synchronous = normal")
    return connection
sqlite_queue.SqliteQueue._connect = connect
"""
CALL = re.compile(r"^\d+ +(\d+\.\d+) (pwrite64|ftruncate|fsync|fdatasync|unlink)\((.*)$")
DESCRIPTOR = re.compile(r"^\d+<((?:\\x[0-9a-f]{2})*)>(?:, (.*))?$")
WRITTEN = re.compile(r'^"((?:\\x[0-9a-f]{2})*)", \d+, (\d+)')


@dataclass(slots=True)
class File:
    """A file as the program sees it, and as it would be after a power cut."""

    seen: bytearray = field(default_factory=bytearray)
    durable: bytes | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded call on a file of the queue."""

    at: float
    call: str
    name: str
    content: bytes = b""
    place: int = 0


def steps_in(trace: Path, folder: Path) -> Iterator[Step]:
    """The recorded calls on files of a folder, in their order."""
    with trace.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            match = CALL.match(line)
            described = DESCRIPTOR.match(match[3].split(") = ")[0].split(" <unfinished")[0]) if match else None
            if match is None or described is None:
                continue
            path = Path(_bytes(described[1]).decode())
            if path.parent != folder or path.name.endswith("-shm"):
                continue
            yield _step(float(match[1]), match[2], path.name, described[2] or "")


def _step(at: float, call: str, name: str, rest: str) -> Step:
    if call == "pwrite64":
        written = WRITTEN.match(rest)
        assert written, f"strace cut a line: {rest[-40:]}"
        return Step(at, call, name, _bytes(written[1]), int(written[2]))
    return Step(at, call, name, place=int(rest) if call == "ftruncate" else 0)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def disks(first: Path, steps: Sequence[Step], moments: Sequence[float]) -> Iterator[tuple[float, dict[str, bytes]]]:
    """The files on the disk at each moment: bytes that were not fsynced are gone."""
    files = {path.name: File(bytearray(path.read_bytes()), path.read_bytes()) for path in first.iterdir()}
    waiting = iter(steps)
    step = next(waiting, None)
    for moment in moments:
        while step is not None and step.at <= moment:
            _apply(files.setdefault(step.name, File()), step)
            step = next(waiting, None)
        yield moment, {name: one.durable for name, one in files.items() if one.durable is not None}


def _apply(file: File, step: Step) -> None:
    if step.call == "pwrite64":
        end_of_it = step.place + len(step.content)
        file.seen.extend(b"\0" * (end_of_it - len(file.seen)))
        file.seen[step.place : end_of_it] = step.content
    elif step.call == "ftruncate":
        del file.seen[step.place :]
        file.seen.extend(b"\0" * (step.place - len(file.seen)))
    else:
        file.durable = bytes(file.seen)


def missing_at(files: dict[str, bytes], acknowledged: Sequence[bytes]) -> int:
    """How many acknowledged deliveries are not there, or not whole, after the power came back; all if nothing opens."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        try:
            with sqlite3.connect(Path(folder) / "queue.sqlite") as file:
                assert file.execute("pragma integrity_check").fetchone() == ("ok",)
                kept = dict(file.execute("select sha256, body from deliveries").fetchall())
        except (sqlite3.Error, AssertionError):
            return len(acknowledged)
    return sum(kept.get(Delivery(body, None).sha256) != body for body in acknowledged)  # type: ignore[arg-type]


def recorded(change: str) -> tuple[int, int, int]:
    """Of so many points how many have something missing, and how many acknowledged deliveries there were."""
    with tempfile.TemporaryDirectory() as here:
        folder, first, trace = Path(here).resolve() / "queue", Path(here) / "first", Path(here) / "trace"
        folder.mkdir()
        SqliteQueue(folder / "queue.sqlite").create()
        shutil.copytree(folder, first)
        port = free_port()
        calls = "trace=pwrite64,ftruncate,fsync,fdatasync"
        strace = ("strace", "-f", "-y", "-xx", "-ttt", "-s", "2000000", "--seccomp-bpf", "-e", calls, "-o", str(trace))
        process = patched_receiver(folder, port, change, before=strace)
        client = Client(port)
        client.start(side_by_side=4)
        wait_until(lambda: len(client.acknowledged) >= DELIVERIES, seconds=120)
        _end_traced(process)
        client.stop()
        history = sorted(client.acknowledged)[:DELIVERIES]
        every = len(history) // POINTS
        moments = [at for at, _ in history[every - 1 :: every]][:POINTS]
        steps = list(steps_in(trace, folder))
        assert any(step.call == "pwrite64" for step in steps), "strace recorded no write"
        bad = 0
        for moment, files in disks(first, steps, moments):
            bad += missing_at(files, [body for at, body in history if at <= moment]) > 0
        return bad, len(moments), len(history)


def _end_traced(process: "subprocess.Popen[bytes]") -> None:
    """Kill what strace watches; strace then writes its last line and ends by itself."""
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split():
        os.kill(int(child), signal.SIGKILL)
    process.wait(timeout=30)


def main() -> int:
    """Run the receiver and its controls, print what was found, and say whether the promise held."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    if shutil.which("strace") is None:
        print("skipped: strace is not installed (on Debian: apt-get install strace)")
        return 0
    found = {}
    for name, change in (("durable", ""), ("synchronous = normal", DOES_NOT_WAIT), ("acks first", ACKNOWLEDGES_FIRST)):
        bad, points, acknowledged = found[name] = recorded(change)
        must = "must be 0" if name == "durable" else "a control: must not be 0"
        print(f"{name:<21} {bad} of {points} points lost some of {acknowledged} acknowledged deliveries ({must})")
    return 0 if found["durable"][0] == 0 and all(bad for name, (bad, _, _) in found.items() if name != "durable") else 1


if __name__ == "__main__":
    sys.exit(main())
