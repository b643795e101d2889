"""Probes of a live Instagram account: each is a row of docs/live-checklist.md."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from ingest.domain.meta_days import begin_of, meta_day
from ingest.live_ground import EXPECTED, Ground, Probe, asked_all, expanded_listing, listed


def _of_account(probe: "Callable[[Ground, str], str]") -> Probe:
    """A probe of the Page's Instagram account; without one there is nothing to try."""

    @wraps(probe)
    def tried(ground: Ground) -> str:
        if ground.instagram_id is None:
            return f"{EXPECTED}: nothing to try, no Instagram account is linked"
        return probe(ground, ground.instagram_id)

    return tried


@_of_account
def media_listing(ground: Ground, account_id: str) -> str:
    """Insights that are expanded in the listing of media."""
    return expanded_listing(ground, "media", account_id, "instagram")


@_of_account
def totals(ground: Ground, account_id: str) -> str:
    """Reach and all totals of a month."""
    from ingest.adapters.graph.instagram import day_asks

    until = ground.settings.clock()
    asks = day_asks(account_id, until - timedelta(days=30), until, on=until.date())
    return asked_all(ground, asks, "reach and all totals over thirty days")


@_of_account
def parts(ground: Ground, account_id: str) -> str:
    """The first media and the first live story, if there are any, with what only they have, and its parts."""
    from ingest.adapters.graph.instagram import apart_asks

    on, fields = ground.settings.clock().date(), "id,media_product_type"
    media = listed(ground, (account_id, "media"), fields=fields, limit="25")
    stories = listed(ground, (account_id, "stories"), fields=fields)
    kinds = {str(one.get("media_product_type")): one["id"] for one in (*media, *stories)}
    asks = [ask for kind, one in kinds.items() for ask in apart_asks(one, kind, on=on)]
    return asked_all(ground, asks, f"of {', '.join(sorted(kinds)) or 'nothing yet'}")


@_of_account
def days(ground: Ground, account_id: str) -> str:
    """The first day of a series, which is named by its begin."""
    today = meta_day(ground.settings.clock())
    since, until = (begin_of(today - timedelta(days=ago)) for ago in (5, 2))
    window = {"since": str(int(since.timestamp())), "until": str(int(until.timestamp()))}
    data = listed(ground, (account_id, "insights"), metric="reach", period="day", **window)
    ends = [str(value.get("end_time")) for one in data for value in one.get("values", ())]
    if not ends:
        return f"{EXPECTED}: nothing to try, there is no reach yet"
    is_begin = datetime.fromisoformat(ends[0]) == since
    return f"{EXPECTED}: a day is named by its begin" if is_begin else f"asked since {since:%H:%M}, named {ends[0]}"
