"""The programs of the stack: how each is started with a log of its own, and how all are stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from ingest.domain.errors import CampaignReachError
from ingest.settings import PROJECT

START_SECONDS, STOP_SECONDS = 300, 20


class StackFailed(CampaignReachError):
    """A part of the stack did not start."""


@dataclass(slots=True)
class Stack:
    """What runs: addresses, how to log in, and the processes by name."""

    airflow: str
    password: str = field(repr=False)
    receiver: str = ""
    sandbox: str = ""
    metadata: str = ""
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    commands: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def dead(self) -> list[str]:
        """The names of parts that have ended by themselves."""
        return [name for name, process in self.processes.items() if process.poll() is not None]

    def token(self) -> str:
        """A token for Airflow's API."""
        asked = {"username": "admin", "password": self.password}
        return str(requests.post(f"{self.airflow}/auth/token", json=asked, timeout=10).json()["access_token"])


@dataclass(slots=True)
class Starter:
    """Starts programs of the virtual environment, each with a log file of its own."""

    stack: Stack
    logs: Path
    variables: dict[str, str]

    def run(self, name: str, command: Sequence[str]) -> None:
        """Run a program to its end.

        Raises: StackFailed.
        """
        with self._log(name).open("wb") as output:
            ran = subprocess.run(  # noqa: S603 - our own commands
                self._found(command),
                env=self.variables,
                cwd=PROJECT,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ran.returncode:
            raise self._failed(name)

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a program, in a session of its own."""
        output = self._log(name).open("ab" if name in self.stack.commands else "wb")
        self.stack.commands[name] = tuple(command)
        self.stack.processes[name] = subprocess.Popen(  # noqa: S603
            self._found(command),
            env=self.variables,
            cwd=PROJECT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill_and_start(self, name: str) -> None:
        """Kill a part with all its children, and start it anew: what a power cut or an impatient operator does."""
        kill_all(self.stack.processes[name])
        self.stack.processes[name].wait()
        self.start(name, self.stack.commands[name])

    def wait(self, is_ready: Callable[[], bool]) -> None:
        """Wait until it is ready.

        Raises: StackFailed when a part has ended by itself, or the time is over.
        """
        until = time.monotonic() + START_SECONDS
        while not is_ready():
            dead = self.stack.dead()
            if dead:
                raise self._failed(dead[0])
            if time.monotonic() > until:
                raise StackFailed(f"Not everything was ready after {START_SECONDS} s; the logs are in {self.logs}")
            time.sleep(0.1)

    def _found(self, command: Sequence[str]) -> list[str]:
        own = Path(sys.executable).parent / command[0]
        return [str(own) if own.exists() else command[0], *command[1:]]

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _failed(self, name: str) -> StackFailed:
        log = self._log(name)
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:] if log.exists() else []
        return StackFailed("\n  ".join([f"{name} did not start; its log is {log}", *last]))


def stop_all(stack: Stack) -> None:
    """Stop the scheduler, then the rest, PostgreSQL last; what does not end is killed with all its children."""
    names = sorted(stack.processes, key=lambda name: {"scheduler": 0, "postgres": 2}.get(name, 1))
    for rank in range(3):
        group = [n for n in names if {"scheduler": 0, "postgres": 2}.get(n, 1) == rank]
        for name in group:
            signal_group(stack.processes[name].pid, signal.SIGTERM if name != "postgres" else signal.SIGINT)
        until = time.monotonic() + STOP_SECONDS
        for name in group:
            with suppress(subprocess.TimeoutExpired):
                stack.processes[name].wait(timeout=max(0.1, until - time.monotonic()))
            kill_all(stack.processes[name])


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and everything that it has started."""
    for group in (process.pid, *groups_beside(process.pid)):
        signal_group(group, signal.SIGKILL)


def groups_beside(leader: int) -> set[int]:
    """The other process groups of a program's session: each task of Airflow has its own, and outlives its parent."""
    groups = set()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(int(path.name)) == leader:
                groups.add(os.getpgid(int(path.name)))
    return groups - {leader}


def signal_group(leader: int, number: int) -> None:
    """Signal a process group, if there is one."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
