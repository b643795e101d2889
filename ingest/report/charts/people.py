"""People reached as an interval: a line from at least to at most, its plausible range thick, the estimate as a dot."""

from ingest.report.canvas import LINE, SMALL, Canvas
from ingest.report.charts.axis import Axis, axis_to, draw_grid, draw_ticks, heading
from ingest.report.colours import ACCENT, INK, MUTED
from ingest.report.facts import Campaign, People
from ingest.report.text import REGULAR, width
from ingest.report.words import Words

SERIES = ACCENT.fill.light
EDGE = 7
"""Room at both ends for the half of a dot that lies on the end of the axis."""
OPEN = 1.35
"""An interval without an upper bound is drawn this much beyond the largest number on its axis, with an arrow."""
ENDED = (3, 3)
"""The dashes of the end of an interval that nothing bounds but everybody who could be reached."""


def ends_at(one: People, campaign: Campaign) -> int | None:
    """Everybody who could be reached, where the posts' reach would allow more: there the interval ends."""
    is_beyond = one.upper is None and one.upper_reason == "above_audience"
    return campaign.audience.size if is_beyond and campaign.audience else None


def draw(campaign: Campaign, words: Words, platform: str, *, wide: int) -> Canvas | None:
    """The intervals of one platform, because platforms never add; None when nothing is known."""
    rows = [one for one in campaign.people if one.platform == platform and one.lower]
    if len(campaign.phases) == 1:
        rows = [one for one in rows if one.phase is None]
    if not rows:
        return None
    canvas = Canvas(wide)
    _intervals(canvas, [(one, ends_at(one, campaign)) for one in rows], words, is_named=len(campaign.phases) > 1)
    return canvas


def _intervals(canvas: Canvas, rows: list[tuple[People, int | None]], words: Words, *, is_named: bool) -> None:
    known = [number for one, end in rows for number in (one.lower, one.upper, one.estimate_high, end) if number]
    is_open = any(one.upper is None and end is None for one, end in rows)
    highest = max(known) * (OPEN if is_open else 1)
    axis = axis_to(highest, words, left=EDGE, right=canvas.width - EDGE, edge=canvas.width)
    top = 0.0
    for one, end in rows:
        if is_named:
            top = heading(canvas, one.phase or words.say("people_all"), top=top + 4, weight=REGULAR)
        top = _interval(canvas, one, words, axis, everybody=end, top=top)
    draw_ticks(canvas, axis, words, top=top - 4)


def _interval(canvas: Canvas, one: People, words: Words, axis: Axis, *, everybody: int | None, top: float) -> float:
    """One interval with its numbers; gives where what follows may begin."""
    y = top + (LINE + 8 if one.estimate is not None else 10)
    draw_grid(canvas, axis, top=y - 9, bottom=y + 9)
    low = axis.at(one.lower or 0)
    last = everybody if one.upper is None else one.upper
    high = axis.right if last is None else axis.at(last)
    canvas.rule(low, y, high, y, INK.light, thick=2)
    canvas.rule(low, y - 7, low, y + 7, INK.light, thick=2)
    if one.upper is not None:
        canvas.rule(high, y - 7, high, y + 7, INK.light, thick=2)
    elif everybody is not None:
        canvas.rule(high, y - 8, high, y + 8, INK.light, thick=2, dash=ENDED)
    else:
        canvas.rule(high - 8, y - 6, high, y, INK.light, thick=2)
        canvas.rule(high - 8, y + 6, high, y, INK.light, thick=2)
    if one.estimate is not None:
        _estimate(canvas, one, words, axis, y=y)
    _ends(canvas, one, words, everybody=everybody, low=low, high=high, y=y + 8 + LINE / 2)
    return y + 8 + LINE + 6


def _estimate(canvas: Canvas, one: People, words: Words, axis: Axis, *, y: float) -> None:
    middle = axis.at(one.estimate or 0)
    if one.estimate_low is not None and one.estimate_high is not None:
        first, last = axis.at(one.estimate_low), axis.at(one.estimate_high)
        canvas.box(first, y - 5, max(last - first, 1), 10, SERIES)
    text = words.say("people_about", number=words.about(one.estimate or 0))
    if one.is_up_to_all:
        text = words.say("range", low=words.about(one.estimate_low or 0), high=words.number(one.estimate_high))
        middle = (axis.at(one.estimate_low or 0) + axis.at(one.estimate_high or 0)) / 2
    else:
        canvas.dot(middle, y, INK.light, radius=5.5)
    canvas.label(middle, y - 17, text, align="center", size=SMALL)


def _ends(
    canvas: Canvas, one: People, words: Words, *, everybody: int | None, low: float, high: float, y: float
) -> None:
    """At least and at most, or everybody, below the ends; in one text where two would meet."""
    least = words.say("people_from", number=words.number(one.lower))
    if one.upper is None and everybody is None:
        canvas.label(low, y, f"{least}, {words.say('people_open')}", size=SMALL, fill=MUTED.light)
        return
    key, last = ("people_to", one.upper) if everybody is None else ("people_everybody", everybody)
    most = words.say(key, number=words.number(last))
    if width(least, SMALL) + width(most, SMALL) + 16 <= high - low:
        canvas.label(low, y, least, size=SMALL, fill=MUTED.light)
        canvas.label(high, y, most, align="right", size=SMALL, fill=MUTED.light)
    else:
        canvas.label(low, y, f"{least}, {most}", size=SMALL, fill=MUTED.light)
