"""Views of each account, its name above its bar; own and partner, where there are both, in two colours and in words."""

from ingest.report.canvas import Canvas
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
    is_mixed = len({account.ownership for account in accounts}) > 1
    bars = [
        Bar(
            _named(account, words, with_ownership=is_mixed),
            account.views or 0,
            words.number(account.views),
            KINDS[account.ownership].fill.light,
        )
        for account in accounts
    ]
    draw_bars(canvas, bars, words, top=0)
    return canvas


def _named(account: Account, words: Words, *, with_ownership: bool) -> str:
    platform = words.name("platform", account.platform)
    if not with_ownership:
        return f"{account.name} ({platform})"
    ownership = words.name("ownership", account.ownership)
    return words.say("account_of", account=account.name, platform=platform, ownership=ownership)
