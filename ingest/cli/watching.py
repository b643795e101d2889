"""Commands that watch: status, alert."""

import json
import sys
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ingest.cli.console import app, out
from ingest.health import LEVELS, Reading, read_health, worst
from ingest.moved import Sums, moved, sums_of
from ingest.settings import Settings, load_settings

if TYPE_CHECKING:
    from ingest.adapters.publication.manifest import Manifest

COLORS = {"ok": "green", "warning": "yellow", "critical": "red"}
LOOKS_AGAIN_SECONDS = 0.2


@app.command()
def status(
    watch: Annotated[
        bool, typer.Option("--watch", help="Then say what has moved whenever another version is served.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
    tokens: Annotated[bool, typer.Option(help="Ask Meta about the tokens as well.")] = True,
) -> None:
    """Say what stands where: landing, events, accounts, quota, quarantine, tokens, the served version and its gate.

    Status 0 when all is well, 1 for a warning, 2 when something is critical.
    """
    settings = load_settings()
    served = _served(settings) if watch else None
    readings = read_health(settings, with_tokens=tokens)
    _print(readings, as_json=as_json)
    if watch:
        _watch(settings, served, readings, as_json=as_json, tokens=tokens)
    level = LEVELS.index(worst(readings))
    if level:
        raise typer.Exit(level)


def _watch(
    settings: Settings, served: "Manifest | None", readings: list[Reading], *, as_json: bool, tokens: bool
) -> None:
    """Say what has moved whenever another version is served, and which lines of the status are others; until Ctrl-C."""
    sums = _sums(settings, served)
    if not as_json:
        out.print("\nWatching; a line for each sum that moves. Ctrl-C ends it.", highlight=False)
    while True:
        time.sleep(LOOKS_AGAIN_SECONDS)
        newest = _served(settings)
        if newest is None or (served and _mark(served) == _mark(newest)):
            continue
        before, served = readings, newest
        readings = read_health(settings, with_tokens=tokens)
        if as_json:
            _print(readings, as_json=True)
            continue
        old, sums = sums, _sums(settings, served)
        out.print(f"\n[bold]{datetime.now():%H:%M:%S}[/bold]  version {served.version}", highlight=False)  # noqa: DTZ005
        for line in list(moved(old, sums)) or ["no sum of posts, views or reach has moved"]:
            out.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
        known = {(one.name, one.level) for one in before}
        _print([one for one in readings if (one.name, one.level) not in known], as_json=False)


def _sums(settings: Settings, served: "Manifest | None") -> Sums:
    """The sums of the served version; none before the first one, or when it cannot be opened any more."""
    import duckdb

    from ingest.adapters.publication.open_publication import open_publication
    from ingest.adapters.publication.publication import DATABASE

    if served is None:
        return {}
    publication = open_publication(settings)
    with suppress(duckdb.Error):
        return sums_of(publication.local_copy(served, DATABASE))
    return {}


def _served(settings: Settings) -> "Manifest | None":
    from ingest.adapters.publication.open_publication import open_publication

    return open_publication(settings).served()


def _mark(manifest: "Manifest") -> tuple[str, str | None]:
    return manifest.version, manifest.held_since


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
