"""Views, or reach, of each phase: a bar stacked by content type, with a tick where the target stands."""

from ingest.report.canvas import SIZE, SMALL, Canvas
from ingest.report.charts.axis import Axis, axis_to, draw_grid, draw_ticks, heading, legend
from ingest.report.charts.types import gathered, named, series_of
from ingest.report.colours import BACKGROUND, INK, MUTED, Series
from ingest.report.facts import Campaign, Content, Phase
from ingest.report.text import BOLD, fits, width
from ingest.report.words import Words

BAR = 28
GAP = 2
VISIBLE = 1.5
"""Pixels of a piece that can be seen; a colour that has none is no entry of the legend."""
INSIDE = 8


def draw(campaign: Campaign, words: Words, measure: str, *, wide: int) -> Canvas | None:
    """Bars of a measure (views, duplicated_reach), one per phase; None when no phase has any."""
    shown = [phase for phase in campaign.phases if getattr(phase, measure)]
    if not shown:
        return None
    series = series_of(campaign)
    canvas = Canvas(wide)
    is_named = _is_crossed(shown, words, measure, wide=wide)
    axis = _axis(shown, words, measure, wide=wide, with_totals=not is_named)
    top = legend(canvas, named(_seen(campaign, shown, series, measure, axis), words), top=0)
    for phase in shown:
        total = words.number(getattr(phase, measure))
        top = heading(canvas, f"{phase.name}: {total}" if is_named else phase.name, top=top)
        end, bottom = _row(canvas, phase, campaign, words, measure, axis=axis, series=series, top=top)
        if not is_named:
            canvas.label(end + INSIDE, top + BAR / 2, total, weight=BOLD)
        top = bottom + 12
    draw_ticks(canvas, axis, words, top=top - 8)
    return canvas


def _seen(
    campaign: Campaign, shown: list[Phase], series: dict[str, Series], measure: str, axis: Axis
) -> dict[str, Series]:
    """The colours that have a piece wide enough to be seen in one of the bars."""
    pieces = [piece for phase in shown for piece in gathered(_contents(campaign, phase), series, measure)]
    seen = {name for name, value in pieces if axis.at(value) - axis.left - GAP >= VISIBLE}
    return {name: one for name, one in series.items() if name in seen}


def _contents(campaign: Campaign, phase: Phase) -> list[Content]:
    return [content for content in campaign.contents if content.phase_id == phase.phase_id]


def _is_crossed(shown: list[Phase], words: Words, measure: str, *, wide: int) -> bool:
    """Whether a target's tick would stand between a bar and its total: all totals stand with the names then."""
    axis = _axis(shown, words, measure, wide=wide)
    for phase in shown:
        if phase.target_metric == measure and phase.target_value:
            end, tick = axis.at(getattr(phase, measure)), axis.at(phase.target_value)
            if end - INSIDE < tick < end + INSIDE + width(words.number(getattr(phase, measure)), SIZE, weight=BOLD) + 4:
                return True
    return False


def _axis(shown: list[Phase], words: Words, measure: str, *, wide: int, with_totals: bool = True) -> Axis:
    """A scale that leaves room for the longest total at the end of its bar, where it stands there."""
    targets = [phase.target_value or 0 for phase in shown if phase.target_metric == measure]
    highest = max([*(getattr(phase, measure) for phase in shown), *targets])
    axis = axis_to(highest, words, left=0, right=wide, edge=wide)
    if not with_totals:
        return axis
    totals = [(getattr(phase, measure), words.number(getattr(phase, measure))) for phase in shown]
    ends = [(value, INSIDE + width(text, SIZE, weight=BOLD)) for value, text in totals]
    if max(axis.at(value) + end for value, end in ends) <= wide:
        return axis
    return axis_to(highest, words, left=0, right=wide - max(end for _, end in ends), edge=wide)


def _row(
    canvas: Canvas,
    phase: Phase,
    campaign: Campaign,
    words: Words,
    measure: str,
    *,
    axis: Axis,
    series: dict[str, Series],
    top: float,
) -> tuple[float, float]:
    """A bar with its target; gives where it ends, and where the row does."""
    draw_grid(canvas, axis, top=top - 2, bottom=top + BAR + 2)
    x = axis.left
    tick = axis.at(phase.target_value) if phase.target_metric == measure and phase.target_value else None
    for name, value in gathered(_contents(campaign, phase), series, measure):
        wide = axis.at(value) - axis.left
        _segment(canvas, words.name("content_types", name), series[name], x=x, top=top, wide=wide, tick=tick)
        x += wide
    bottom = top + BAR
    if tick is not None:
        bottom = _target(canvas, phase, words, axis=axis, top=top, bottom=bottom)
    return x, bottom


def _segment(
    canvas: Canvas, name: str, series: Series, *, x: float, top: float, wide: float, tick: float | None
) -> None:
    """A piece of a bar, with its name in it where there is room and no tick crosses it."""
    canvas.box(x, top, max(wide - GAP, 0.8), BAR, series.fill.light)
    middle = x + (wide - GAP) / 2
    is_crossed = tick is not None and abs(tick - middle) < width(name, SMALL) / 2 + 4
    if fits(name, wide - GAP - INSIDE, SMALL) and not is_crossed:
        canvas.label(middle, top + BAR / 2, name, align="center", size=SMALL, fill=series.text.light)


def _target(canvas: Canvas, phase: Phase, words: Words, *, axis: Axis, top: float, bottom: float) -> float:
    """A tick across the bar, edged to be seen on every colour; below it what the target is and whether it is met."""
    x = axis.at(phase.target_value or 0)
    canvas.rule(x, top - 5, x, bottom + 6, BACKGROUND.light, thick=6.5)
    canvas.rule(x, top - 4, x, bottom + 5, INK.light, thick=2.5)
    met = phase.attainment_pct is not None and phase.attainment_pct >= 100  # noqa: PLR2004 - percent
    text = words.say(
        "target_met" if met else "target_missed",
        value=words.number(phase.target_value),
        share=words.attained(phase.attainment_pct),
    )
    canvas.label(x, bottom + 13, text, align="center", size=SMALL, fill=MUTED.light)
    return bottom + 20
