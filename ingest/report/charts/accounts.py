"""Views of each account; above its bar its name, and whose it is: own and partner in words, and in two colours."""

from ingest.report.canvas import Canvas
from ingest.report.charts.bars import Bar, draw_bars
from ingest.report.colours import SERIES
from ingest.report.facts import Account, Campaign
from ingest.report.words import Words

MOST = 8
KINDS = {"own": SERIES[0], "partner": SERIES[1]}


def shown_accounts(campaign: Campaign) -> tuple[Account, ...]:
    """The accounts with the most views, and after them those whose posts' views are not known."""
    known = [account for account in campaign.accounts if account.views][:MOST]
    return (*known, *(account for account in campaign.accounts if account.posts and account.views is None))


def draw(campaign: Campaign, words: Words, *, wide: int) -> Canvas | None:
    """A bar per account, words where its views are not known; None when there is only one account, or no views."""
    accounts = shown_accounts(campaign)
    if len(accounts) < 2 or not any(account.views for account in accounts):  # noqa: PLR2004 - a comparison takes two
        return None
    canvas = Canvas(wide)
    bars = [
        Bar(
            _named(account, words),
            account.views,
            words.say("account_views_unknown") if account.views is None else words.number(account.views),
            KINDS[account.ownership].fill.light,
        )
        for account in accounts
    ]
    draw_bars(canvas, bars, words, top=0)
    return canvas


def _named(account: Account, words: Words) -> str:
    platform = words.name("platform", account.platform)
    ownership = words.name("ownership", account.ownership)
    return words.say("account_of", account=account.name, platform=platform, ownership=ownership)
