"""Views of each account, own and partner in two colours, the name above its bar."""

from ingest.report.canvas import Canvas
from ingest.report.charts.axis import legend
from ingest.report.charts.bars import Bar, draw_bars
from ingest.report.colours import SERIES
from ingest.report.facts import Account, Campaign
from ingest.report.words import Words

MOST = 8
KINDS = {"own": SERIES[0], "partner": SERIES[1]}


def shown_accounts(campaign: Campaign) -> tuple[Account, ...]:
    """The accounts with the most views."""
    return tuple(account for account in campaign.accounts if account.views)[:MOST]


def draw(campaign: Campaign, words: Words, *, wide: int) -> Canvas | None:
    """A bar per account; None when there is only one, or no views."""
    accounts = shown_accounts(campaign)
    if len(accounts) < 2:  # noqa: PLR2004 - a comparison takes two
        return None
    canvas = Canvas(wide)
    kinds = [kind for kind in KINDS if any(account.ownership == kind for account in accounts)]
    top = legend(canvas, [(words.name("ownership_accounts", kind), KINDS[kind]) for kind in kinds], top=0)
    bars = [
        Bar(
            f"{account.name} ({words.name('platform', account.platform)})",
            account.views or 0,
            words.number(account.views),
            KINDS[account.ownership].fill.light,
        )
        for account in accounts
    ]
    draw_bars(canvas, bars, words, top=top)
    return canvas
