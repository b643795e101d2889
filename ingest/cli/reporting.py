"""The command that draws the report of what is published."""

from pathlib import Path
from typing import Annotated

import typer

from ingest.cli.console import app, out, working
from ingest.settings import load_settings

To = Annotated[Path, typer.Option("--to", help="Folder for the report; what lies there from before is replaced.")]
Png = Annotated[bool, typer.Option("--png", help="Also each chart as a picture for slides, in slides/.")]
Only = Annotated[
    list[str] | None, typer.Option("--campaign", help="Only this campaign id; may be given more than once.")
]
From = Annotated[Path | None, typer.Option("--from", help="A published DuckDB file; empty is the one that is served.")]


@app.command()
def report(to: To = Path("var/report"), png: Png = False, campaign: Only = None, published: From = None) -> None:
    """Draw a page per campaign, in English and Mongolian, from what is published.

    Every version has its report in versions/<version>/report/ already; this draws one apart, with pictures for slides.
    The pages need no script and no network: send them, print them, open them from a folder.
    """
    from ingest.adapters.publication.folder import DATABASE
    from ingest.steps.publish import local_folder
    from ingest.steps.report import write_report

    source = published or local_folder(load_settings().published_uri) / DATABASE
    with working("Drawing the report"):
        drawn = write_report(source, to, with_png=png, only=tuple(campaign or ()))
    pictures = f", {drawn.pictures} pictures for slides" if png else ""
    out.print(f"{drawn.pages} pages{pictures} of version {drawn.version}\n{drawn.index}", soft_wrap=True)
