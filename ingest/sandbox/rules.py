"""What Meta allows, as tables: fields by node, scopes by edge, metrics with their dates. What is not here is refused.

Each row names the section of the project's reference on the Graph API and how sure it is; every refusal has a test.
"""

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

OLDEST_USABLE, NEWEST = "v21.0", "v26.0"
LARGEST_PAGE = 100
LARGEST_BATCH = 50
REMOVED_PARAMETERS = {
    "ids": "The parameter ids is deprecated for versions v26.0 and higher",
    "date_format": "The parameter date_format is deprecated for versions v26.0 and higher",
}

NODE_FIELDS: dict[str, frozenset[str]] = {
    "Page": frozenset(
        [
            "id",
            "name",
            "username",
            "category",
            "link",
            "fan_count",
            "followers_count",
            "instagram_business_account",
            "access_token",
            "tasks",
        ]
    ),
    "PagePost": frozenset(
        [
            "id",
            "created_time",
            "updated_time",
            "message",
            "permalink_url",
            "status_type",
            "is_published",
            "is_hidden",
            "attachments",
            "shares",
            "insights",
        ]
    ),
    "Attachment": frozenset(["media_type", "type", "target", "url", "unshimmed_url", "subattachments"]),
    "IGUser": frozenset(["id", "username", "name", "followers_count", "follows_count", "media_count", "website"]),
    "IGMedia": frozenset(
        [
            "id",
            "caption",
            "media_type",
            "media_product_type",
            "permalink",
            "shortcode",
            "timestamp",
            "like_count",
            "comments_count",
            "username",
            "owner",
            "insights",
        ]
    ),
    "Video": frozenset(["id", "post_id", "created_time", "permalink_url", "description", "length"]),
    "LiveVideo": frozenset(["id", "status", "broadcast_start_time", "permalink_url", "title", "video"]),
    "PageStory": frozenset(["post_id", "status", "creation_time", "media_type", "media_id", "url"]),
    "Insight": frozenset(["id", "name", "period", "values", "title", "description"]),
}
"""Field names by node type. Source: section 2.1, 2.7; high."""

GATED_FIELDS = {"comments": "pages_read_user_content", "reactions": "pages_read_user_content"}
"""Fields of a post whose scope the sandbox's tokens lack: the whole call is refused. Source: 1.8; high."""

EDGE_SCOPES = {
    "published_posts": "pages_read_engagement",
    "posts": "pages_read_engagement",
    "video_reels": "pages_read_engagement",
    "live_videos": "pages_read_engagement",
    "stories": "pages_read_engagement",
    "media": "instagram_basic",
    "accounts": "pages_show_list",
}
"""The scope without which an edge is refused. Source: 2.1; high."""

BREAKDOWNS = {"post_media_view": {"is_from_ads": "views_paid", "is_from_followers": "views_from_followers"}}
"""Which metric may be taken apart by what, and the fact behind the part "1". Source: 1.2, 2.3; high."""


@dataclass(frozen=True, slots=True)
class MetricRule:
    """A metric that Meta serves between two dates, and the world's fact (or facts, as a map) behind it."""

    name: str
    served_from: date = date.min
    removed_on: date = date.max
    fact: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    breakdown: str = ""
    """What the parts of a total are called; without it they are the keys of a map."""
    video_only: bool = False
    products: tuple[str, ...] = ("FEED", "REELS", "STORY")
    source: str = "1.2"
    confidence: str = "high"

    def is_served_on(self, day: date) -> bool:
        """Whether Meta serves it on that day."""
        return self.served_from <= day < self.removed_on


@dataclass(frozen=True, slots=True)
class AccountRule:
    """A metric of an account that Meta serves between two dates, in some periods."""

    name: str
    fact: str
    periods: tuple[str, ...] = ("day", "week", "days_28")
    served_from: date = date.min
    removed_on: date = date.max
    total_only: bool = False
    parts: tuple[tuple[str, str], ...] = ()
    breakdown: str = ""
    """What its total may be taken apart by; the parts and the facts behind them."""
    source: str = "1.1"
    confidence: str = "high"

    def is_served_on(self, day: date) -> bool:
        """Whether Meta serves it on that day."""
        return self.served_from <= day < self.removed_on


REACTIONS = (("like", "reactions_like"), ("love", "reactions_love"), ("wow", "reactions_wow"))
ACTIONS = (("comment", "comments"), ("share", "shares"))
TAPS = (
    ("tap_forward", "taps_forward"),
    ("tap_back", "taps_back"),
    ("tap_exit", "taps_exit"),
    ("swipe_forward", "swipes_forward"),
)
PROFILE_ACTIONS = (("BIO_LINK_CLICKED", "bio_links"), ("EMAIL", "emails"), ("OTHER", "other_actions"))
FOLLOW_TYPES = (("FOLLOWER", "follows"), ("NON_FOLLOWER", "unfollows"))
WAVE_2025, WAVE_2026 = date(2025, 11, 15), date(2026, 6, 15)

POST_METRICS = (
    MetricRule("post_media_view", date(2025, 8, 15), fact="views"),
    MetricRule("post_total_media_view_unique", date(2026, 2, 18), fact="reach"),
    MetricRule("post_clicks", fact="clicks"),
    MetricRule("post_reactions_by_type_total", parts=REACTIONS),
    MetricRule("post_reactions_like_total", fact="reactions_like"),
    MetricRule("post_reactions_love_total", fact="reactions_love"),
    MetricRule("post_reactions_wow_total", fact="reactions_wow"),
    MetricRule("post_activity_by_action_type", parts=ACTIONS),
    MetricRule("post_video_views", fact="video_views_3s", video_only=True),
    MetricRule("post_video_view_time", fact="watch_time_ms", video_only=True),
    MetricRule("post_impressions", removed_on=WAVE_2025, fact="views", source="1.6"),
    MetricRule("post_impressions_unique", removed_on=WAVE_2026, fact="reach", source="1.6"),
)
"""Lifetime metrics of a Page post."""

VIDEO_METRICS = (
    MetricRule("blue_reels_play_count", fact="plays", source="1.3"),
    MetricRule("fb_reels_total_plays", fact="views", source="1.3"),
    MetricRule("fb_reels_replay_count", fact="replays", source="1.3"),
    MetricRule("post_video_view_time", fact="watch_time_ms", source="1.3"),
    MetricRule("total_video_views_unique", removed_on=date(2026, 7, 29), fact="reach", source="1.6"),
)
"""Lifetime metrics of a Page's reel, asked of its video."""

PAGE_METRICS = (
    AccountRule("page_media_view", "views", served_from=date(2025, 8, 15)),
    AccountRule("page_total_media_view_unique", "reach", served_from=date(2026, 2, 18)),
    AccountRule("page_follows", "followers", ("day",)),
    AccountRule("page_daily_follows", "follows", ("day",)),
    AccountRule("page_post_engagements", "engagements"),
    AccountRule("page_views_total", "profile_views"),
    AccountRule("page_impressions", "views", removed_on=WAVE_2025, source="1.6"),
    AccountRule("page_impressions_unique", "reach", removed_on=WAVE_2026, source="1.6"),
    AccountRule("page_fans", "followers", ("day",), removed_on=WAVE_2025, source="1.6"),
)
"""Metrics of a Page."""

IG_ACCOUNT_METRICS = (
    AccountRule("reach", "reach", source="1.5"),
    AccountRule("follower_count", "follows", ("day",), source="1.5", confidence="medium"),
    AccountRule("views", "views", ("day",), served_from=date(2025, 1, 21), total_only=True, source="1.5"),
    AccountRule("total_interactions", "engagements", ("day",), total_only=True, source="1.5"),
    AccountRule("likes", "reactions_like", ("day",), total_only=True, source="1.5"),
    AccountRule("comments", "comments", ("day",), total_only=True, source="1.5"),
    AccountRule("shares", "shares", ("day",), total_only=True, source="1.5"),
    AccountRule("saves", "saves", ("day",), total_only=True, source="1.5"),
    AccountRule("replies", "replies", ("day",), total_only=True, source="1.5"),
    AccountRule("reposts", "reposts", ("day",), total_only=True, source="1.5"),
    AccountRule("accounts_engaged", "engaged", ("day",), total_only=True, source="1.5"),
    AccountRule(
        "follows_and_unfollows",
        "",
        ("day",),
        total_only=True,
        parts=FOLLOW_TYPES,
        breakdown="follow_type",
        source="1.5",
    ),
    AccountRule("profile_links_taps", "taps", ("day",), total_only=True, source="1.5"),
    AccountRule("impressions", "views", removed_on=date(2025, 4, 21), source="1.7"),
)
"""Metrics of an Instagram account."""

MEDIA_METRICS = (
    MetricRule("reach", fact="reach", source="1.4"),
    MetricRule("views", date(2025, 1, 21), fact="views", source="1.4"),
    MetricRule("likes", fact="reactions", products=("FEED", "REELS"), source="1.4"),
    MetricRule("comments", fact="comments", products=("FEED", "REELS"), source="1.4"),
    MetricRule("saved", fact="saves", products=("FEED", "REELS"), source="1.4"),
    MetricRule("shares", fact="shares", source="1.4"),
    MetricRule("total_interactions", fact="engagements", source="1.4"),
    MetricRule("follows", fact="follows", products=("FEED", "STORY"), source="1.4"),
    MetricRule("profile_visits", fact="profile_visits", products=("FEED", "STORY"), source="1.4"),
    MetricRule(
        "profile_activity", parts=PROFILE_ACTIONS, breakdown="action_type", products=("FEED", "STORY"), source="1.4"
    ),
    MetricRule("navigation", parts=TAPS, breakdown="story_navigation_action_type", products=("STORY",), source="1.4"),
    MetricRule("replies", fact="replies", products=("STORY",), source="1.4"),
    MetricRule("ig_reels_avg_watch_time", fact="watch_time_avg_ms", products=("REELS",), source="1.4"),
    MetricRule("ig_reels_video_view_total_time", fact="watch_time_ms", products=("REELS",), source="1.4"),
    MetricRule("impressions", removed_on=date(2025, 4, 21), fact="views", source="1.7"),
    MetricRule("plays", removed_on=date(2025, 4, 21), fact="views", products=("REELS",), source="1.7"),
)
"""Lifetime metrics of Instagram media."""


RuleT = TypeVar("RuleT", MetricRule, AccountRule)


def served(metrics: tuple[RuleT, ...], day: date) -> dict[str, RuleT]:
    """The metrics that Meta serves on a day, by name."""
    return {metric.name: metric for metric in metrics if metric.is_served_on(day)}


def served_version(asked: str) -> str | None:
    """The version that answers: an expired one is served as the oldest usable; None for what was never planned."""
    try:
        number = float(asked.removeprefix("v"))
    except ValueError:
        return None
    if number > float(NEWEST[1:]) + 5 or number < 1:
        return None
    return asked if float(OLDEST_USABLE[1:]) <= number <= float(NEWEST[1:]) else OLDEST_USABLE
