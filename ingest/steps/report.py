"""Report: draw a page per campaign and language, and an index, from a published DuckDB file.

Reads what readers read. A report is laid down whole in a new folder, which then takes its name in one rename.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import structlog

from ingest.adapters.publication.disk import storage
from ingest.domain.errors import SomebodyMustAct
from ingest.steps.report_facts import ReportFacts, read_facts

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Report:
    """What was drawn: the index in the first language, and how many pages and pictures there are."""

    index: Path
    version: str
    pages: int
    pictures: int


def write_report(published: Path, folder: Path, *, with_png: bool = False, only: tuple[str, ...] = ()) -> Report:
    """Draw the report of a published file into a folder, which is replaced; `only` these campaigns if any are named.

    Raises: StorageFailed, SomebodyMustAct when a campaign that is asked for is not in the publication.
    """
    facts = read_facts(published, only=only)
    missing = sorted(set(only) - {campaign.campaign_id for campaign in facts.campaigns})
    if missing:
        raise SomebodyMustAct(
            f"No campaign {', '.join(missing)} in {published}. `campaign-reach status` names what is published; "
            "a campaign that is new in the registry is published by `campaign-reach refresh, load, build, publish`."
        )
    with storage(folder.parent, "Writing the report"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as workspace:
            drawn = Path(workspace) / "report"
            report = draw_report(facts, drawn, with_png=with_png)
            if folder.exists():
                folder.rename(Path(workspace) / "old")
            drawn.rename(folder)
    log.info("report_drawn", version=report.version, pages=report.pages, pictures=report.pictures)
    return Report(folder / report.index.name, report.version, report.pages, report.pictures)


def draw_report(facts: ReportFacts, folder: Path, *, with_png: bool = False) -> Report:
    """Lay the pages, and the pictures for slides if they are wanted, into a new folder.

    Raises: OSError when it cannot be written.
    """
    from ingest.report.page import campaign_page, index_name, index_page
    from ingest.report.slides import slides_of
    from ingest.report.words import LANGUAGES

    folder.mkdir(parents=True)
    pages = pictures = 0
    for language in LANGUAGES:
        made = [campaign_page(campaign, facts.publication, language) for campaign in facts.campaigns]
        made.append(index_page(facts.campaigns, facts.publication, language))
        for page in made:
            (folder / page.name).write_text(page.html, encoding="utf-8")
            pages += 1
        if with_png:
            (folder / "slides").mkdir(exist_ok=True)
            for campaign in facts.campaigns:
                for name, picture in slides_of(campaign, facts.publication, language):
                    (folder / "slides" / name).write_bytes(picture)
                    pictures += 1
    return Report(folder / index_name(LANGUAGES[0]), facts.publication.version, pages, pictures)
