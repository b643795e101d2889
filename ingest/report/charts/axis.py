"""An axis from zero, and headings and legends that break into lines instead of being cut."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log10

from ingest.report.canvas import LINE, SIZE, SMALL, Canvas
from ingest.report.colours import GRID, INK, MUTED, Series
from ingest.report.text import BOLD, width, wrapped
from ingest.report.words import Words

BETWEEN = 12
"""Pixels from one label of an axis to the next, at least."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale from zero to the last tick, over some pixels."""

    ticks: tuple[float, ...]
    left: float
    right: float

    def at(self, value: float) -> float:
        """Where a value lies."""
        return self.left + (self.right - self.left) * value / self.ticks[-1]


def axis_to(highest: float, words: Words, *, left: float, right: float, edge: float) -> Axis:
    """A scale across from zero that holds the highest value, with as many round ticks as their labels have room for.

    `edge` is where the canvas ends: a label that would stand beyond it is moved in, towards the one before it.
    """
    for most in (6, 5, 4, 3, 2):
        axis = Axis(round_ticks(highest, most), left, right)
        if _is_told_apart(axis, words, edge):
            break
    return axis


def _is_told_apart(axis: Axis, words: Words, edge: float) -> bool:
    """Whether the labels of the ticks stand apart, where they will stand."""
    wide = [width(words.tick(tick), SMALL) for tick in axis.ticks]
    begins = [min(max(0.0, axis.at(tick) - one / 2), edge - one) for tick, one in zip(axis.ticks, wide, strict=True)]
    ends = [begin + one for begin, one in zip(begins, wide, strict=True)]
    return all(begin - end >= BETWEEN for end, begin in zip(ends, begins[1:], strict=False))


def round_ticks(highest: float, most: int) -> tuple[float, ...]:
    """Ticks from zero to beyond the highest value, at most so many, in steps that people count in."""
    if highest <= 0:
        return (0.0, 1.0)
    rough = highest / (most - 1)
    power = 10.0 ** floor(log10(rough))
    step = max(1.0, next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999))
    return tuple(step * number for number in range(ceil(highest / step - 1e-9) + 1))


def draw_grid(canvas: Canvas, axis: Axis, *, top: float, bottom: float) -> None:
    """The vertical lines of an axis: drawn first, so that data lies on them."""
    for tick in axis.ticks:
        canvas.rule(axis.at(tick), top, axis.at(tick), bottom, GRID.light, under=True)


def draw_ticks(canvas: Canvas, axis: Axis, words: Words, *, top: float) -> None:
    """The numbers of an axis below it."""
    for tick in axis.ticks:
        canvas.label(axis.at(tick), top + 10, words.tick(tick), align="center", size=SMALL, fill=MUTED.light)


def heading(canvas: Canvas, text: str, *, top: float, weight: int = BOLD) -> float:
    """A heading in as many lines as it needs; gives where what follows may begin."""
    for line in wrapped(text, canvas.width, SIZE, weight=weight):
        canvas.label(0, top + LINE / 2, line, weight=weight)
        top += LINE
    return top + 3


def legend(canvas: Canvas, entries: Iterable[tuple[str, Series]], *, top: float) -> float:
    """Squares with their names, in as many lines as they need; gives where what follows may begin."""
    x = 0.0
    for name, series in entries:
        wide = 12 + 6 + width(name, SIZE)
        if x and x + wide > canvas.width:
            x, top = 0.0, top + LINE + 3
        canvas.box(x, top + LINE / 2 - 6, 12, 12, series.fill.light)
        canvas.label(x + 18, top + LINE / 2, name, fill=INK.light)
        x += wide + 16
    return top + LINE + 9
