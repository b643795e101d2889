"""Nodes of the Graph: a Page, a post, an Instagram account, a media; each with the fields that are asked for."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ingest.sandbox import errors
from ingest.sandbox.fields import Field
from ingest.sandbox.insights import product_type
from ingest.sandbox.rules import GATED_FIELDS, NODE_FIELDS
from ingest.sandbox.staging import WorldPost
from ingest.sandbox.world import WorldAccount

Insights = Callable[[WorldPost, tuple[str, ...]], dict[str, Any]]

ATTACHMENTS = {
    "photo": ("photo", "photo"),
    "carousel": ("album", "album"),
    "video": ("video", "video_inline"),
    "reel": ("video", "video_inline"),
    "live": ("video", "video_live"),
    "link": ("link", "share"),
}
STATUS_TYPES = {
    "photo": "added_photos",
    "carousel": "added_photos",
    "link": "shared_story",
    "text": "mobile_status_update",
}
MEDIA_TYPES = {"carousel": "CAROUSEL_ALBUM", "photo": "IMAGE", "story": "IMAGE"}


def graph_time(at: datetime) -> str:
    """A moment as the Graph API writes it."""
    return at.isoformat(timespec="seconds")[:19] + "+0000"  # several times faster than strftime


def require_fields(fields: tuple[Field, ...], node: str) -> None:
    """Refuse the call when one field is gated or does not exist.

    Raises: GraphError 10 or 100.
    """
    for field in fields:
        if node == "PagePost" and field.name in GATED_FIELDS:
            raise errors.missing_permission(GATED_FIELDS[field.name])
        if field.name not in NODE_FIELDS[node]:
            raise errors.unknown_field(field.name, node)


def page_node(account: WorldAccount, instagram_id: str | None, fields: tuple[Field, ...]) -> dict[str, Any]:
    """A Page."""
    require_fields(fields, "Page")
    facts: dict[str, Any] = {
        "id": account.account_id,
        "name": account.account_name,
        "username": f"page{account.account_id[-3:]}",
        "category": "Nonprofit Organization",
        "link": f"https://www.facebook.com/{account.account_id}",
        "fan_count": account.followers,
        "followers_count": account.followers,
    }
    if instagram_id:
        facts["instagram_business_account"] = {"id": instagram_id}
    return chosen(facts, fields or (Field("name"),))


def instagram_node(account: WorldAccount, media: int, fields: tuple[Field, ...]) -> dict[str, Any]:
    """An Instagram professional account."""
    require_fields(fields, "IGUser")
    facts = {
        "id": account.account_id,
        "username": account.account_name,
        "name": account.account_name,
        "followers_count": account.followers,
        "follows_count": 120,
        "media_count": media,
    }
    return chosen(facts, fields)


def post_node(post: WorldPost, shares: int, fields: tuple[Field, ...], insights: Insights) -> dict[str, Any]:
    """A Page post."""
    require_fields(fields, "PagePost")
    facts: dict[str, Any] = {
        "id": post.post_id,
        "created_time": graph_time(post.published_at),
        "updated_time": graph_time(post.published_at),
        "message": post.message,
        "permalink_url": post.permalink,
        "status_type": STATUS_TYPES.get(post.media_format, "added_video"),
        "is_published": True,
        "is_hidden": False,
    }
    if shares:
        facts["shares"] = {"count": shares}
    wanted = {field.name: field for field in fields}
    if "attachments" in wanted and post.media_format in ATTACHMENTS:
        facts["attachments"] = {"data": [_attachment(post, wanted["attachments"].inner)]}
    if "insights" in wanted:
        facts["insights"] = _nested_insights(post, wanted["insights"], insights)
    return chosen(facts, fields or (Field("created_time"), Field("message")))


def media_node(
    post: WorldPost, counts: Mapping[str, int], fields: tuple[Field, ...], insights: Insights
) -> dict[str, Any]:
    """An Instagram media; `counts` are its likes and comments."""
    require_fields(fields, "IGMedia")
    facts: dict[str, Any] = {
        "id": post.post_id,
        "caption": post.message,
        "media_type": MEDIA_TYPES.get(post.media_format, "VIDEO"),
        "media_product_type": product_type(post),
        "permalink": post.permalink,
        "shortcode": post.shortcode,
        "timestamp": graph_time(post.published_at),
        "like_count": counts["reactions"],
        "comments_count": counts["comments"],
        "owner": {"id": post.account_id},
    }
    wanted = {field.name: field for field in fields}
    if "insights" in wanted:
        facts["insights"] = _nested_insights(post, wanted["insights"], insights)
    return chosen(facts, fields)


def video_node(post: WorldPost, fields: tuple[Field, ...]) -> dict[str, Any]:
    """A reel of a Page: the video, which names its post."""
    require_fields(fields, "Video")
    facts: dict[str, Any] = {
        "id": post.video_id,
        "post_id": post.post_id,
        "created_time": graph_time(post.published_at),
        "permalink_url": post.permalink,
        "description": post.message,
        "length": 30,
    }
    return chosen(facts, fields or (Field("description"), Field("created_time")))


def live_node(post: WorldPost, fields: tuple[Field, ...]) -> dict[str, Any]:
    """A live video of a Page, when it is over."""
    require_fields(fields, "LiveVideo")
    facts: dict[str, Any] = {
        "id": f"{post.video_id}9",
        "status": "VOD",
        "broadcast_start_time": graph_time(post.published_at),
        "permalink_url": post.permalink,
        "title": post.message,
        "video": {"id": post.video_id},
    }
    return chosen(facts, fields or (Field("title"), Field("status")))


def story_node(post: WorldPost, fields: tuple[Field, ...]) -> dict[str, Any]:
    """A story of a Page; it has no field `id`."""
    require_fields(fields, "PageStory")
    facts: dict[str, Any] = {
        "post_id": post.post_id,
        "status": "published",
        "creation_time": str(int(post.published_at.timestamp())),
        "media_type": "photo",
        "media_id": post.video_id,
        "url": post.permalink,
    }
    return {name: facts[name] for name in ([one.name for one in fields] or facts) if name in facts}


def chosen(facts: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, Any]:
    """The facts that are asked for, and always the id; what a node does not have is left out, not null."""
    return {field.name: facts[field.name] for field in fields if field.name in facts} | {"id": facts["id"]}


def _attachment(post: WorldPost, inner: tuple[Field, ...]) -> dict[str, Any]:
    require_fields(inner, "Attachment")
    media_type, kind = ATTACHMENTS[post.media_format]
    target = post.post_id.rpartition("_")[2]
    facts: dict[str, Any] = {
        "media_type": media_type,
        "type": kind,
        "target": {"id": target, "url": post.permalink},
        "url": post.permalink,
    }
    if post.media_format == "carousel":
        part = {"media_type": "photo", "type": "photo"}
        facts["subattachments"] = {"data": [part, dict(part), dict(part)]}
    names = {field.name for field in inner} or set(facts)
    return {name: value for name, value in facts.items() if name in names}


def _nested_insights(post: WorldPost, field: Field, insights: Insights) -> dict[str, Any]:
    require_fields(field.inner, "Insight")
    answer = insights(post, field.arguments.get("metric", ()))
    names = {inner.name for inner in field.inner} | {"id"}
    if not field.inner:
        return answer
    return {"data": [{name: value for name, value in one.items() if name in names} for one in answer["data"]]}
