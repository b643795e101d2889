"""Pictures of dry runs for the how-to: `python -m tests.exports.pictures` draws them anew, from the sandbox's files."""

import io
import os
import re
import tempfile
from pathlib import Path

from ingest.adapters.registry import read_registry
from ingest.sandbox.exports.products import SentFile, sent_files
from ingest.sandbox.world import build_world
from ingest.settings import PROJECT

FOLDER = PROJECT / "docs" / "how-to" / "pictures"
WIDTH = 108
PICTURES = {"dry-run-partner-page": "business_suite_facebook", "dry-run-survey": "survey"}
"""Name of the picture, and which file of the sandbox it shows."""
TEMPLATE = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: arial; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own drawing without its web fonts: a page of documentation loads nothing from elsewhere."""


def drawn(name: str) -> str:
    """The picture of a dry run, as SVG."""
    sent = [one for one in _sent() if one.what == PICTURES[name]][-1]
    with tempfile.TemporaryDirectory() as folder:
        file = sent.write()
        path = Path(folder) / file.name
        path.write_bytes(file.content)
        os.utime(path, (sent.sent_at.timestamp(), sent.sent_at.timestamp()))
        return _recorded(path, title=f"$ campaign-reach import --dry-run '{file.name}'")


def said(picture: str) -> list[str]:
    """The words of a picture, but those of the progress bar, which has a clock."""
    texts = [re.sub(r"&#160;", " ", text) for text in re.findall(r"<text [^>]*>([^<]*)</text>", picture)]
    return [text for text in texts if not re.search(r"[━╸]|^ *\d:\d\d:\d\d *$", text)]


def _sent() -> list[SentFile]:
    registry = read_registry(PROJECT / "campaigns")
    return sent_files(registry, build_world(registry))


def _recorded(path: Path, *, title: str) -> str:
    from ingest.cli.console import out
    from ingest.cli.importing import import_

    before = (out.file, out.width, out.record)
    out.file, out.width, out.record = io.StringIO(), WIDTH, True
    try:
        import_([str(path)], dry_run=True)
        return out.export_svg(title=title, code_format=TEMPLATE, unique_id="dry-run")
    finally:
        out.file, out.width, out.record = before


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        (FOLDER / f"{picture}.svg").write_text(drawn(picture), encoding="utf-8")
