"""Survey shares as slopes from wave to wave, with the interval of the change where there is one."""

from ingest.report.canvas import LINE, SMALL, Canvas
from ingest.report.charts.axis import heading
from ingest.report.colours import ACCENT, AXIS, GRID, INK, MUTED
from ingest.report.facts import Campaign, Survey
from ingest.report.text import BOLD, width
from ingest.report.words import Words

SERIES = ACCENT.fill.light
HIGH = 130
WIDEST = 420
INSET = 40
MOST = 6


def with_shares(campaign: Campaign) -> list[Survey]:
    """The indicators of which at least one share was given."""
    return [survey for survey in campaign.surveys if any(wave.share_pct is not None for wave in survey.waves)][:MOST]


def draw(campaign: Campaign, words: Words, *, wide: int) -> Canvas | None:
    """A slope per indicator, from 0 to 100 percent; None when no share was given."""
    surveys = with_shares(campaign)
    if not surveys:
        return None
    canvas = Canvas(wide)
    top = 0.0
    for survey in surveys:
        who = words.name("respondents", survey.respondents)
        top = heading(canvas, f"{survey.text} ({who})", top=top) + 8
        top = _slope(canvas, survey, words, top=top) + 18
    return canvas


def _slope(canvas: Canvas, survey: Survey, words: Words, *, top: float) -> float:
    left = width(words.percent(100), SMALL) + 10
    right = min(canvas.width, WIDEST) - 60
    bottom = top + HIGH
    for tick in (0, 50, 100):
        y = _up(tick, bottom)
        canvas.rule(left, y, right, y, GRID.light if tick else AXIS.light, under=True)
        canvas.label(left - 8, y, words.percent(tick), align="right", size=SMALL, fill=MUTED.light)
    places = _places(len(survey.waves), left + INSET, right - INSET)
    for x, wave in zip(places, survey.waves, strict=True):
        canvas.label(x, bottom + 12, words.name("wave", wave.wave), align="center", size=SMALL)
        if wave.share_pct is None:
            canvas.label(x, bottom + 12 + LINE, words.say("unknown"), align="center", size=SMALL, fill=MUTED.light)
    _shares(canvas, survey, words, places, bottom=bottom)
    lines = 2 if any(wave.share_pct is None for wave in survey.waves) else 1
    return bottom + LINE * lines + 4


def _up(share: float, bottom: float) -> float:
    return bottom - HIGH * share / 100


def _places(count: int, left: float, right: float) -> list[float]:
    """Where the waves stand: from left to right, a single one in the middle."""
    return (
        [left + (right - left) * number / (count - 1) for number in range(count)] if count > 1 else [(left + right) / 2]
    )


def _shares(canvas: Canvas, survey: Survey, words: Words, places: list[float], *, bottom: float) -> None:
    """The shares that were given, the slope between them, and the interval of the change at the last wave."""
    pairs = zip(places, survey.waves, strict=True)
    shares = [(x, wave.share_pct) for x, wave in pairs if wave.share_pct is not None]
    if survey.change_low is not None and survey.change_high is not None:
        first = shares[0][1]
        _interval(
            canvas, places[-1], *(_up(first + change, bottom) for change in (survey.change_low, survey.change_high))
        )
    if len(shares) > 1:
        canvas.line([(x, _up(share, bottom)) for x, share in shares], SERIES)
    for x, share in shares:
        canvas.dot(x, _up(share, bottom), SERIES, radius=5.5)
        canvas.label(x + 12, _up(share, bottom) - 1, words.percent(share), weight=BOLD)


def _interval(canvas: Canvas, x: float, low: float, high: float) -> None:
    """The interval of the change, from the first share on, as a bar with ends at the last wave."""
    canvas.rule(x, low, x, high, INK.light, thick=2)
    for y in (low, high):
        canvas.rule(x - 6, y, x + 6, y, INK.light, thick=2)
