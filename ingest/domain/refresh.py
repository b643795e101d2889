"""The refresh plan: which account or post is read next, why, and what it may cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

POSTS_PER_CALL = 100


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One thing to read: a listing of the account's posts when `post_id` is None. Times are UTC."""

    account_id: str
    platform: str
    reason: str
    due_at: datetime
    est_calls: int
    post_id: str | None = None
    not_before_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as tasks hand it on; it holds no secret."""
        return {
            "account_id": self.account_id,
            "platform": self.platform,
            "post_id": self.post_id,
            "reason": self.reason,
            "due_at": self.due_at.isoformat(),
            "not_before_at": self.not_before_at.isoformat() if self.not_before_at else None,
            "est_calls": self.est_calls,
        }


LISTED = "every account is listed with its posts' lifetime insights"
RESTING = "its quota is nearly used up: it rests, the others go on"


def plan_listings(
    accounts: Iterable[tuple[str, str]], *, at: datetime, resting: Mapping[str, datetime | None]
) -> tuple[PlanRow, ...]:
    """A listing of every account (id, platform): with insights in the same call it costs least for all its posts.

    `resting` says until when a throttled account is left alone: its row says so, and is skipped until then.
    """
    return tuple(_listing(account_id, platform, at, resting.get(account_id)) for account_id, platform in accounts)


def _listing(account_id: str, platform: str, at: datetime, waits: datetime | None) -> PlanRow:
    rests = waits is not None and waits > at
    reason = RESTING if rests else LISTED
    return PlanRow(account_id, platform, reason, at, est_calls=2, not_before_at=waits if rests else None)
