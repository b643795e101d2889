"""Cumulative views of each phase from its launch on: dots where posts were read, straight lines between them."""

from ingest.report.canvas import LINE, SIZE, SMALL, SOLID, Canvas
from ingest.report.charts.axis import Axis, axis_to, round_ticks
from ingest.report.charts.leaders import Point, leaders_to
from ingest.report.colours import AXIS, GRID, MUTED, SLATES, Shade
from ingest.report.facts import Campaign, Phase, Reading
from ingest.report.text import BOLD, width, wrapped
from ingest.report.titles import readings_of
from ingest.report.words import Words

MOST_DOTS = 30
NARROW = 480
"""Below this width full names stand above the picture, not at the lines' ends, unless two lines of SHORT hold them."""
SHORT = 90
DASHES: tuple[tuple[int, ...], ...] = (SOLID, (7, 4), (2, 4), (10, 4, 2, 4), (4, 4))

Growth = tuple[Phase, list[Reading]]


def drawn_phases(campaign: Campaign) -> list[Growth]:
    """The phases that have readings, and those; the newest phases where there are too many to tell apart."""
    found = [(phase, readings_of(campaign, phase)) for phase in campaign.phases]
    return [(phase, readings) for phase, readings in found if readings][-len(SLATES) :]


def draw(campaign: Campaign, words: Words, *, wide: int) -> Canvas | None:
    """A line per phase, named at its end; None when no phase was read while it ran."""
    phases = drawn_phases(campaign)
    if not phases:
        return None
    canvas = Canvas(wide)
    names = _width_of_names(phases)
    is_named_above = wide < NARROW and names is None
    top = _names_above(canvas, phases) if is_named_above else 8.0
    bottom = top + (210 if wide < NARROW else 270)
    highest = max(reading.views for _, readings in phases for reading in readings)
    up = Axis(round_ticks(highest, 6), bottom, top)
    left = max(width(words.tick(tick), SMALL) for tick in up.ticks) + 8
    numbers = max(width(words.number(readings[-1].views), SIZE) for _, readings in phases)
    short = _short_names(phases) if is_named_above else None
    room = (
        200.0
        if wide >= NARROW
        else max([numbers, names or 0, *(width(one, SIZE, weight=BOLD) for one in short or ())]) + 4
    )
    across = axis_to(
        max(readings[-1].day for _, readings in phases), words, left=left, right=wide - room - 14, edge=wide
    )
    _frame(canvas, up, across, words)
    dots = _lines(canvas, phases, up, across)
    ends = short or [phase.name if not is_named_above else "" for phase, _ in phases]
    _ends(canvas, phases, words, dots, lowest=up.left, room=room, names=ends)
    return canvas


def _width_of_names(phases: list[Growth]) -> float | None:
    """How wide the names are in two lines of at most SHORT; None when one of them needs more."""
    names = [wrapped(phase.name, SHORT, SIZE, weight=BOLD) for phase, _ in phases]
    widest = max(width(line, SIZE, weight=BOLD) for lines in names for line in lines)
    return widest if max(map(len, names)) <= 2 and widest <= SHORT else None  # noqa: PLR2004 - lines beside a line's end


def _short_names(phases: list[Growth]) -> list[str] | None:
    """What stands before the colon of each name, where that tells them apart: `Year 1: schools` is Year 1."""
    short = [phase.name.partition(":")[0] if ":" in phase.name else "" for phase, _ in phases]
    is_told = all(short) and len(set(short)) == len(short)
    return short if is_told and max(width(one, SIZE, weight=BOLD) for one in short) <= SHORT else None


def _looks(count: int) -> list[tuple[Shade, tuple[int, ...]]]:
    """A shade and a dash for each line; the newest is the darkest, and solid."""
    return list(zip(SLATES, DASHES, strict=True))[:count][::-1]


def _names_above(canvas: Canvas, phases: list[Growth]) -> float:
    """The names with a piece of their line; gives where the picture may begin."""
    top = 0.0
    for (phase, _), (shade, dash) in zip(phases, _looks(len(phases)), strict=True):
        canvas.rule(0, top + LINE / 2, 26, top + LINE / 2, shade.light, thick=2.5, dash=dash)
        for line in wrapped(phase.name, canvas.width - 34, SIZE):
            canvas.label(34, top + LINE / 2, line)
            top += LINE
    return top + 14


def _frame(canvas: Canvas, up: Axis, across: Axis, words: Words) -> None:
    for tick in up.ticks:
        y = up.at(tick)
        canvas.rule(across.left, y, across.right, y, GRID.light if tick else AXIS.light, under=True)
        canvas.label(across.left - 8, y, words.tick(tick), align="right", size=SMALL, fill=MUTED.light)
    for tick in across.ticks:
        canvas.label(across.at(tick), up.left + 12, words.tick(tick), align="center", size=SMALL, fill=MUTED.light)
    canvas.label(across.left, up.left + 12 + LINE, words.say("curve_axis"), size=SMALL, fill=MUTED.light)


def _lines(canvas: Canvas, phases: list[Growth], up: Axis, across: Axis) -> list[list[Point]]:
    """The lines; gives their dots, the last of which stands at the end of its line."""
    dots = []
    for (_, readings), (shade, dash) in zip(phases, _looks(len(phases)), strict=True):
        points = [(across.at(reading.day), up.at(reading.views)) for reading in readings]
        canvas.line([(across.at(0), up.at(0)), *points], shade.light, dash=dash)
        every = max(1, -(-len(points) // MOST_DOTS))
        dots.append(points[::-1][::every][::-1])
        for x, y in dots[-1]:
            canvas.dot(x, y, shade.light)
    return dots


def _ends(
    canvas: Canvas,
    phases: list[Growth],
    words: Words,
    dots: list[list[Point]],
    *,
    lowest: float,
    room: float,
    names: list[str],
) -> None:
    """At the end of each line its views, below a name if there is one, and a leader to them from the last dot."""
    start = canvas.width - room
    blocks = [wrapped(name, room, SIZE, weight=BOLD, most=2) if name else () for name in names]
    tall = LINE * (1 + max(len(lines) for lines in blocks))
    leaders = leaders_to(dots, start - 5, tall + 10, lowest=tall / 2, highest=lowest - tall / 2 + 8)
    for (_, readings), lines, (begin, end) in zip(phases, blocks, leaders, strict=True):
        canvas.rule(*begin, *end, AXIS.light)
        y = end[1] - LINE * len(lines) / 2
        for number, line in enumerate(lines):
            canvas.label(start, y + LINE * number, line, weight=BOLD)
        canvas.label(start, y + LINE * len(lines), words.number(readings[-1].views))
