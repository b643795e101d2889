"""Pictures of the demo's report: `python -m tests.system.screenshots` and `… --picture`; run `make demo` first.

The first takes one for each row of docs/report-checklist.md, into var/screenshots/, for the person who ticks it; the
second the one that the README shows.
"""

import shutil
import sys
from pathlib import Path

from ingest.settings import PROJECT
from tests.system.views import THEMES, WIDTHS, Browser

PICTURED = "every_child_different_dreams.en"
PICTURE = PROJECT / "docs" / "pictures" / "report.png"
SIDE = 1280


def main() -> None:
    """Photograph the newest report of var/published, and print the rows of the table; or only the README's picture."""
    reports = sorted((PROJECT / "var" / "published" / "versions").glob("*/report"))
    programs = [shutil.which(name) for name in ("node", "npm", "chromium")]
    if not reports or not all(programs):
        sys.exit("Needs var/published (make demo) and node, npm, chromium (.ci/run installs them).")
    is_picture = "--picture" in sys.argv
    folder = PROJECT / "var" / ("picture" if is_picture else "screenshots")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    browser = Browser(*(str(program) for program in programs))
    if is_picture:
        take_picture(browser, reports[-1], folder)
    else:
        take_all(browser, reports[-1], folder)


def take_all(browser: Browser, report: Path, folder: Path) -> None:
    """Every page of a campaign in every way, whole."""
    pages = [page for page in sorted(report.glob("*.html")) if not page.name.startswith("index")]
    browser.look(pages, folder / "plan.json", shots=folder)
    for shot in rows([page.stem for page in pages]):
        assert (folder / f"{shot}.png").exists(), shot
        sys.stdout.write(f"| {shot} | | | | | | | |\n")


def take_picture(browser: Browser, report: Path, folder: Path) -> None:
    """The top of one page, for the README."""
    page = report / f"{PICTURED}.html"
    browser.look([page], folder / "plan.json", widths=[SIDE], themes=["light"], shots=folder, crop=SIDE)
    shutil.copyfile(folder / f"{PICTURED}.{SIDE}.light.png", PICTURE)
    sys.stdout.write(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes\n")


def rows(pages: list[str]) -> list[str]:
    """The names of the screenshots, in the order of the table."""
    return [f"{page}.{width}.{theme}" for page in pages for width in WIDTHS for theme in THEMES]


if __name__ == "__main__":
    main()
