"""The demo: a sandbox on loopback plays the campaigns, and the DAGs of `dags/` bring them to the published marts."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from ingest.adapters.registry import read_registry
from ingest.airflow_run import TaskEvent
from ingest.domain.errors import CampaignReachError
from ingest.settings import Settings, environment

API_DATE = datetime(2026, 11, 22, tzinfo=UTC)
"""Both dates of the sandbox: what Meta serves, and how far the campaigns have lived."""
DAG_IDS = ("refresh_accounts", "publish_marts")


class DemoFailed(CampaignReachError):
    """A DAG of the demo did not end in success."""


def run_demo(settings: Settings, *, home: Path, console: Console) -> None:
    """Run the DAGs against a sandbox, with progress.

    Raises: DemoFailed, with the message of the task that failed and where the log is; PortTaken, RegistryInvalid.
    """
    from ingest.sandbox.server import running_sandbox

    registry = read_registry(settings.campaigns_dir)
    log = settings.logs_dir / "airflow.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with running_sandbox(registry, api_date=API_DATE.date(), clock=lambda: API_DATE) as sandbox:
        variables = environment(settings) | sandbox.environment() | {"CAMPAIGN_REACH_NOW": API_DATE.isoformat()}
        with _airflow(home, variables, log=log) as (process, events):
            accounts = sum(account.platform in {"facebook", "instagram"} for account in registry.accounts)
            failures = _watch(process, events, accounts=accounts, console=console)
    if process.returncode != 0:
        reason = failures[0].error if failures else "the DAGs did not run"
        raise DemoFailed(f"{reason}\n  the whole log: {log}\n  to start over: make demo ARGS=--fresh")


@contextmanager
def _airflow(home: Path, variables: dict[str, str], *, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The DAGs, running in a process group of their own, which is gone when the context ends."""
    home.mkdir(parents=True, exist_ok=True)
    events = home / "events.jsonl"
    events.unlink(missing_ok=True)
    command = [sys.executable, "-m", "ingest.airflow_run", str(home), str(events), *DAG_IDS]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own module, our own interpreter
            command,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process, events
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process group within three seconds: DuckDB and landing survive a kill at any point."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=1)


def _watch(process: subprocess.Popen[bytes], events: Path, *, accounts: int, console: Console) -> list[TaskEvent]:
    """Draw a bar per DAG while it runs; the failures."""
    totals = {"refresh_accounts": 2 + accounts, "publish_marts": 3}
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<42}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    failures: list[TaskEvent] = []
    with Progress(*columns, console=console) as progress:
        bars = {dag: progress.add_task(dag, total=totals[dag], start=dag == DAG_IDS[0]) for dag in DAG_IDS}
        for event in _follow(process, events):
            bar = bars[event.dag]
            if event.state == "running":
                progress.start_task(bar)
                progress.update(bar, description=f"{event.dag} · {event.task} {event.label}"[:42])
            else:
                progress.update(bar, advance=1, description=event.dag)
            if event.state == "failed":
                failures.append(event)
    return failures


def _follow(process: subprocess.Popen[bytes], events: Path) -> Iterator[TaskEvent]:
    """The events as they are written, until the process has ended and the file is read to its end."""
    position = 0
    while True:
        ended = _ended(process)
        if events.exists():
            with events.open("rb") as file:
                file.seek(position)
                for line in file:
                    if line.endswith(b"\n"):
                        position += len(line)
                        yield TaskEvent(**json.loads(line))
        if ended:
            return


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=0.1)
    except subprocess.TimeoutExpired:
        return False
    return True
