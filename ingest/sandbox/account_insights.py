"""Insights of accounts: what a Page or an Instagram account gathered per day, and whom it reached, each person once.

Reach comes from the audience of numbered people, so a week never holds more than its days together, nor less than one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ingest.sandbox import errors
from ingest.sandbox.audience import Audience
from ingest.sandbox.insights import asked_metrics, total_value
from ingest.sandbox.nodes import graph_time
from ingest.sandbox.rules import IG_ACCOUNT_METRICS, PAGE_METRICS, AccountRule, served
from ingest.sandbox.world import SETTLED, World, WorldAccount

META_ZONE = ZoneInfo("America/Los_Angeles")
PERIOD_DAYS = {"day": 1, "week": 7, "days_28": 28}
KEPT = {"facebook": timedelta(days=730), "instagram": timedelta(days=90)}
"""How long Meta keeps the days of an account. Source: section 1.9; high."""
LONGEST = {"facebook": 93, "instagram": 30}
"""How many days one call may ask for. Source: section 1.9; high."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AccountInsights:
    """Answers questions about the accounts of a world, at a moment of the scenario and an API date."""

    world: World
    audiences: Mapping[str, Audience]
    now: datetime
    api_date: date
    cache: dict[tuple[str, str, datetime, datetime], int] = field(repr=False)

    def answer(
        self, account: WorldAccount, params: Mapping[str, str], scopes: tuple[str, ...], url: str
    ) -> dict[str, Any]:
        """The insights that are asked for, each as a series, or as one total.

        Raises: GraphError for the whole call when one metric, the period or the window cannot be served.
        """
        rules = self._rules(account, params)
        period = params.get("period", "")
        if period not in PERIOD_DAYS:
            raise errors.bad_parameter(
                "Param period must be one of {day, week, days_28, month, lifetime, total_over_range}"
            )
        since, until = self._window(account, params)
        scope = "instagram_manage_insights" if account.platform == "instagram" else "read_insights"
        if scope not in scopes:
            return {"data": []}
        window = period, since, until
        if params.get("metric_type") == "total_value":
            data = [self._total(account, rule, *window, breakdown=params.get("breakdown", "")) for rule in rules]
        else:
            data = [self._insight(account, rule, *window) for rule in rules]
        step = until - since
        around = {"previous": (since - step, since), "next": (until, until + step)}
        paging = {
            name: f"{url}?since={int(a.timestamp())}&until={int(b.timestamp())}" for name, (a, b) in around.items()
        }
        return {"data": data, "paging": paging}

    def _rules(self, account: WorldAccount, params: Mapping[str, str]) -> list[AccountRule]:
        table = PAGE_METRICS if account.platform == "facebook" else IG_ACCOUNT_METRICS
        known = served(table, self.api_date)
        names = asked_metrics(params.get("metric"))
        for position, name in enumerate(names):
            rule = known.get(name)
            if rule is None and account.platform == "facebook":
                raise errors.invalid_metric()
            if rule is None:
                raise errors.invalid_media_metric(position, sorted(known))
            if params.get("period") not in rule.periods:
                raise errors.bad_parameter(f"The metric {name} does not support the period {params.get('period')}")
            if account.platform == "instagram" and rule.total_only and params.get("metric_type") != "total_value":
                raise errors.bad_parameter(
                    f"The following metrics ({name}) should be specified with parameter metric_type=total_value"
                )
            if params.get("breakdown", rule.breakdown) != rule.breakdown:
                raise errors.bad_parameter(f"The breakdown {params['breakdown']} is not supported for {name}")
            if rule.fact == "reach" and account.account_id in self.world.small_accounts:
                raise errors.too_few_followers()
        return [known[name] for name in names]

    def _window(self, account: WorldAccount, params: Mapping[str, str]) -> tuple[datetime, datetime]:
        """The midnights in California from which to which is asked; the last day when nothing is said."""
        today = self.now.astimezone(META_ZONE).date()
        since = _midnight(params.get("since"), today - ONE_DAY)
        until = _midnight(params.get("until"), today)
        if since >= until:
            raise errors.bad_parameter("since must be before until")
        longest = LONGEST[account.platform]
        seconds = [int(text) for name in ("since", "until") if (text := params.get(name, "")).isdecimal()]
        asked = timedelta(seconds=seconds[1] - seconds[0]) if len(seconds) == 2 else _days_between(since, until)  # noqa: PLR2004
        if asked > timedelta(days=longest):
            raise errors.bad_parameter(
                f"There cannot be more than {longest} days ({longest * 86400} s) between since and until"
            )
        return since, until

    def _insight(
        self, account: WorldAccount, rule: AccountRule, period: str, since: datetime, until: datetime
    ) -> dict[str, Any]:
        return _named(account, rule, period) | {"values": self._series(account, rule, period, since, until)}

    def _total(
        self, account: WorldAccount, rule: AccountRule, period: str, since: datetime, until: datetime, *, breakdown: str
    ) -> dict[str, Any]:
        """One number for the window; of what can be taken apart only the parts, and only when they are asked for."""
        end = min(until, self.now)
        parts = {name: self._value(account, fact, since, end) for name, fact in rule.parts}
        whole = None if rule.parts else self._value(account, rule.fact, since, end)
        return _named(account, rule, period) | {"total_value": total_value(parts, breakdown, whole=whole)}

    def _series(
        self, account: WorldAccount, rule: AccountRule, period: str, since: datetime, until: datetime
    ) -> list[dict[str, Any]]:
        """One value per day that is over; a day is named by its end on Facebook, by its begin on Instagram."""
        values: list[dict[str, Any]] = []
        day, last = (moment.astimezone(META_ZONE).date() for moment in (since, until))
        oldest, long = self.now - KEPT[account.platform], timedelta(days=PERIOD_DAYS[period] - 1)
        while day < last:
            end = _begin(day + ONE_DAY)
            if oldest <= end <= self.now:
                named = day + ONE_DAY if account.platform == "facebook" else day
                value = self._value(account, rule.fact, _begin(day - long), end)
                values.append({"value": value, "end_time": _begin_text(named)})
            day += ONE_DAY
        return values

    def _value(self, account: WorldAccount, fact: str, start: datetime, end: datetime) -> int:
        key = (account.account_id, fact, start, end)
        if key not in self.cache:
            self.cache[key] = self._counted(account, fact, start, end)
        return self.cache[key]

    def _counted(self, account: WorldAccount, fact: str, start: datetime, end: datetime) -> int:
        if fact == "followers":
            return account.followers
        if fact == "engaged":
            return min(self._value(account, one, start, end) for one in ("reach", "engagements"))
        if fact in ("follows", "unfollows", "profile_views"):
            days = max(1, round((end - start) / timedelta(days=1)))
            return days * (hashlib.sha256(f"{account.account_id}/{fact}".encode()).digest()[0] % 20)
        mine = [
            post
            for post in self.world.published_by.get(account.account_id, ())
            if post.published_at < end and post.published_at + SETTLED > start
        ]
        if fact == "reach":
            audience = self.audiences[account.platform]
            return audience.account_reach(
                account.account_id,
                mine,
                since=start,
                until=end,
                reach_at=lambda post, at: self.world.value(post, fact, at),
            )
        facts = ENGAGEMENTS if fact == "engagements" else (fact,)
        return sum(
            self.world.value(post, one, end) - self.world.value(post, one, start) for post in mine for one in facts
        )


ENGAGEMENTS = ("reactions_like", "reactions_love", "reactions_wow", "comments", "shares", "saves")


def _named(account: WorldAccount, rule: AccountRule, period: str) -> dict[str, Any]:
    """What an insight is called, as Meta lays it out."""
    shown: dict[str, Any] = {"name": rule.name, "period": period, "title": rule.name, "description": rule.name}
    return shown | {"id": f"{account.account_id}/insights/{rule.name}/{period}"}


def _midnight(given: str | None, otherwise: date) -> datetime:
    """Midnight in California of a date or a Unix moment, as UTC."""
    if given and given.isdecimal() and len(given) > len("20261231"):
        day = datetime.fromtimestamp(int(given), META_ZONE).date()
    else:
        try:
            day = date.fromisoformat(given) if given else otherwise
        except ValueError:
            raise errors.bad_parameter("since and until must be dates or Unix timestamps") from None
    return _begin(day)


def _days_between(since: datetime, until: datetime) -> timedelta:
    """How many days lie between two midnights in California, whatever the clocks did meanwhile."""
    first, last = (moment.astimezone(META_ZONE).date() for moment in (since, until))
    return last - first


@lru_cache(maxsize=8192)
def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, META_ZONE).astimezone(UTC)


@lru_cache(maxsize=8192)
def _begin_text(day: date) -> str:
    return graph_time(_begin(day))
