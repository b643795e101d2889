"""Commands that prove and keep: explain, verify, backup, rebuild, erase, expire."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ingest.cli.console import app, out, progress, working
from ingest.settings import load_settings

SHOWN_MARTS = 8
Campaign = Annotated[str, typer.Argument(help="The campaign's id, such as together.")]
AsJson = Annotated[bool, typer.Option("--json", help="All of it as one JSON object, for machines.")]


@app.command()
def explain(  # noqa: PLR0917 - each is an option of the command line
    campaign: Campaign,
    metric: Annotated[
        str | None,
        typer.Option(
            help="A column of the aggregates, or a metric of the posts; views if none is named, of a figure "
            "computed_value, of a survey change_points."
        ),
    ] = None,
    phase: Annotated[str | None, typer.Option(help="Only this phase.")] = None,
    content_type: Annotated[str | None, typer.Option(help="Only this content type.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    ownership: Annotated[str | None, typer.Option(help="Only own, or only partner accounts.")] = None,
    post: Annotated[str | None, typer.Option(help="Only this post.")] = None,
    figure: Annotated[str | None, typer.Option(help="A published figure by its id, instead of all the above.")] = None,
    survey: Annotated[str | None, typer.Option(help="An indicator that a survey asked in several waves.")] = None,
    respondents: Annotated[str | None, typer.Option(help="With --survey: the group that was asked.")] = None,
    posts: Annotated[int, typer.Option(help="How many posts of each group to print; 0 prints all.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Say how a published number comes to be: posts, snapshots, landed lines; added again from landing on the spot.

    Any column of any aggregate: of posts (--metric, with --phase … narrowing it), of a published figure (--figure), of
    the change that a survey found (--survey). What no sum is (a target, a reason, words) says what it is instead.

    Status 1 when landing gives another number than the one that is published.
    """
    from ingest.cli.explanation_tree import explanation_tree
    from ingest.domain.cells import Cell
    from ingest.steps import explain as step

    settings = load_settings()
    with working("Adding again from landing"):
        if figure:
            found = step.explain_figure(settings, campaign, figure, metric or "computed_value")
        elif survey:
            found = step.explain_survey(settings, campaign, survey, respondents, metric or "change_points")
        else:
            narrowed = (phase, content_type, platform, ownership, post)
            found = step.explain(settings, Cell(campaign, metric or "views", *narrowed))
    if as_json:
        sys.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=2) + "\n")
    else:
        out.print(explanation_tree(found, most_posts=posts), highlight=False)
    if not found.agrees:
        raise typer.Exit(1)


@app.command()
def verify(as_json: AsJson = False) -> None:
    """Hold every byte of landing and publication against the hashes that were noted when it was written.

    Names each landed file, attachment, manifest and published file that is changed, cut, missing or too much. Status 1
    when something is wrong.
    """
    from ingest.steps import verify as step

    looks = step.plan_verify(load_settings())
    if as_json:
        found = step.verify(looks)
        sys.stdout.write(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2) + "\n")
    else:
        with progress("Verifying", len(looks.looks)) as done:
            found = step.verify(looks, told=done)
        for one in sorted(found, key=lambda one: one.is_wrong):
            mark = "[red]wrong[/]" if one.is_wrong else "[yellow]note[/] "
            out.print(f"{mark} {escape(one.where)} {escape(one.what)}", soft_wrap=True, highlight=False)
        wrong = sum(one.is_wrong for one in found)
        said = f"[red]{wrong} findings[/]" if wrong else "[green]everything is as it was written[/]"
        out.print(f"{len(looks.looks)} landed files and versions: {said}", highlight=False)
    if any(one.is_wrong for one in found):
        raise typer.Exit(1)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="The folder of the backup; one of an earlier day goes on from there.")],
) -> None:
    """Copy what cannot be made again into a folder, while everything runs: queue, events, client's file, landing.

    Warehouse and publication are made anew from it (`campaign-reach rebuild`). The bytes of deliveries of the last
    week are in it, and what was erased since: keep it like the original, and make another one after `erase`.
    """
    from ingest.steps import backup as step

    with working("Backing up"):
        copied = step.back_up(load_settings(), folder)
    for one in copied:
        out.print(f"{one.what:<14} {one.new} new of {one.files}", highlight=False)


@app.command()
def rebuild() -> None:
    """Make warehouse and publication anew from landing alone, and say whether the content hash is the same.

    The new warehouse is made beside the old one and takes its place when it is whole and its landed batch holds.
    """
    from ingest.steps import rebuild as step

    settings = load_settings()
    for one in step.removed_from_landing(settings):  # before a gate may stop because of it
        out.print(f"landing holds no more: {one}", highlight=False)
    total = step.landed_count(settings)
    with progress("Rebuilding", total + len(step.STAGES)) as done:

        def loaded(files: int) -> None:
            for _ in range(files):
                done("load what landed")

        found = step.rebuild(settings, loaded=loaded, told=done)
    out.print(f"{found.files} landed files, {found.rows} rows; version {found.version} is served", highlight=False)
    if found.before is None:
        out.print(f"content hash {found.content_hash}; nothing was served before", highlight=False)
    elif found.is_same:
        out.print(f"[green]content hash {found.content_hash}, the same as before[/]", highlight=False)
    else:
        marts = ", ".join(found.differing[:SHOWN_MARTS])
        more = f" and {len(found.differing) - SHOWN_MARTS} more" if len(found.differing) > SHOWN_MARTS else ""
        said = f"[yellow]content hash {found.content_hash}, before it was {found.before}[/]"
        out.print(f"{said}\nwhat differs: {marts}{more}", highlight=False)


@app.command()
def expire() -> None:
    """Remove from landing the answers of the Graph API that are older than CAMPAIGN_REACH_RETENTION_DAYS.

    Only what is loaded goes; registry and imported files stay. Warehouse and publications keep the numbers, but they
    can be proved or rebuilt no more: explain, verify and rebuild say which. Without the setting nothing is removed.
    """
    from ingest.steps import expire as step

    settings = load_settings()
    if settings.retention_days is None:
        out.print("landing is kept for ever: CAMPAIGN_REACH_RETENTION_DAYS is not set", highlight=False, soft_wrap=True)
        return
    with working("Removing what is older than the retention"):
        removal = step.expire(settings)
    said = removal.said if removal else f"nothing is older than {settings.retention_days} days"
    out.print(said, highlight=False, soft_wrap=True)


@app.command()
def erase(
    object_id: Annotated[str, typer.Option("--object", help="The id of a post, an account, a person or a comment.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take an object out of every store, never ask for it again, and prove by search that it is gone.

    Landing is rewritten, warehouse and publication are made anew, every kept version that holds it is removed. What
    begins with its id goes too: the comments of a post, the posts of a Page. It cannot be undone.
    """
    from ingest.steps import erase as step

    if not yes:
        typer.confirm(f"Erase {object_id} from landing, warehouse and every kept version, for good?", abort=True)
    with working("Erasing, and making warehouse and publication anew"):
        found = step.erase(load_settings(), object_id)
    out.print(
        f"{found.lines} landed lines in {found.files} files, {found.rows} rows of the queue and its ledgers, "
        f"{len(found.versions)} versions removed",
        highlight=False,
    )
    for file in found.imported_files:
        out.print(f"[yellow]removed with all its rows: {escape(file)}; import it again without the object[/]")
    for one in found.proof:
        said = f"[red]{escape(', '.join(one.found))}[/]" if one.found else "[green]not found[/]"
        out.print(f"  {one.store:<22} {one.looked_at:>6} searched: {said}", highlight=False, soft_wrap=True)
    if not found.is_gone:
        raise typer.Exit(1)
