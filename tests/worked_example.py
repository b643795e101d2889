"""Seven posts as Meta would answer them, landed: what docs/worked-example.md computes by hand."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest.adapters.landing.envelope import Batch, Received, Request
from ingest.adapters.landing.open_landing import open_landing
from ingest.domain.metrics import expandable
from ingest.settings import Settings

READ_AT = datetime(2024, 10, 15, 6, tzinfo=UTC)
VIEWERS = "post_total_media_view_unique"


@dataclass(frozen=True)
class Post:
    """One post as the document's first table has it; a map of insights by Graph name."""

    post_id: str
    published_at: str
    text: str
    media: dict[str, object]
    insights: dict[str, object] = field(default_factory=dict)


def facebook(views: int, reach: int | None, likes: int, comments: int, shares: int, clicks: int) -> dict[str, object]:
    """What Meta answers of a Page post."""
    actions = {key: count for key, count in (("comment", comments), ("share", shares)) if count}
    counts: dict[str, object] = {
        "post_media_view": views,
        "post_clicks": clicks,
        "post_reactions_by_type_total": {"like": likes},
        "post_activity_by_action_type": actions,
    }
    return counts | ({VIEWERS: reach} if reach is not None else {})


def instagram(views: int, reach: int, likes: int, comments: int, shares: int, saved: int) -> dict[str, object]:
    """What Meta answers of an Instagram media."""
    return {"views": views, "reach": reach, "likes": likes, "comments": comments, "shares": shares, "saved": saved}


PHOTO = {"attachments": {"data": [{"media_type": "photo", "type": "photo"}]}, "status_type": "added_photos"}
VIDEO = {"attachments": {"data": [{"media_type": "video", "type": "video_inline"}]}, "status_type": "added_video"}
ALBUM = {"attachments": {"data": [{"media_type": "album", "type": "album"}]}, "status_type": "added_photos"}
REEL = {"media_type": "VIDEO", "media_product_type": "REELS"}
IMAGE = {"media_type": "IMAGE", "media_product_type": "FEED"}

OUR_PAGE = (
    Post("900_1", "2024-03-05T03:00:00+0000", "Гэрэл асаая #Гэрэл", PHOTO, facebook(1000, 600, 30, 4, 6, 20)),
    Post(
        "900_2",
        "2024-03-20T03:00:00+0000",
        "Болдын түүх #гэрэл #Түүх",
        VIDEO,
        facebook(2500, 1500, 100, 20, 30, 50) | {"post_video_views": 900, "post_video_view_time": 5_400_000},
    ),
    Post("900_5", "2024-09-10T03:00:00+0000", "Намрын гэрэл #Гэрэл", ALBUM, facebook(800, 500, 20, 0, 5, 10)),
    Post("900_7", "2024-06-15T03:00:00+0000", "Зуны гэрэл #Гэрэл", PHOTO, facebook(300, 250, 5, 1, 0, 2)),
)
PARTNER = (Post("901_3", "2024-09-30T15:30:00+0000", "Бидний гэрэл #Гэрэл", PHOTO, facebook(400, None, 10, 0, 2, 1)),)
OUR_INSTAGRAM = (
    Post("18004", "2024-03-10T03:00:00+0000", "Гэрэл #ГЭРЭЛ", REEL, instagram(300, 200, 20, 2, 3, 5)),
    Post("18006", "2024-09-12T03:00:00+0000", "Намрын гэрэл #Гэрэл", IMAGE, instagram(120, 100, 8, 0, 0, 2)),
)
WINDOW = {"value": 1700, "end_time": "2024-03-23T07:00:00+0000"}
"""Whom our Page reached from 24 February to 22 March, each person once."""


def land_worked_example(settings: Settings) -> None:
    """Land the seven posts of the three accounts, and the one window of our Page."""
    landing = open_landing(settings)
    days = {"name": "page_total_media_view_unique", "period": "days_28", "values": [WINDOW]}
    place = {"period": "days_28", "since": "2024-03-22", "until": "2024-03-23"}
    window = received("insights", "900", {"data": [days]}, metrics=("page_total_media_view_unique",), params=place)
    parts = {"name": "post_media_view", "period": "lifetime"}
    paid = {"values": [{"value": 800, "is_from_ads": "0"}, {"value": 200, "is_from_ads": "1"}]}
    apart = received(
        "insights", "900_1", {"data": [parts | paid]}, metrics=("post_media_view",), params={"breakdown": "is_from_ads"}
    )
    for platform, account_id, posts, more in (
        ("facebook", "900", OUR_PAGE, (window, apart)),
        ("facebook", "901", PARTNER, ()),
        ("instagram", "17841900", OUR_INSTAGRAM, ()),
    ):
        answers = (*listing(platform, account_id, posts), *more)
        landing.write(Batch("api", platform, account_id, READ_AT, answers))


def listing(platform: str, account_id: str, posts: tuple[Post, ...]) -> Iterator[Received]:
    """The account and its posts with their insights; a Page that is too small is not asked for viewers."""
    node, edge = {"facebook": ("page", "published_posts"), "instagram": ("ig_user", "media")}[platform]
    yield received(node, account_id, {"id": account_id, "name": "x", "followers_count": 1000})
    small = platform == "facebook" and all(VIEWERS not in post.insights for post in posts)
    refused = {VIEWERS: "withheld"} if small else {}
    names = tuple(name for name in expandable(platform, on=READ_AT.date()) if name not in refused)
    body = {"data": [as_graph(platform, post) for post in posts]}
    yield received(edge, account_id, body, metrics=names, refused=refused)


def as_graph(platform: str, post: Post) -> dict[str, object]:
    """A post as Meta answers it."""
    words = {"facebook": ("created_time", "message"), "instagram": ("timestamp", "caption")}[platform]
    insights = [
        {"name": name, "period": "lifetime", "values": [{"value": value}]} for name, value in post.insights.items()
    ]
    own = {"id": post.post_id, words[0]: post.published_at, words[1]: post.text, "insights": {"data": insights}}
    return own | post.media


def received(
    edge: str,
    object_id: str,
    body: dict[str, object],
    *,
    metrics: tuple[str, ...] = (),
    params: dict[str, str] | None = None,
    refused: dict[str, str] | None = None,
) -> Received:
    """An answer on its way to landing."""
    request = Request(edge, object_id, (), metrics, params or {}, refused or {})
    return Received(request, json.dumps(body, ensure_ascii=False).encode(), http_status=200, graph_version="v26.0")
