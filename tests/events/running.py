"""The receiver as people run it: a process of its own on a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from ingest.settings import PROJECT
from tests.events.notifications import SECRET, VERIFY


@dataclass
class Running:
    """A receiver's process, and where it answers."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        """The webhook's address."""
        return f"http://127.0.0.1:{self.port}/webhook"

    def kill(self) -> None:
        """End it as a power switch would, without a goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> int:
        """End it as an operator would; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=15)
        return int(self.process.returncode)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a command whose places all lie in a folder."""
    own = {
        "QUEUE_URI": f"sqlite:///{folder / 'queue.sqlite'}",
        "EVENTS_PATH": str(folder / "events.sqlite"),
        "SQS_LOG_PATH": str(folder / "sqs_log.sqlite"),
        "LOGS_DIR": str(folder / "logs"),
        "APP_SECRETS": SECRET,
        "VERIFY_TOKEN": VERIFY,
    }
    return dict(os.environ) | {f"CAMPAIGN_REACH_{name}": value for name, value in (own | more).items()}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def started(folder: Path, port: int, *, before: Sequence[str] = (), **more: str) -> Running:
    """Start a receiver (by a program that stands before it), and wait until it answers."""
    command = [*before, sys.executable, "-m", "ingest.cli", "receive", "--port", str(port)]
    process = subprocess.Popen(
        command, env=environment(folder, **more), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    for _ in range(600):
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == httpx.codes.OK:
                return Running(process, port)
        except httpx.TransportError:
            assert process.poll() is None, process.communicate()[1].decode()
            time.sleep(0.05)
    raise AssertionError("the receiver does not answer")


@contextmanager
def running_receiver(folder: Path, *, before: Sequence[str] = (), **more: str) -> Iterator[Running]:
    """A receiver, until the context ends."""
    receiver = started(folder, free_port(), before=before, **more)
    try:
        yield receiver
    finally:
        receiver.process.kill()
        receiver.process.communicate()
