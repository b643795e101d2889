"""Posts, views and engagements as bars of a hundred percent, stacked by content type: effort beside what it brought."""

from ingest.report.canvas import SMALL, Canvas
from ingest.report.charts.axis import heading, legend
from ingest.report.charts.types import gathered, named, series_of
from ingest.report.facts import Campaign
from ingest.report.text import fits
from ingest.report.words import Words

BAR = 30
GAP = 2
MEASURES = (("posts", "mix_posts"), ("views", "mix_views"), ("engagements", "mix_engagements"))


def draw(campaign: Campaign, words: Words, *, wide: int) -> Canvas | None:
    """Three bars of a hundred percent; None when there are fewer than two content types to compare."""
    series = series_of(campaign)
    if len(series) < 2:  # noqa: PLR2004 - a comparison takes two
        return None
    canvas = Canvas(wide)
    top = legend(canvas, named(series, words), top=0)
    for measure, key in MEASURES:
        parts = gathered(campaign.contents, series, measure)
        whole = sum(value for _, value in parts)
        if not whole:
            continue
        top = heading(canvas, f"{words.say(key)}: {words.number(whole)}", top=top)
        x = 0.0
        for name, value in parts:
            long = wide * value / whole
            canvas.box(x, top, max(long - GAP, 0.8), BAR, series[name].fill.light)
            share = words.percent(value, whole)
            texts = (f"{words.name('content_types', name)} {share}", share)
            text = next((one for one in texts if fits(one, long - GAP - 6, SMALL)), None)
            if text:
                middle = x + (long - GAP) / 2
                fill = series[name].text.light
                canvas.label(middle, top + BAR / 2, text, align="center", size=SMALL, fill=fill)
            x += long
        top += BAR + 12
    return canvas
