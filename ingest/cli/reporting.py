"""The command that draws the report of what is published."""

from pathlib import Path
from typing import Annotated

import typer

from ingest.cli.console import app, out, working
from ingest.domain.errors import NothingYet, SomebodyMustAct
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
    from ingest.steps.report import write_report

    with working("Drawing the report"):
        drawn = write_report(published or _served(), to, with_png=png, only=tuple(campaign or ()))
    pictures = f", {drawn.pictures} pictures for slides" if png else ""
    out.print(f"{drawn.pages} pages{pictures} of version {drawn.version}\n{drawn.index}", soft_wrap=True)


def _served() -> Path:
    """The DuckDB file that readers open.

    Raises: SomebodyMustAct when nothing is served, or it does not lie in a folder.
    """
    from ingest.adapters.publication.open_publication import open_publication

    publication = open_publication(load_settings())
    served = publication.served()
    if served is None:
        raise NothingYet("Nothing is published yet. `campaign-reach publish` does it, and draws the report too.")
    place = publication.readers_open(served)
    if "://" in place:
        raise SomebodyMustAct(
            f"The publication lies at {place}. Its report lies beside it, in report/; to draw one apart, fetch the "
            "file and name it: `campaign-reach report --from FILE`."
        )
    return Path(place)
