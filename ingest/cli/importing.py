"""The command that brings in files: import."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ingest.cli.console import app, err, out, progress_of_bytes
from ingest.settings import load_settings

if TYPE_CHECKING:
    from ingest.domain.imports import Outcome

Files = Annotated[
    list[str], typer.Argument(help="Files, folders, or patterns such as 'exports/*.csv'.", show_default=False)
]
STATES = {"imported": "green", "recognised": "cyan", "known": "yellow", "refused": "red"}


@app.command(name="import")
def import_(  # noqa: PLR0917 - the options of a command
    files: Files,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what was recognised; land nothing.")] = False,
    account: Annotated[
        str, typer.Option(help="Whose file it is, when its rows do not say: an account id; several with commas.")
    ] = "",
    date_order: Annotated[
        str, typer.Option(help="What comes first in 03/04/2025, if the file cannot tell: dmy or mdy.")
    ] = "",
    mapping: Annotated[
        Path | None, typer.Option(help="A YAML that says what the columns of a table of your own are.")
    ] = None,
    exported_on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="When it was exported (UTC); else the file's own date."
        ),
    ] = None,
    campaign: Annotated[
        str, typer.Option(help="Whose survey or activity list it is, when its rows do not say: a campaign id.")
    ] = "",
    who: Annotated[str, typer.Option(help="Who brings it in; stands in landing beside the file.")] = "",
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Read a file that has landed anew, after a fix of what it is read by; it replaces the old one.",
        ),
    ] = False,
    instead_of: Annotated[
        str, typer.Option(help="A corrected file takes the place of an imported one: its name, or its landing key.")
    ] = "",
) -> None:
    """Bring in files that people export or fill in: posts, days of an account, ads, surveys, lists of activities.

    Known are Meta Business Suite (posts of Facebook and Instagram, days of an account), the old Facebook Insights, Ads
    Manager, YouTube Studio and TikTok Studio, as CSV, TSV, XLSX or ZIP, in several languages; any other table with a
    mapping. Surveys and lists: `campaign-reach template`; of a survey's respondents only the shares of groups are kept.
    What a file is shows by its columns, whatever it is called: `--dry-run` says it first.

    A file comes in whole or not at all, and once: the same bytes are known, whatever they are called. With a mended
    mapping, campaign file or release `--again` reads them anew; the new reading takes the place of the old one, so that
    no number ever counts twice. Then: `campaign-reach load`, `build`, `publish`.
    """
    from ingest.domain.imports import Options
    from ingest.steps.import_files import files_among, import_files

    if date_order not in ("", "dmy", "mdy"):
        raise typer.BadParameter("must be dmy (day first) or mdy (month first)", param_hint="--date-order")
    options = Options(
        account_id=account,
        date_order=date_order,
        mapping=mapping,
        exported_at=exported_on.replace(tzinfo=UTC) if exported_on else None,
        who=who or getpass.getuser(),
        is_dry_run=dry_run,
        again=again,
        instead_of=instead_of,
        says={"campaign": campaign},
    )
    with progress_of_bytes("Importing", sum(one.stat().st_size for one in files_among(files))) as told:
        outcomes = import_files(load_settings(), files, options, told=told)
    for one in outcomes:
        _print_outcome(one, with_facts=dry_run or len(outcomes) == 1, again=again)
    if any(one.state == "refused" for one in outcomes):
        raise typer.Exit(1)


def _print_outcome(one: "Outcome", *, with_facts: bool, again: bool) -> None:
    out.print(f"[{STATES[one.state]}]{one.state}[/] [bold]{one.name}[/bold]", highlight=False)
    for facts in one.facts if with_facts else ():
        _print_facts(facts)
    told = []
    if one.state == "known":
        how = "and would be read as they were" if again else "a fix of how they are read needs --again"
        told.append(f"the same bytes have landed, {how}: {one.key}")
    elif one.state == "imported":
        told.append(f"{one.rows:,} rows landed: {one.key}")
    if one.instead_of:
        told.append(f"in the place of {one.instead_of}")
    for line in told:
        out.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    if one.problem:
        err.print(f"  {one.problem}", markup=False, highlight=False, soft_wrap=True)


def _print_facts(facts: tuple[tuple[str, str], ...]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, said in facts:
        table.add_row(f"  {name}", said)
    out.print(table, highlight=False, markup=False)
