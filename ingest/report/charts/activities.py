"""People at offline activities: a bar per activity that counted them, alone on its own axis."""

from ingest.report.activities import people_at
from ingest.report.canvas import Canvas
from ingest.report.charts.bars import Bar, draw_bars
from ingest.report.colours import SERIES
from ingest.report.facts import Campaign
from ingest.report.words import Words

MOST = 10
FILL = SERIES[2].fill.light


def draw(campaign: Campaign, words: Words, *, wide: int) -> Canvas | None:
    """A bar per activity; None when none has counted its people."""
    counted = [activity for activity in campaign.activities if activity.counts][:MOST]
    if not counted:
        return None
    canvas = Canvas(wide)
    bars = [
        Bar(one.name, sum(count.people for count in one.counts), people_at(one.counts, words), FILL) for one in counted
    ]
    draw_bars(canvas, bars, words, top=0)
    return canvas
