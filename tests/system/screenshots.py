"""Every screenshot of a report for the person who ticks docs/report-checklist.md: `python -m tests.system.screenshots`.

Draws nothing itself: run `make demo` first. Pictures go to var/screenshots/, one per row of the checklist's table.
"""

import shutil
import sys

from ingest.settings import PROJECT
from tests.system.views import THEMES, WIDTHS, Browser


def main() -> None:
    """Photograph the newest report of var/published, and print the rows of the table."""
    reports = sorted((PROJECT / "var" / "published" / "versions").glob("*/report"))
    programs = [shutil.which(name) for name in ("node", "npm", "chromium")]
    if not reports or not all(programs):
        sys.exit("Needs var/published (make demo) and node, npm, chromium (.ci/run installs them).")
    folder = PROJECT / "var" / "screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pages = [page for page in sorted(reports[-1].glob("*.html")) if not page.name.startswith("index")]
    browser = Browser(*(str(program) for program in programs))
    browser.look(pages, folder / "plan.json", shots=folder)
    for shot in rows([page.stem for page in pages]):
        assert (folder / f"{shot}.png").exists(), shot
        sys.stdout.write(f"| {shot} | | | | | | | |\n")


def rows(pages: list[str]) -> list[str]:
    """The names of the screenshots, in the order of the table."""
    return [f"{page}.{width}.{theme}" for page in pages for width in WIDTHS for theme in THEMES]


if __name__ == "__main__":
    main()
