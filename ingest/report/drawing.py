"""A canvas as SVG for a page, or as PNG for a slide: drawn by vl-convert with the font that the page carries."""

import json
import re
from functools import cache, lru_cache
from html import escape
from typing import Any

import vl_convert

from ingest.report.canvas import LINE, SIZE, SMALL, Canvas
from ingest.report.colours import BACKGROUND, MUTED
from ingest.report.text import BOLD, FAMILY, FONTS, wrapped

NOISE = re.compile(
    r' (?:class|aria-[a-z]+|role|pointer-events|font-family|stroke-miterlimit)="[^"<>]*"'
    r'|<path[^>]*d="M0,0h[\d.]+v[\d.]+h-[\d.]+Z"/>|<g></g>'
    r'| stroke-dasharray="1,0"| stroke-width="1"(?=[ /])| font-weight="400"| stroke-opacity="1"| fill-opacity="1"'
)
"""What vl-convert writes for readers that this page does not have: the page's style names the font."""
ENDLESS = re.compile(r"\d+\.\d{3,}")
SCALE = 2
"""Pixels of a PNG for each pixel of the drawing."""
MARGIN = 24


def svg(canvas: Canvas, *, title: str) -> str:
    """The drawing as an SVG element: no script, no style, no link; `title` is what a screen reader says."""
    drawn = _drawn(json.dumps(specification(canvas)))
    opening, _, rest = drawn.partition(">")
    size = re.search(r'width="(\d+)" height="(\d+)"', opening)
    wide, high = size.groups() if size else (canvas.width, int(canvas.height + 1))
    attributes = f'role="img" aria-label="{escape(title)}" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
    drawn = ENDLESS.sub(lambda number: f"{float(number.group()):.1f}", NOISE.sub("", rest))
    return f"<svg {attributes}>{drawn}"


def png(canvas: Canvas, *, title: str, caption: str, source: str) -> bytes:
    """The drawing for a slide: the finding above it, where it comes from below it, on white."""
    _register_font()
    slide = Canvas(canvas.width)
    top = 0.0
    for line in wrapped(title, canvas.width, 20, weight=BOLD):
        top += 26
        slide.label(0, top - 13, line, size=20, weight=BOLD)
    top += 6
    for line in wrapped(caption, canvas.width, SIZE):
        top += LINE
        slide.label(0, top - LINE / 2, line, fill=MUTED.light)
    top += 14
    canvas.onto(slide, down=top)
    top = slide.height + 16
    for line in wrapped(source, canvas.width, SMALL):
        slide.label(0, top + SMALL / 2, line, size=SMALL, fill=MUTED.light)
        top += LINE
    spec = specification(slide, margin=MARGIN, background=BACKGROUND.light)
    return bytes(vl_convert.vegalite_to_png(spec, scale=SCALE))


def specification(canvas: Canvas, *, margin: int = 0, background: str = "transparent") -> dict[str, Any]:
    """The Vega-Lite specification of a canvas."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": canvas.width,
        "height": int(canvas.height + 1),
        "padding": margin,
        "background": background,
        "config": {"font": FAMILY, "aria": False, "view": {"stroke": None}},
        "layer": canvas.layers(),
    }


@lru_cache(maxsize=512)
def _drawn(spec: str) -> str:
    """The drawing of a specification; what was drawn a moment ago is not drawn again."""
    _register_font()
    return str(vl_convert.vegalite_to_svg(spec))


@cache
def _register_font() -> None:
    """Let vl-convert measure and draw with the font that the page carries, whatever the machine has."""
    vl_convert.register_font_directory(str(FONTS))
