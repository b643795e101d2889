"""Plan: which accounts and posts the next refresh reads, and why."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ingest.domain.refresh import AccountState, KnownPost, PlanRow, explain_post, plan_accounts
from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.registry import Registry
    from ingest.domain.campaigns import Campaign


def plan_refresh(settings: Settings, *, everything: bool = False) -> list[dict[str, Any]]:
    """One row per account that has something to read; plain JSON, without a secret.

    With `everything` each account's listing is read to its end, whatever is due.
    Raises: RegistryInvalid.
    """
    return [row.as_json() for row in _rows(settings, account_states(settings, everything=everything))]


def explain_posts(settings: Settings) -> Iterator[tuple[KnownPost, str]]:
    """Each known post, and why it is in the plan or not; the newest of an account first.

    Raises: RegistryInvalid.
    """
    at = settings.clock()
    accounts = account_states(settings)
    rows = {row.account_id: row for row in _rows(settings, accounts)}
    for account in accounts:
        for post in sorted(account.posts, key=lambda one: one.published_at, reverse=True):
            yield post, explain_post(post, rows.get(account.account_id), at)


def resting_until(settings: Settings, account_id: str) -> datetime | None:
    """Until when an account must not be asked; None when it may."""
    from ingest.adapters.state import ClientState

    return ClientState(settings.state_path).rests_until(account_id, at=settings.clock())


def account_states(settings: Settings, *, everything: bool = False) -> list[AccountState]:
    """What is known of every account of the registry that a token reads.

    Raises: RegistryInvalid.
    """
    from ingest.adapters.registry import read_registry
    from ingest.adapters.state import ClientState

    registry, state = read_registry(settings.campaigns_dir), ClientState(settings.state_path)
    listed = {} if everything else state.read_until("listing")
    blocked = state.blocks(at=settings.clock())
    posts: dict[str, list[KnownPost]] = {}
    for post in state.known_posts():
        posts.setdefault(post.account_id, []).append(post)
    return [
        AccountState(
            account_id=one.account_id,
            platform=one.platform,
            posts=tuple(posts.get(one.account_id, ())),
            listed_at=listed.get(one.account_id),
            not_before_at=state.rests_until(one.account_id, at=settings.clock()),
            is_blocked=one.account_id in blocked,
            active=_active(registry, one.account_id),
        )
        for one in registry.accounts
        if one.source == "api"
    ]


def _rows(settings: Settings, accounts: list[AccountState]) -> tuple[PlanRow, ...]:
    return plan_accounts(accounts, at=settings.clock(), most_calls=settings.most_calls)


def _active(registry: "Registry", account_id: str) -> tuple[tuple[datetime, datetime], ...]:
    """From when to when each campaign of an account runs, UTC."""
    return tuple(
        _dates(campaign)
        for campaign in registry.campaigns
        if campaign.phases and any(account.account_id == account_id for account in campaign.accounts)
    )


def _dates(campaign: "Campaign") -> tuple[datetime, datetime]:
    zone = ZoneInfo(campaign.time_zone)
    start = min(phase.starts_on for phase in campaign.phases)
    end = max(phase.ends_on for phase in campaign.phases)
    first, last = (datetime.combine(day, at, zone) for day, at in ((start, time.min), (end, time.max)))
    return first.astimezone(UTC), last.astimezone(UTC)
