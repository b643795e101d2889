"""Notifications as Meta sends them: composed from its documentation, signed over the bytes."""

import hashlib
import hmac
import json
from typing import Any

SECRET, VERIFY = "0123456789abcdef0123456789abcdef", "a-verify-token"
PAGE, INSTAGRAM = "104857600000201", "17841400000000201"
SENT = 1_708_250_000


def raw(content: object) -> bytes:
    """JSON as Meta writes it: no spaces, letters beyond ASCII as escapes, slashes escaped."""
    return json.dumps(content, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def signature(body: bytes, secret: str = SECRET) -> str:
    """The header that Meta puts beside a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def page_feed(post_id: str, *, page: str = PAGE, time: int = SENT, **value: Any) -> dict[str, Any]:
    """A change of a Page's feed."""
    own = {"from": {"id": "5550001", "name": "Бат Дорж"}, "item": "photo", "verb": "add", "post_id": post_id}
    own |= {"created_time": SENT, "message": "Шинэ постер гарлаа. #ӨөрӨөр"}
    return {"id": page, "time": time, "changes": [{"field": "feed", "value": own | value}]}


def reaction(post_id: str, who: int, **more: Any) -> dict[str, Any]:
    """Somebody's reaction to a post."""
    given = {"item": "reaction", "reaction_type": "love", "created_time": SENT + who}
    return page_feed(post_id, **{"from": {"id": str(5550000 + who), "name": "Хэн нэгэн"}}, **(given | more))


def of_page(*entries: dict[str, Any]) -> bytes:
    """A delivery about Pages."""
    return raw({"object": "page", "entry": list(entries)})


def of_instagram(*entries: dict[str, Any]) -> bytes:
    """A delivery about Instagram accounts."""
    return raw({"object": "instagram", "entry": list(entries)})


def story(media_id: str, **numbers: int) -> dict[str, Any]:
    """The numbers of a story that has ended."""
    value = {"media_id": media_id, "reach": 396, "views": 444, "taps_back": -1, "replies": -1} | numbers
    return {"id": INSTAGRAM, "time": SENT, "changes": [{"field": "story_insights", "value": value}]}
