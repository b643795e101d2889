"""Commands that watch: status, alert."""

import json
import sys
import time
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ingest.cli.console import app, out
from ingest.health import LEVELS, Reading, read_health, worst
from ingest.settings import Settings, load_settings

COLORS = {"ok": "green", "warning": "yellow", "critical": "red"}
LOOKS_AGAIN_SECONDS = 0.2


@app.command()
def status(
    watch: Annotated[bool, typer.Option("--watch", help="Say it again whenever a new version is served.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
    tokens: Annotated[bool, typer.Option(help="Ask Meta about the tokens as well.")] = True,
) -> None:
    """Say what stands where: landing, events, accounts, quota, quarantine, tokens, the served version and its gate.

    Status 0 when all is well, 1 for a warning, 2 when something is critical.
    """
    settings = load_settings()
    served = _served(settings)
    readings = read_health(settings, with_tokens=tokens)
    _print(readings, as_json=as_json)
    while watch:
        time.sleep(LOOKS_AGAIN_SECONDS)
        if served != (served := _served(settings)):
            out.rule()
            _print(read_health(settings, with_tokens=tokens), as_json=as_json)
    level = LEVELS.index(worst(readings))
    if level:
        raise typer.Exit(level)


def _served(settings: Settings) -> tuple[str, str | None] | None:
    from ingest.adapters.publication.open_publication import open_publication

    manifest = open_publication(settings).served()
    return (manifest.version, manifest.held_since) if manifest else None


def _print(readings: list[Reading], *, as_json: bool) -> None:
    if as_json:
        facts = {"level": worst(readings), "readings": [one.as_json() for one in readings]}
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for one in readings:
        todo = f"\n→ [{COLORS[one.level]}]{escape(one.what_to_do)}[/]" if one.what_to_do else ""
        table.add_row(f"[{COLORS[one.level]}]{one.level}[/]", one.name, escape(one.found) + todo)
    out.print(table, highlight=False)


@app.command()
def alert() -> None:
    """Send one message to ALERT_URL about what is not well and was not told yet; Airflow does it every ten minutes."""
    from ingest.steps.alert import send_alerts

    sent = send_alerts(load_settings())
    out.print("\n".join(sent) if sent else "Nothing new to tell.", highlight=False, markup=False)
