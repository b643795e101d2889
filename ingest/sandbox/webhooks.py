"""The sandbox's webhooks: it tells a receiver what has happened, signed as Meta signs, and as badly delivered.

Letters beyond ASCII are escapes and slashes are escaped; what is not answered with 200 comes again, later and later.
Source: section 4; high, the times of the retries medium.
"""

import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from ingest.sandbox.staging import WorldPost
from ingest.sandbox.world import World

OK = 200
ITEMS = {"photo": "photo", "video": "video", "reel": "video", "carousel": "album", "link": "share"}
RETRIES = (0.0, 1.0, 5.0, 30.0, 300.0, 60.0 * 60.0)
"""Seconds before a delivery that was not answered with 200 comes again, on Meta's own clock."""
LARGEST_DELIVERY = 1000
"""So many changes Meta sends in one POST at most."""


@dataclass(slots=True)
class Sender:
    """Sends notifications to one callback. `speed` divides the waits between retries."""

    callback: str
    app_secret: str = field(repr=False)
    speed: float = 1.0
    answers: list[int] = field(default_factory=list)

    def handshake(self, verify_token: str, *, challenge: str = "1158201444") -> bool:
        """Whether the callback says the challenge back."""
        asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
        answer = requests.get(self.callback, params=asked, timeout=10)
        return answer.status_code == OK and answer.text == challenge

    def send(self, body: bytes) -> bool:
        """Send a delivery until it is answered with 200, or the retries have ended; whether it was."""
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": self.signature(body)}
        for wait in RETRIES:
            time.sleep(wait / self.speed)
            try:
                answer = requests.post(self.callback, data=body, headers=headers, timeout=10)
            except requests.RequestException:
                self.answers.append(0)
                continue
            self.answers.append(answer.status_code)
            if answer.status_code == OK:
                return True
        return False

    def signature(self, body: bytes) -> str:
        """The header beside a body."""
        return "sha256=" + hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()


def as_sent(content: object) -> bytes:
    """A notification as Meta writes it."""
    return json.dumps(content, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def post_entry(post: WorldPost, *, verb: str = "add", at: datetime | None = None) -> dict[str, Any]:
    """A Page's entry: a post went up, was edited, hidden or removed."""
    value = {
        "from": {"id": post.account_id, "name": "Sandbox Page"},
        "item": ITEMS.get(post.media_format, "status"),
        "verb": verb,
        "post_id": post.post_id,
        "created_time": int(post.published_at.timestamp()),
        "message": post.message,
        "published": 1,
    }
    sent = int((at or post.published_at).timestamp())
    return {"id": post.account_id, "time": sent, "changes": [{"field": "feed", "value": value}]}


def hint_entry(post: WorldPost, number: int, *, at: datetime) -> dict[str, Any]:
    """Somebody reacted to a Page's post, or commented on an Instagram medium."""
    who, sent = str(5_550_000 + number), int(at.timestamp())
    if post.platform == "instagram":
        value: dict[str, Any] = {"id": f"179{number}", "from": {"id": who, "username": f"user{number}"}, "text": "👏"}
        value["media"] = {"id": post.post_id, "media_product_type": "FEED"}
        return {"id": post.account_id, "time": sent, "changes": [{"field": "comments", "value": value}]}
    value = {"from": {"id": who, "name": "Хэн нэгэн"}, "item": "reaction", "reaction_type": "love", "verb": "add"}
    value |= {"post_id": post.post_id, "parent_id": post.post_id, "created_time": sent + number}
    return {"id": post.account_id, "time": sent, "changes": [{"field": "feed", "value": value}]}


def deliveries_of(entries: Iterable[tuple[str, dict[str, Any]]], *, per_post: int = LARGEST_DELIVERY) -> list[bytes]:
    """Bodies of the entries (object and entry), at most so many in one; Pages and Instagram apart."""
    by_object: dict[str, list[dict[str, Any]]] = {}
    for name, entry in entries:
        by_object.setdefault(name, []).append(entry)
    return [
        as_sent({"object": name, "entry": found[start : start + per_post]})
        for name, found in by_object.items()
        for start in range(0, len(found), per_post)
    ]


def badly_delivered(bodies: Sequence[bytes], *, seed: int, twice: float = 0.3) -> Iterator[bytes]:
    """The same deliveries as Meta may bring them: some twice, all out of order."""
    dice = random.Random(seed)  # noqa: S311 - a world, no secret
    order = [body for body in bodies for _ in range(2 if dice.random() < twice else 1)]
    dice.shuffle(order)
    return iter(order)


def news_between(world: World, first: datetime, last: datetime) -> list[tuple[str, dict[str, Any]]]:
    """Which posts went up on Pages between two moments; Instagram has no such event."""
    posts = (post for post in world.posts.values() if post.platform == "facebook")
    return [("page", post_entry(post)) for post in posts if first < post.published_at <= last]
