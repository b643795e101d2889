"""Commands that set up: init, check, sandbox, settings."""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from ingest.cli.console import app, out
from ingest.domain.errors import ArgumentInvalid
from ingest.settings import load_settings


@app.command()
def init() -> None:
    """Make the folders of var/, the queue and the empty warehouse, and read the registry once."""
    from ingest.adapters.queue.open_queue import open_queue
    from ingest.adapters.registry import read_registry
    from ingest.adapters.s3 import is_s3
    from ingest.adapters.warehouse import open_warehouse

    settings = load_settings()
    registry = read_registry(settings.campaigns_dir)
    for uri in (settings.landing_uri, settings.published_uri, str(settings.quarantine_dir)):
        if not is_s3(uri):
            Path(uri.removeprefix("file://")).mkdir(parents=True, exist_ok=True)
    open_queue(settings).create()
    with open_warehouse(settings.warehouse_path):
        pass
    out.print(
        f"{len(registry.campaigns)} campaigns, {len(registry.accounts)} accounts, warehouse {settings.warehouse_path}"
    )
    out.print("Next: campaign-reach check")


@app.command()
def check(
    live: Annotated[
        bool, typer.Option("--live", help="Also try what only a live token can show (docs/live-checklist.md).")
    ] = False,
) -> None:
    """Check settings, registry, token with its scopes, warehouse and publication: one line each, with what to do."""
    from ingest.check import run_checks, without_repeats
    from ingest.live import run_probes

    results = run_checks(load_settings())
    results += run_probes(load_settings()) if live else []
    results = without_repeats(results)
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
    faults: Annotated[
        Path | None,
        typer.Option(help="Spoil answers as this YAML file says: a list of where, fault (F14 …), times; or a seed."),
    ] = None,
    callback: Annotated[str, typer.Option(help="Send webhooks to this receiver; `happen` lets posts go up.")] = "",
    mess: Annotated[
        int | None, typer.Option(help="Send webhooks twice, late and out of order, as this seed says.")
    ] = None,
    latency: Annotated[
        int, typer.Option(help="Milliseconds from a request to its answer, at least; computing included.")
    ] = 0,
) -> None:
    """Start the sandbox alone: a Graph API on loopback that plays the campaigns of the registry."""
    from ingest.sandbox.fault_script import read_script
    from ingest.sandbox.server import serve_sandbox

    settings = load_settings()
    serve_sandbox(
        settings.campaigns_dir,
        port=port,
        api_date=_dated("--api-date", date.fromisoformat, api_date, "YYYY-MM-DD"),
        now=_dated("--now", datetime.fromisoformat, now, "ISO 8601").astimezone(UTC) if now else None,
        script=read_script(faults) if faults else (),
        callback=callback,
        mess=mess,
        latency_seconds=latency / 1000,
        say=lambda line: out.print(line, highlight=False),
    )


When = TypeVar("When", bound=date)


def _dated(option: str, read: Callable[[str], When], given: str, shape: str) -> When:
    try:
        return read(given)
    except ValueError:
        raise ArgumentInvalid(f"{option} {given}: write it as {shape}, such as 2026-11-22.") from None


@app.command()
def happen(
    post_up: Annotated[str, typer.Option(help="Let a post go up on this account.")] = "",
    grow: Annotated[str, typer.Option(help="Let this post gain a tenth.")] = "",
    remove: Annotated[str, typer.Option(help="Take this post down.")] = "",
    reactions: Annotated[int, typer.Option(help="How many people react to the post that gains.")] = 1,
    message: Annotated[str, typer.Option(help="The text of the post.")] = "#Хамтдаа",
) -> None:
    """Let something happen in the sandbox that runs at GRAPH_URL; it tells the receiver, signed as Meta signs."""
    if post_up:
        what, asked = "posts", {"account_id": post_up, "message": message}
    elif remove:
        what, asked = "remove", {"post_id": remove}
    else:
        what, asked = "grow", {"post_id": grow, "reactions": str(reactions)}
    out.print_json(data=_tell_sandbox(load_settings().graph_url, what, asked))


def _tell_sandbox(url: str, what: str, asked: dict[str, str]) -> object:
    import requests

    try:
        answer = requests.post(f"{url}/_sandbox/{what}", params=asked, timeout=10)
        answer.raise_for_status()
    except requests.RequestException:
        raise ArgumentInvalid(
            f"No sandbox with a callback answers at {url}, or it knows no such account or post. "
            "Start one with `make up`, or `campaign-reach sandbox --callback URL`."
        ) from None
    return answer.json()


@app.command()
def settings() -> None:
    """List every setting with its default and meaning, as a Markdown table (docs/reference/settings.md is this)."""
    from ingest.settings import settings_table

    sys.stdout.write(settings_table() + "\n")
