"""The posts of a campaign file, put on the stage: an id, a moment, a text, an address, and weights by seed."""

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingest.domain.campaigns import Account, Campaign
from ingest.domain.scenario import NoisePosts, PlayedPosts

FIRST_HOUR, LAST_HOUR = 9, 21
SHORTCODE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
INSTAGRAM_EPOCH_MS, INSTAGRAM_SHIFT = 1_314_220_021_721, 23
"""Instagram's ids count milliseconds from 2011-08-24 on, in all but their last bits. Source: reference of exports."""
TYPICAL_REACH = 9_000


@dataclass(frozen=True, slots=True)
class WorldPost:
    """One post, with the facts that it gathers when nothing else is said of it."""

    post_id: str
    platform: str
    account_id: str
    published_at: datetime
    message: str
    media_format: str
    permalink: str
    shortcode: str
    campaign_id: str | None = None
    phase_id: str | None = None
    content_type: str | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Facts that a published figure gives, by the figure's id."""
    facts: Mapping[str, int] = field(default_factory=dict)

    @property
    def video_id(self) -> str:
        """The id of a Facebook post's video: another object than the post."""
        return self.post_id.rpartition("_")[2]

    def share(self, of: str, *, low: float, high: float) -> float:
        """A part of this post between two bounds, always the same one."""
        digest = hashlib.sha256(f"{self.post_id}/{of}".encode()).digest()
        return low + (high - low) * int.from_bytes(digest[:4]) / 2**32


def staged(campaign: Campaign, *, seed: str) -> Iterator[WorldPost]:
    """The posts that the sandbox plays for a campaign, noise too; the same for the same file and seed."""
    if campaign.sandbox is None:
        return
    accounts = {account.account_id: account for account in campaign.accounts}
    for index, played in enumerate(campaign.sandbox.posts):
        phase = campaign.phase(played.phase_id)
        for number in range(1, (played.count or 1) + 1):
            dice = _dice(seed, campaign.campaign_id, str(index), str(number))
            moment = played.published_at or _moment(dice, phase.starts_on, phase.ends_on, campaign.time_zone)
            for copy, account_id in enumerate((played.account_id, *played.also_on)):
                key = f"{campaign.campaign_id}/{index}/{number}/{copy}"
                at = moment + timedelta(minutes=7 * copy)
                yield _post(played, accounts[account_id], key, dice, at, number, campaign.campaign_id)
    for index, noise in enumerate(campaign.sandbox.noise):
        for number in range(1, noise.count + 1):
            dice = _dice(seed, campaign.campaign_id, "noise", str(index), str(number))
            moment = _moment(dice, noise.starts_on, noise.ends_on, campaign.time_zone)
            key = f"{campaign.campaign_id}/noise/{index}/{number}"
            yield _post(noise, accounts[noise.account_id], key, dice, moment, number, None)


def _post(
    played: PlayedPosts | NoisePosts,
    account: Account,
    key: str,
    dice: random.Random,
    at: datetime,
    number: int,
    campaign_id: str | None,
) -> WorldPost:
    post_id = (played.post_id if isinstance(played, PlayedPosts) else None) or _post_id(account, key)
    code = shortcode(at, key)
    return WorldPost(
        post_id=post_id,
        platform=account.platform,
        account_id=account.account_id,
        published_at=at.astimezone(UTC),
        message=played.text.replace("{n}", str(number)),
        media_format=played.media_format,
        permalink=_permalink(account, post_id, played.media_format, code),
        shortcode=code,
        campaign_id=campaign_id,
        phase_id=played.phase_id if isinstance(played, PlayedPosts) else None,
        content_type=played.content_type if isinstance(played, PlayedPosts) else None,
        fixed={str(fact): figure for fact, figure in played.facts.items()} if isinstance(played, PlayedPosts) else {},
        facts=typical_facts(dice, played.media_format, account.platform),
    )


def typical_facts(dice: random.Random, media_format: str, platform: str) -> dict[str, int]:
    """What a post gathers when no published figure speaks of it."""
    scale = TYPICAL_REACH if platform == "facebook" else TYPICAL_REACH // 40
    reach = max(60, int(scale * dice.lognormvariate(0.0, 0.8)))
    return facts_of(dice, reach, int(reach * dice.uniform(1.15, 1.9)), media_format, platform)


def facts_of(dice: random.Random, reach: int, views: int, media_format: str, platform: str) -> dict[str, int]:
    """All facts of a post from its reach and its views, in plausible proportions."""
    engagements = int(views * dice.uniform(0.015, 0.05))
    facts = {"reach": reach, "views": views} | split_engagements(dice, engagements, platform)
    facts["clicks"] = int(views * dice.uniform(0.005, 0.03))
    if media_format in ("video", "reel", "live"):
        facts["video_views_3s"] = int(views * dice.uniform(0.3, 0.6))
        facts["watch_time_ms"] = facts["video_views_3s"] * dice.randint(6_000, 30_000)
    return facts


def split_engagements(dice: random.Random, engagements: int, platform: str) -> dict[str, int]:
    """Engagements as reactions by kind, comments, shares, and saves on Instagram; they add up to the number."""
    comments = int(engagements * dice.uniform(0.04, 0.12))
    shares = int(engagements * dice.uniform(0.05, 0.2))
    saves = int(engagements * dice.uniform(0.02, 0.08)) if platform == "instagram" else 0
    reactions = engagements - comments - shares - saves
    love, wow = int(reactions * dice.uniform(0.1, 0.25)), int(reactions * dice.uniform(0.0, 0.03))
    return {
        "reactions_like": reactions - love - wow,
        "reactions_love": love,
        "reactions_wow": wow,
        "comments": comments,
        "shares": shares,
        "saves": saves,
    }


def _dice(*parts: str) -> random.Random:
    return random.Random("/".join(parts))  # noqa: S311 - a plausible world, no secret


def _moment(dice: random.Random, first: date, last: date, time_zone: str) -> datetime:
    day = first + timedelta(days=dice.randint(0, (last - first).days))
    at = time(dice.randint(FIRST_HOUR, LAST_HOUR), dice.randint(0, 59), dice.randint(0, 59))
    return datetime.combine(day, at, ZoneInfo(time_zone)).astimezone(UTC)


def shortcode(at: datetime, key: str) -> str:
    """An Instagram shortcode, eleven letters, which holds the moment of its creation."""
    since = int(at.timestamp() * 1000) - INSTAGRAM_EPOCH_MS
    return _letters(since << INSTAGRAM_SHIFT | _number(key) % 2**INSTAGRAM_SHIFT)


def _letters(number: int) -> str:
    return "".join(SHORTCODE_LETTERS[number >> shift & 63] for shift in range(60, -1, -6))


def _number(key: str) -> int:
    return int(hashlib.sha256(key.encode()).hexdigest()[:15], 16)


def _post_id(account: Account, key: str) -> str:
    number = _number(key)
    if account.platform == "facebook":
        return f"{account.account_id}_1221{number % 10**14:014d}"
    if account.platform == "instagram":
        return f"18{number % 10**15:015d}"
    return _letters(number) if account.platform == "youtube" else f"14{number % 10**17:017d}"


def _permalink(account: Account, post_id: str, media_format: str, code: str) -> str:
    addresses = {
        "instagram": f"https://www.instagram.com/{'reel' if media_format == 'reel' else 'p'}/{code}/",
        "youtube": f"https://www.youtube.com/watch?v={post_id}",
        "tiktok": f"https://www.tiktok.com/{account.account_id}/video/{post_id}",
        "twitter": f"https://twitter.com/{account.account_id}/status/{post_id}",
    }
    return addresses.get(account.platform) or _facebook_address(account, post_id.rpartition("_")[2], media_format)


def _facebook_address(account: Account, number: str, media_format: str) -> str:
    if media_format == "reel":
        return f"https://www.facebook.com/reel/{number}/"
    if media_format in ("video", "live"):
        return f"https://www.facebook.com/{account.account_id}/videos/{number}/"
    return f"https://www.facebook.com/{account.account_id}/posts/{number}"
