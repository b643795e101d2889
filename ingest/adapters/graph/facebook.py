"""What is read from Facebook: a Page and its days, its published posts, its reels and stories, and posts one by one.

Fields come from an allow-list: no name, picture or comment of any person.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from ingest.adapters.graph.questions import Ask, broken_down_asks, edge_ask, insights_ask, node_ask
from ingest.domain.metrics import asked, graph_names

POSTS_EDGE = "published_posts"
CONTROL = "reactions"
"""A metric that always lives, by our name: if Meta refuses it too, the token is at fault."""
PLATFORM = "facebook"
DAYS_KEPT, LONGEST_WINDOW = timedelta(days=730), timedelta(days=90)
"""How long Meta keeps the days of a Page, and how many of them one call may ask for."""
ACCOUNT_FIELDS = ("id", "name", "followers_count")
POST_FIELDS = (
    "id",
    "created_time",
    "message",
    "permalink_url",
    "status_type",
    "is_published",
    "attachments{media_type,type,subattachments{media_type}}",
)
REEL_FIELDS = ("id", "post_id", "created_time", "permalink_url")
STORY_FIELDS = ("post_id", "creation_time", "media_type", "status", "url")
LIVE_FIELDS = ("id", "status", "broadcast_start_time", "permalink_url")


def account_asks(account_id: str) -> list[Ask]:
    """The Page itself, its reels, live videos and stories. Source: GET /{page}, /{page}/video_reels and so on."""
    edges = (("video_reels", REEL_FIELDS), ("live_videos", LIVE_FIELDS), ("stories", STORY_FIELDS))
    return [node_ask("page", account_id, ACCOUNT_FIELDS), *(edge_ask(account_id, *edge) for edge in edges)]


def day_asks(account_id: str, since: datetime, until: datetime, *, on: date) -> list[Ask]:
    """The Page's days from `since` to `until`: counts per day, and unique reach of days, weeks and 28 days.

    Meta's day ends at midnight in California. Source: GET /{page}/insights, at most 90 days.
    """
    counted = asked(PLATFORM, "window", on=on)
    place = {"since": f"{since:%Y-%m-%d}", "until": f"{until:%Y-%m-%d}"}
    return [
        insights_ask(account_id, graph_names(one for one in counted if period in wanted(one)), period=period, **place)
        for period in ("day", "week", "days_28")
    ]


def wanted(metric: Any) -> tuple[str, ...]:
    """The periods in which an account's metric is asked for: more than the day only when days do not add up."""
    return ("day",) if metric.adds else tuple(metric.periods)


def apart_asks(post_id: str, product: str, *, on: date) -> list[Ask]:
    """Numbers that a listing cannot give: the parts of a post's views. Source: GET /{post}/insights with breakdown."""
    return broken_down_asks(post_id, asked(PLATFORM, "batch", on=on, product=product))


def reel_asks(reels: Sequence[dict[str, Any]], *, on: date) -> list[Ask]:
    """The plays of reels, which are the video's and land under its post. Source: GET /{video}/video_insights."""
    names = graph_names(asked(PLATFORM, "video", on=on))
    return [
        insights_ask(str(reel["id"]), names, edge="video_insights", lands_as=str(reel["post_id"]))
        for reel in reels
        if reel.get("post_id")
    ]


def post_asks(post_ids: Sequence[str], metrics: tuple[str, ...], refused: Mapping[str, str]) -> list[Ask]:
    """Posts one by one, with lifetime insights. Source: GET /{post}."""
    return [node_ask("post", one, POST_FIELDS, metrics, refused) for one in post_ids]
