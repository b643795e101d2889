"""The refresh plan: which accounts and posts are read next, why, and what it may cost.

Young posts change fast and old ones hardly: a post is read hourly, then daily, and at last monthly. One page of an
account's listing reads a hundred posts for one call, so the listing is preferred wherever it costs fewer calls.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

POSTS_PER_CALL = 100
LISTED = "the account is not known yet: all its posts are listed"
SEARCHED = "nothing is due; the listing's first page is read for new posts"
RESTING = "its quota is nearly used up: it rests, the others go on"
BLOCKED = "Meta has blocked it (code 368): it rests, the others go on"
QUIET = "nothing is due, and no campaign of its accounts is active: looked for new posts once a day"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LAST_READ = "last reading of old"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EARLY = timedelta(minutes=5)
"""A run that comes a little early finds posts due: schedules are never exact."""
SETTLED = 30 * DAY
"""The age from which a post's numbers hardly change: each is read once after it, however old it has become."""
ACTIVE_AROUND = timedelta(days=7)
"""How long before its first and after its last day a campaign counts as active."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Posts up to an age, and how often they are read."""

    name: str
    up_to: timedelta
    every: timedelta


TIERS = (
    Tier("hourly", 2 * DAY, HOUR),
    Tier("daily", 7 * DAY, DAY),
    Tier("every third day", 30 * DAY, 3 * DAY),
    Tier("weekly", 90 * DAY, 7 * DAY),
    Tier("monthly", 730 * DAY, 30 * DAY),
)
"""Proposed in the project's design; Meta keeps the insights of posts for two years."""


@dataclass(frozen=True, slots=True)
class KnownPost:
    """A post that was listed before, and when it was last read; times are UTC."""

    account_id: str
    post_id: str
    published_at: datetime
    refreshed_at: datetime

    def tier(self, at: datetime) -> Tier | None:
        """How often it is read now; None when Meta keeps its insights no more."""
        return next((tier for tier in TIERS if at - self.published_at < tier.up_to), None)

    def is_due(self, at: datetime) -> bool:
        """Whether its time to be read again has come."""
        tier = self.tier(at)
        return at - self.refreshed_at >= tier.every - EARLY if tier else not self.is_settled

    @property
    def is_settled(self) -> bool:
        """Whether it was read when its numbers hardly changed any more."""
        return self.refreshed_at - self.published_at >= SETTLED


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account of the registry, and what is known of it: its posts, its quota, when its campaigns are active."""

    account_id: str
    platform: str
    posts: tuple[KnownPost, ...] = ()
    listed_at: datetime | None = None
    not_before_at: datetime | None = None
    is_blocked: bool = False
    """Whether it rests because Meta has blocked it, and not for its quota."""
    active: tuple[tuple[datetime, datetime], ...] = ()

    def is_active(self, at: datetime) -> bool:
        """Whether a campaign of the account runs now, or did a few days ago."""
        return any(start - ACTIVE_AROUND <= at <= end + ACTIVE_AROUND for start, end in self.active)

    @property
    def newest_campaign_at(self) -> datetime:
        """When the newest campaign of the account begins; long ago when it has none."""
        return max((start for start, _ in self.active), default=LONG_AGO)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What is read of one account: the listing back to `since_at` (all of it when None), and some posts apart."""

    account_id: str
    platform: str
    reason: str
    due_at: datetime
    est_calls: int
    since_at: datetime | None = None
    post_ids: tuple[str, ...] = field(default=())
    not_before_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as tasks hand it on; it holds no secret."""
        return {
            "account_id": self.account_id,
            "platform": self.platform,
            "reason": self.reason,
            "due_at": self.due_at.isoformat(),
            "est_calls": self.est_calls,
            "since_at": self.since_at.isoformat() if self.since_at else None,
            "post_ids": list(self.post_ids),
            "not_before_at": self.not_before_at.isoformat() if self.not_before_at else None,
        }


def plan_accounts(accounts: Iterable[AccountState], *, at: datetime, most_calls: int) -> tuple[PlanRow, ...]:
    """One row per account that has something to read, the account with the newest campaign first.

    `most_calls` is what one account may cost in one run: posts beyond it stay due, the oldest last.
    """
    rows = ((account, _row(account, at, most_calls)) for account in accounts)
    found = [(account, row) for account, row in rows if row is not None]
    found.sort(key=lambda pair: (-pair[0].newest_campaign_at.timestamp(), pair[0].account_id))
    return tuple(row for _, row in found)


def _row(account: AccountState, at: datetime, most_calls: int) -> PlanRow | None:
    one = (account.account_id, account.platform)
    if account.not_before_at is not None and account.not_before_at > at:
        reason = BLOCKED if account.is_blocked else RESTING
        return PlanRow(*one, reason, at, est_calls=0, not_before_at=account.not_before_at)
    if account.listed_at is None or account.listed_at > at:
        return PlanRow(*one, LISTED, at, est_calls=2)
    due = due_posts(account.posts, at)
    searched = _search_since(account, at)
    if not due and searched is None:
        return None
    if not due:
        return PlanRow(*one, SEARCHED if account.is_active(at) else QUIET, at, est_calls=2, since_at=searched)
    listed, apart = split_reads(account.posts, due)
    since = min((post.published_at for post in listed), default=searched or account.listed_at)
    calls = 1 + _pages(account.posts, since)
    apart = apart[: max(0, most_calls - calls)]
    return PlanRow(*one, why(due, at), at, calls + len(apart), since, tuple(post.post_id for post in apart))


def due_posts(posts: Iterable[KnownPost], at: datetime) -> list[KnownPost]:
    """The posts that are due, the newest first."""
    return sorted((post for post in posts if post.is_due(at)), key=lambda post: post.published_at, reverse=True)


def split_reads(posts: Collection[KnownPost], due: Sequence[KnownPost]) -> tuple[list[KnownPost], list[KnownPost]]:
    """Which due posts the listing reads, and which are read apart, so that both together cost the fewest calls.

    The listing reads the account's newest posts, a hundred for a call; a post that is read apart costs one.
    """

    def cost(listed: int) -> int:
        depth = _pages(posts, due[listed - 1].published_at) if listed else 0
        return depth + len(due) - listed

    best = min(range(len(due), -1, -1), key=cost)
    return list(due[:best]), list(due[best:])


def _pages(posts: Collection[KnownPost], since: datetime) -> int:
    """How many pages of the listing reach back to a moment."""
    return max(1, -(-sum(post.published_at >= since for post in posts) // POSTS_PER_CALL))


def _search_since(account: AccountState, at: datetime) -> datetime | None:
    """Since when new posts are looked for: hourly while a campaign is active, else daily; None when not now."""
    every = HOUR if account.is_active(at) else DAY
    return account.listed_at if account.listed_at and at - account.listed_at >= every - EARLY else None


def why(due: Sequence[KnownPost], at: datetime) -> str:
    """How many posts are due and by which rule: `3 hourly, 12 daily`."""
    names = [tier.name if (tier := post.tier(at)) else LAST_READ for post in due]
    return ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names)) + " posts are due"


def explain_post(post: KnownPost, row: PlanRow | None, at: datetime) -> str:
    """Why a post is in the plan or not, for people."""
    tier = post.tier(at)
    if tier is None and post.is_settled:
        return "older than two years: Meta keeps its insights no more"
    if tier and not post.is_due(at):
        return f"{tier.name}: not due before {post.refreshed_at + tier.every:%Y-%m-%d %H:%M} UTC"
    name = tier.name if tier else LAST_READ
    if row is None or row.not_before_at:
        return f"{name}: due, but the account rests"
    if post.post_id in row.post_ids:
        return f"{name}: due, read apart"
    if row.since_at is None or post.published_at >= row.since_at:
        return f"{name}: due, read with the listing"
    return f"{name}: due, left for the next run to keep within the calls of one"
