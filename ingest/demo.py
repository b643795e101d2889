"""The demo: a sandbox on loopback plays the campaigns, and the DAGs of `dags/` bring them to the published marts."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from ingest.adapters.registry import Registry, read_registry
from ingest.adapters.state import ClientState
from ingest.airflow_run import TaskEvent
from ingest.domain.errors import CampaignReachError
from ingest.health import DEMO, PLAYED
from ingest.settings import PROJECT, Settings, environment, load_settings

if TYPE_CHECKING:
    from ingest.sandbox.exports.products import SentFile
    from ingest.sandbox.server import Sandbox

API_DATE = datetime(2026, 11, 22, tzinfo=UTC)
"""Both dates of the sandbox: what Meta serves, and how far the campaigns have lived."""
MAPPINGS = PROJECT / "campaigns" / "mappings"
"""What the columns of tables are that no dialect knows."""
DAG_IDS = ("refresh_accounts", "publish_marts")


class _Clock:
    """The scenario clock: the same one for the sandbox and for the steps that read it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class DemoFailed(CampaignReachError):
    """A DAG of the demo did not end in success."""


def run_demo(settings: Settings, *, home: Path, console: Console) -> None:
    """Run the DAGs against a sandbox, with progress.

    Raises: DemoFailed, with the message of the task that failed and where the log is; PortTaken, RegistryInvalid.
    """
    from ingest.sandbox.server import running_sandbox
    from ingest.steps.plan import plan_refresh

    registry = read_registry(settings.campaigns_dir)
    log = settings.logs_dir / "airflow.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    clock = _Clock(API_DATE)
    with running_sandbox(registry, api_date=API_DATE.date(), clock=clock) as sandbox:
        _live_through(settings, registry, sandbox, clock, console=console)
        clock.now = API_DATE
        accounts = len(plan_refresh(load_settings(**(settings.model_dump() | {"now": API_DATE}))))
        variables = environment(settings) | sandbox.environment() | {"CAMPAIGN_REACH_NOW": API_DATE.isoformat()}
        with _airflow(home, variables, log=log) as (process, events):
            failures = _watch(process, events, accounts=accounts, console=console)
    ClientState(settings.state_path).note_read(DEMO, PLAYED, until=API_DATE)
    if process.returncode != 0:
        reason = failures[0].error if failures else "the DAGs did not run"
        raise DemoFailed(f"{reason}\n  the whole log: {log}\n  to start over: make demo ARGS=--fresh")


def _live_through(
    settings: Settings, registry: Registry, sandbox: "Sandbox", clock: _Clock, *, console: Console
) -> None:
    """Land every account at earlier moments of the campaigns, by the same steps as the DAGs: that makes history.

    Files come in on the days on which somebody sends them. What a run before this one has landed is not read again.
    """
    from ingest.adapters.landing.open_landing import open_landing
    from ingest.sandbox.exports.products import sent_files
    from ingest.steps.land_registry import land_registry

    reading = {name.removeprefix("CAMPAIGN_REACH_").lower(): value for name, value in sandbox.environment().items()}
    with _progress(console) as progress:
        read_at, sent = instants(registry), sent_files(registry, sandbox.world)
        moments = sorted({*read_at, *(one.sent_at for one in sent)})
        landed = open_landing(settings).landed_keys()
        bar = progress.add_task("history", total=len(moments))
        for moment in moments:
            progress.update(bar, description=f"history · {moment:%Y-%m-%d}")
            clock.now = moment
            then = load_settings(**(settings.model_dump() | reading | {"now": moment}))
            land_registry(then)
            if moment in read_at:
                _refresh_all(then, landed)
            for file in (one for one in sent if one.sent_at == moment):
                _import(then, file)
            progress.advance(bar)
        progress.update(bar, description="history")


def _refresh_all(then: Settings, landed: list[str]) -> None:
    from ingest.steps.plan import plan_refresh
    from ingest.steps.refresh import refresh_account

    for row in plan_refresh(then):
        moment = then.clock()
        batch = f"/{row['account_id']}/{moment:%Y-%m-%d}/{moment:%Y%m%dT%H%M%SZ}-"
        if not any(batch in key for key in landed):
            refresh_account(then, row)


def _import(then: Settings, file: "SentFile") -> None:
    """Bring in a file that somebody has sent, as `campaign-reach import` does.

    Raises: DemoFailed when it is refused.
    """
    from ingest.domain.imports import Options
    from ingest.steps.import_files import import_files

    with TemporaryDirectory(prefix="campaign-reach-demo-") as folder:
        sent = file.write()
        path = Path(folder) / sent.name
        path.write_bytes(sent.content)
        mapping = MAPPINGS / f"{file.what}.yml"
        options = Options(
            account_id=file.account_id or "",
            exported_at=file.sent_at,
            mapping=mapping if mapping.exists() else None,
            who="demo",
        )
        for outcome in import_files(then, [str(path)], options):
            if outcome.state == "refused":
                raise DemoFailed(f"{outcome.name} could not be brought in: {outcome.problem}")


def instants(registry: Registry) -> list[datetime]:
    """The moments that the demo lives through: the middle and the last minute of every phase that has posts."""
    moments: set[datetime] = set()
    for campaign in registry.campaigns:
        played = {post.phase_id for post in campaign.sandbox.posts} if campaign.sandbox else set()
        for phase in campaign.phases:
            if phase.phase_id in played:
                middle = phase.starts_on + (phase.ends_on - phase.starts_on) / 2
                moments |= {_last_minute(day, campaign.time_zone) for day in (middle, phase.ends_on)}
    return sorted(moments)


def _last_minute(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time(23, 59), ZoneInfo(time_zone)).astimezone(UTC)


def _progress(console: Console) -> Progress:
    text = TextColumn("{task.description:<42}")
    return Progress(SpinnerColumn(), text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console)


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
    """End the process group within two seconds: DuckDB and landing survive a kill at any point."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=1)


def _watch(process: subprocess.Popen[bytes], events: Path, *, accounts: int, console: Console) -> list[TaskEvent]:
    """Draw a bar per DAG while it runs; the failures."""
    totals = {"refresh_accounts": 2 + accounts, "publish_marts": 3}
    failures: list[TaskEvent] = []
    with _progress(console) as progress:
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
