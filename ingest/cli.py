"""The command line: the same steps as the DAGs, by hand, with progress and messages that say what to do."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from ingest.domain.errors import CampaignReachError, SettingsInvalid
from ingest.settings import load_settings

app = typer.Typer(
    name="campaign-reach",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="From Facebook and Instagram insights to numbers that can be published and proved.\n\n"
    "The verbs in the pipeline's order: [bold]plan, refresh, load, build, publish[/bold]. "
    "`campaign-reach demo` runs them all against a sandbox; settings are environment variables "
    "`CAMPAIGN_REACH_…` (docs/reference/settings.md).",
)
out = Console()
err = Console(stderr=True)

Fresh = Annotated[bool, typer.Option("--fresh", help="Remove var/ first and start from nothing.")]
AccountIds = Annotated[
    list[str] | None, typer.Option("--account", help="Only this account id; may be given more than once.")
]


@app.callback()
def _start() -> None:
    from ingest.logs import configure_logs

    configure_logs(load_settings().logs_dir)


@contextmanager
def _working(what: str) -> Iterator[None]:
    with out.status(f"{what} …") if out.is_terminal else _silent():
        yield


@contextmanager
def _silent() -> Iterator[None]:
    yield


@app.command()
def init() -> None:
    """Make the folders of var/, read the registry once, and make the empty warehouse."""
    from ingest.adapters.registry import read_registry
    from ingest.adapters.warehouse import open_warehouse

    settings = load_settings()
    registry = read_registry(settings.campaigns_dir)
    for folder in (Path(settings.landing_uri), Path(settings.published_uri), settings.quarantine_dir):
        folder.mkdir(parents=True, exist_ok=True)
    with open_warehouse(settings.warehouse_path):
        pass
    out.print(
        f"{len(registry.campaigns)} campaigns, {len(registry.accounts)} accounts, warehouse {settings.warehouse_path}"
    )
    out.print("Next: campaign-reach check")


@app.command()
def check() -> None:
    """Check settings, registry, token with its scopes, warehouse and publication: one line each, with what to do."""
    from ingest.check import run_checks

    results = run_checks(load_settings())
    for result in results:
        mark = "[green]ok[/green]  " if result.is_ok else "[red]fail[/red]"
        out.print(f"{mark} {result.name:<12} {result.found}", soft_wrap=True, highlight=False)
        if not result.is_ok:
            out.print(f"     {'':<12} → {result.what_to_do}", soft_wrap=True, highlight=False)
    if not all(result.is_ok for result in results):
        raise typer.Exit(1)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 8126,
    api_date: Annotated[str, typer.Option(help="Which metrics and versions are alive, YYYY-MM-DD.")] = "2026-11-22",
    now: Annotated[str, typer.Option(help="How far the campaigns have lived, ISO 8601; empty is now.")] = "",
) -> None:
    """Start the sandbox alone: a Graph API on loopback that plays the campaigns of the registry."""
    from ingest.sandbox.server import serve_sandbox

    settings = load_settings()
    serve_sandbox(
        settings.campaigns_dir,
        port=port,
        api_date=api_date,
        now=now,
        say=lambda line: out.print(line, highlight=False),
    )


@app.command()
def plan() -> None:
    """Say which accounts the next refresh reads, and why."""
    from ingest.steps.plan import plan_refresh

    for row in plan_refresh(load_settings()):
        out.print_json(json.dumps(row))


@app.command()
def quota() -> None:
    """Say how much of its quota each account has used, and which one rests until when."""
    from rich.table import Table

    from ingest.adapters.state import ClientState

    configured = load_settings()
    table = Table(box=None, pad_edge=False)
    for name in ("account", "used", "rests until", "seen"):
        table.add_column(name)
    now = configured.clock()
    for one in ClientState(configured.state_path).quotas():
        rests = one.not_before_at and one.not_before_at > now
        until = f"[yellow]{one.not_before_at:%Y-%m-%d %H:%M} UTC[/]" if rests else "–"
        table.add_row(one.account_id, f"{one.used_pct} %", until, f"{one.seen_at:%Y-%m-%d %H:%M} UTC")
    out.print(table if table.row_count else "No account has been read yet: campaign-reach refresh")


@app.command()
def refresh(account: AccountIds = None) -> None:
    """Land the registry if it changed, then read every account that is due from the Graph API and land the answers."""
    from ingest.steps.plan import plan_refresh
    from ingest.steps.refresh import land_registry, refresh_account

    settings = load_settings()
    land_registry(settings)
    rows = [row for row in plan_refresh(settings) if not account or row["account_id"] in account]
    if not rows:
        raise SettingsInvalid(f"No account of the registry matches {account}: see `campaign-reach plan`")
    failures: dict[str, list[str]] = {}
    for row in _with_progress(rows, "Reading accounts"):
        try:
            refresh_account(settings, row)
        except CampaignReachError as error:  # one bad account never stops the others
            failures.setdefault(f"{_title(error)}: {error}", []).append(str(row["account_id"]))
    failed = sum(map(len, failures.values()))
    out.print(f"{len(rows) - failed} of {len(rows)} accounts read into {settings.landing_uri}")
    for problem, accounts in failures.items():
        err.print(f"{', '.join(accounts)}\n  {problem}", markup=False, highlight=False, soft_wrap=True)
    if failures:
        raise typer.Exit(1)


def _with_progress(rows: list[dict[str, object]], what: str) -> Iterator[dict[str, object]]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out) as progress:
        bar = progress.add_task(what, total=len(rows))
        for row in rows:
            progress.update(bar, description=f"{what} · {row['platform']} {row['account_id']}")
            yield row
            progress.advance(bar)


@app.command()
def load() -> None:
    """Load every landed file that is not in the load log into the raw tables; the landed batch must hold."""
    from ingest.steps.load import load_landed

    with _working("Loading"):
        result = load_landed(load_settings())
    out.print(f"{result.files} new files, {result.rows} rows")


AsOf = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="Build the numbers, and the rules, as they were known at the end of this day, from what had landed by "
        "then; through the same gate into published/as_of/<day>/. The served version is not touched.",
    ),
]


@app.command()
def build(as_of: AsOf = None) -> None:
    """Build and test the dbt models: staging, intermediate, marts."""
    from ingest.steps.build import build_marts
    from ingest.steps.build_as_of import publish_as_of

    if as_of:
        with _working(f"Building as of {as_of:%Y-%m-%d}"):
            published = publish_as_of(load_settings(), as_of.date())
        out.print(f"as of {as_of:%Y-%m-%d}: version {published.version}\n{published.path}", soft_wrap=True)
        return
    with _working("Building the marts"):
        result = build_marts(load_settings())
    out.print(f"{result.nodes} dbt nodes built and tested")


@app.command()
def publish() -> None:
    """Let the gate judge the marts, and switch readers to the new version if it holds."""
    from ingest.steps.publish import publish_marts

    with _working("Publishing"):
        published = publish_marts(load_settings())
    state = "is new" if published.is_new else "was served already: nothing has changed"
    out.print(f"version {published.version} {state}\n{published.path}", soft_wrap=True)


@app.command()
def status() -> None:
    """Say what landed, what is loaded, and which version is served with its gate."""
    from ingest.check import print_status

    print_status(load_settings(), out)


@app.command()
def settings() -> None:
    """List every setting with its default and meaning, as a Markdown table (docs/reference/settings.md is this)."""
    from ingest.settings import settings_table

    sys.stdout.write(settings_table() + "\n")


@app.command()
def demo(fresh: Fresh = False) -> None:
    """Play the five campaigns through sandbox, DAGs, warehouse, gate and publication, and print what they reached."""
    from ingest.demo import run_demo
    from ingest.summary import print_campaigns, print_paths

    configured = load_settings()
    home = Path("var")
    if fresh:
        shutil.rmtree(home, ignore_errors=True)
    run_demo(configured, home=home / "airflow", console=out)
    published = Path(configured.published_uri)
    print_campaigns(published / "campaign_reach.duckdb", out)
    print_paths(published, out)


def _run(command: Callable[[], object]) -> int:
    try:
        command()
    except CampaignReachError as error:
        err.print(f"[bold red]{_title(error)}[/bold red]", highlight=False)
        err.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        err.print("Stopped.")
        return 130
    return 0


def _title(error: CampaignReachError) -> str:
    """The class's name as words: `GateStopped` is "Gate stopped"."""
    name = type(error).__name__
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return words[0].upper() + words[1:]


def main() -> None:
    """Run the command line; errors of ours become one message and status 1."""
    sys.exit(_run(app))


if __name__ == "__main__":
    main()
