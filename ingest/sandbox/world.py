"""What happened: the posts of the campaigns and what they gathered, made from the registry, the same every time.

The world has its own words (`views`, `reach`, `reactions` …) and knows no metric of Meta.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.adapters.registry import Registry
from ingest.domain.campaigns import PLAYED_PLATFORMS
from ingest.sandbox.splitting import counts_impressions, meet_targets
from ingest.sandbox.staging import WorldPost, staged

SETTLED = timedelta(days=21)
"""When a post's values are final."""
REACTIONS = ("reactions_like", "reactions_love", "reactions_wow")
SUMS = {"reactions": REACTIONS, "engagements": (*REACTIONS, "comments", "shares", "saves")}
"""Facts that are the sum of others."""
HALF_LIFE_DAYS = 1.1
"""Most of what a post gathers it gathers in its first days."""


@dataclass(frozen=True, slots=True)
class WorldAccount:
    """An account on a platform that the sandbox plays: as a Graph API, or by files only (`source` is export)."""

    account_id: str
    platform: str
    account_name: str
    followers: int
    source: str = "api"
    time_zone: str = "UTC"
    """Where its owner sits: some tools write the times of their exports so."""

    @property
    def has_page_token(self) -> bool:
        """Whether the app has a token of it: of the Pages that are read by the API."""
        return self.platform == "facebook" and self.source == "api"


@dataclass(frozen=True, slots=True)
class World:
    """All accounts and posts, with what each post has gathered when its values are final."""

    accounts: Mapping[str, WorldAccount]
    posts: Mapping[str, WorldPost]
    finals: Mapping[str, Mapping[str, int]] = field(repr=False)
    small_accounts: frozenset[str]
    """Pages with too few followers: Meta does not tell how many people they reached."""
    instagram_of: Mapping[str, str]
    """The Instagram account that is linked to a Page, by the Page's id."""
    published_by: dict[str, list[WorldPost]] = field(init=False, repr=False, default_factory=dict)
    """The posts of each account, newest first."""

    def __post_init__(self) -> None:
        for post in sorted(self.posts.values(), key=lambda one: (one.published_at, one.post_id), reverse=True):
            self.published_by.setdefault(post.account_id, []).append(post)

    def posts_of(self, account_id: str, at: datetime) -> Sequence[WorldPost]:
        """The posts that the account has published by then, newest first."""
        return [post for post in self.published_by.get(account_id, ()) if post.published_at <= at]

    def value(self, post: WorldPost, fact: str, at: datetime) -> int:
        """What the post has gathered of a fact by then; its final value 21 days after publication."""
        if fact in SUMS:
            return sum(self.value(post, part, at) for part in SUMS[fact])
        return int(self.finals[post.post_id].get(fact, 0) * grown(at - post.published_at))

    def final(self, fact: str, *, account_ids: Sequence[str] | None = None) -> int:
        """The sum of a fact's final values over the posts of these accounts, or of all."""
        return sum(
            self.finals[post.post_id].get(fact, 0)
            for post in self.posts.values()
            if account_ids is None or post.account_id in account_ids
        )


def grown(age: timedelta) -> float:
    """The share of its final values that a post of that age has gathered; 1 from day 21 on."""
    if age >= SETTLED:
        return 1.0
    days = max(age.total_seconds(), 0.0) / 86400
    return float((1 - 0.5 ** (days / HALF_LIFE_DAYS)) / (1 - 0.5 ** (SETTLED.days / HALF_LIFE_DAYS)))


def build_world(registry: Registry, *, seed: str = "campaign-reach") -> World:
    """The world that the registry's campaigns and a seed make.

    Raises: RegistryInvalid when a published figure cannot be met by the posts that are to be played.
    """
    posts = [post for campaign in registry.campaigns for post in staged(campaign, seed=seed)]
    finals = {post.post_id: dict(post.facts) for post in posts}
    for campaign in registry.campaigns:
        mine = [post for post in posts if post.campaign_id == campaign.campaign_id]
        meet_targets(campaign, mine, finals, seed=seed)
    for post in posts:
        finals[post.post_id].setdefault("impressions", _impressions(post, finals[post.post_id]))
    accounts = {
        account.account_id: WorldAccount(
            account.account_id,
            account.platform,
            account.account_name,
            followers=2_000 + _last_digits(account.account_id) * 137,
            source=account.source,
            time_zone=campaign.time_zone,
        )
        for campaign in registry.campaigns
        for account in campaign.accounts
        if account.platform in PLAYED_PLATFORMS
    }
    small = frozenset(
        one for campaign in registry.campaigns if campaign.sandbox for one in campaign.sandbox.small_accounts
    )
    return World(accounts, {post.post_id: post for post in posts}, finals, small, _linked(registry))


def _impressions(post: WorldPost, facts: Mapping[str, int]) -> int:
    """How often a post came on a screen: more often than it was played, where platforms count that at all."""
    return int(facts["views"] * post.share("impressions", low=1.05, high=1.6)) if counts_impressions(post) else 0


def _last_digits(account_id: str) -> int:
    return int(account_id[-3:]) if account_id.isdecimal() else len(account_id)


def _linked(registry: Registry) -> dict[str, str]:
    """Each campaign's Instagram accounts, linked to its Pages in their order: Meta reads them through a Page."""
    linked: dict[str, str] = {}
    for campaign in registry.campaigns:
        pages = [one.account_id for one in campaign.accounts if one.platform == "facebook" and one.source == "api"]
        instagrams = [one.account_id for one in campaign.accounts if one.platform == "instagram"]
        linked |= {page: instagram for page, instagram in zip(pages, instagrams, strict=False) if page not in linked}
    return linked
