"""Commands from landing to readers: load, build, publish, demo."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.cli.console import app, out, working
from ingest.settings import load_settings

if TYPE_CHECKING:
    from ingest.steps.rollback import RejectedCandidate

Fresh = Annotated[bool, typer.Option("--fresh", help="Remove var/ first and start from nothing.")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="Build the numbers, and the rules, as they were known at the end of this day, from what had landed by "
        "then; through the same gate into published/as_of/<day>/. The served version is not touched.",
    ),
]


@app.command()
def load() -> None:
    """Load every landed file that is not in the load log into the raw tables; the landed batch must hold."""
    from ingest.steps.load import load_landed

    with working("Loading"):
        result = load_landed(load_settings())
    out.print(f"{result.files} new files, {result.rows} rows")


@app.command()
def build(as_of: AsOf = None) -> None:
    """Build and test the dbt models: staging, intermediate, marts."""
    from ingest.steps.build import build_marts
    from ingest.steps.build_as_of import publish_as_of

    if as_of:
        with working(f"Building as of {as_of:%Y-%m-%d}"):
            published = publish_as_of(load_settings(), as_of.date())
        out.print(f"as of {as_of:%Y-%m-%d}: version {published.version}\n{published.path}", soft_wrap=True)
        return
    with working("Building the marts"):
        result = build_marts(load_settings())
    out.print(f"{result.nodes} dbt nodes built and tested")


@app.command()
def publish(
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Serve the version before the served one, and hold readers there.")
    ] = False,
    to: Annotated[str, typer.Option(help="With --rollback: this kept version instead.")] = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="Let publications go on after a rollback, and publish now.")
    ] = False,
    accept_fall: Annotated[
        bool, typer.Option("--accept-fall", help="Numbers that collapsed since the last publication are right.")
    ] = False,
    show_rejected: Annotated[
        bool, typer.Option("--show-rejected", help="Show the candidates that a gate stopped, and how to open them.")
    ] = False,
) -> None:
    """Let the gate judge the marts, and switch readers to the new version if it holds.

    A stopped candidate is kept with its verdict (--show-rejected); the served version stays. After --rollback nothing
    is published, by hand or by Airflow, until --resume; `campaign-reach status` says so.
    """
    from ingest.steps import rollback as steps
    from ingest.steps.publish import publish_marts

    settings = load_settings()
    if show_rejected:
        _print_rejected(steps.rejected_candidates(settings))
        return
    if rollback or to:
        held = steps.roll_back(settings, version=to or None)
        out.print(
            f"version {held.version} is served and held: nothing is published until `campaign-reach publish --resume`",
            soft_wrap=True,
        )
        return
    if resume:
        steps.resume(settings)
    with working("Publishing"):
        published = publish_marts(settings, accept_fall=accept_fall)
    held_since = published.manifest.held_since
    if held_since:
        state = f"is held since {held_since}: nothing was published. Go on with `campaign-reach publish --resume`"
    else:
        state = "is new" if published.is_new else "was served already: nothing has changed"
    out.print(f"version {published.version} {state}\n{published.path}", soft_wrap=True)


def _print_rejected(candidates: "list[RejectedCandidate]") -> None:
    if not candidates:
        out.print("No candidate was stopped, or none is kept any more.")
    for one in candidates:
        out.print(f"[bold]{one.version}[/bold]\n  {one.database}", soft_wrap=True, highlight=False)
        for rule in one.stopped_by:
            out.print(f"  ✗ {rule}", soft_wrap=True, highlight=False, markup=False)
        query = "from marts.rpt_gate_results where not is_passed"
        out.print(f'  duckdb -readonly {one.database} "{query}"', soft_wrap=True, highlight=False, markup=False)


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
