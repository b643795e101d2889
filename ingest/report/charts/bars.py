"""Plain bars from zero: the name above, the value at the end."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.report.canvas import SIZE, Canvas
from ingest.report.charts.axis import axis_to, draw_grid, draw_ticks, heading
from ingest.report.colours import MUTED
from ingest.report.text import BOLD, REGULAR, width
from ingest.report.words import Words

THICK = 20
INSIDE = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """A named value; `shown` is the value as text. Without a value it is only text where its bar would begin."""

    name: str
    value: float | None
    shown: str
    fill: str


def draw_bars(canvas: Canvas, bars: Sequence[Bar], words: Words, *, top: float) -> None:
    """Bars from zero, one below the other, on one axis."""
    known = [bar for bar in bars if bar.value is not None]
    highest = max(bar.value or 0 for bar in known)
    end = max(width(bar.shown, SIZE, weight=BOLD) for bar in known) + INSIDE
    axis = axis_to(highest, words, left=0, right=canvas.width, edge=canvas.width)
    if axis.at(highest) + end > canvas.width:
        axis = axis_to(highest, words, left=0, right=canvas.width - end, edge=canvas.width)
    for bar in bars:
        top = heading(canvas, bar.name, top=top, weight=REGULAR)
        draw_grid(canvas, axis, top=top - 2, bottom=top + THICK + 2)
        if bar.value is None:
            canvas.label(INSIDE, top + THICK / 2, bar.shown, fill=MUTED.light)
        else:
            canvas.box(0, top, max(axis.at(bar.value), 0.8), THICK, bar.fill)
            canvas.label(axis.at(bar.value) + INSIDE, top + THICK / 2, bar.shown, weight=BOLD)
        top += THICK + 10
    draw_ticks(canvas, axis, words, top=top - 6)
