"""What Meta's webhooks say: a signed delivery holds changes, and a change asks for something to be read again.

An event carries no number that ends in a mart, except `story_insights`: it may be lost, doubled, late, out of order.
Source: section 4 of the project's notes on the Graph API.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SIGNATURE = re.compile(rb"sha256=([0-9a-f]{64})", re.ASCII)
ID = re.compile(r"[0-9]{1,32}(_[0-9]{1,32})?", re.ASCII)
PLATFORMS = {"page": "facebook", "instagram": "instagram"}
HINTS = ("comment", "reaction", "like", "share")
"""Items of a Page's feed that only say that the numbers of a post have moved."""
GONE = ("remove", "delete")
NOT_OURS = ("mention", "mentions")
"""Somebody else's post names the account: counted, and nothing of ours has changed."""
STORY = "story_insights"
STORY_NUMBERS = ("impressions", "views", "reach", "taps_forward", "taps_back", "exits", "replies", "shares", "follows")
KEPT = ("item", "verb", "post_id", "parent_id", "comment_id", "media_id", "created_time", "published", "reaction_type")
"""Fields of a change that land: no name, no text, no picture of anybody."""
DEEPEST, MOST_CHANGES = 32, 5_000
RETRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
"""After the first time: when an object that Meta does not show yet is asked for again, before it counts as deleted."""
NOT_THERE_YET = "Meta does not show the object yet"
HINT_EVERY = timedelta(minutes=5)
"""How often comments and reactions have one post read again."""
POLL, POLL_EVERY = "poll", timedelta(minutes=10)
"""Instagram tells of no new post: so often an account with an active campaign is asked for its newest ones."""
STORY_ENDS, STORY_LIVES, STORY_READ_BEFORE = "story_ends", timedelta(hours=24), timedelta(hours=2)
"""A story and its numbers are gone after a day: it is read two hours before."""


FOLLOWED = ("post", "account", "story", "campaign", "sweep", "file")
"""Kinds of events that ask for something to be read, imported or landed."""
OF_POSTS = ("post", "account", "story")


class Unreadable(ValueError):
    """A signed delivery that is no notification; the message says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a delivery, as Meta sent it."""

    platform: str
    account_id: str
    field: str
    value: Mapping[str, Any]
    sent_at: datetime | None

    @property
    def event_id(self) -> str:
        """The change's own digest, whatever delivery brings it; a notice without content counts by its moment."""
        said: Any = self.value or (self.sent_at.isoformat() if self.sent_at else "")
        canonical = json.dumps([self.platform, self.account_id, self.field, said], sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def kept(self) -> dict[str, Any]:
        """What of it lands: fields of the allow-list only, and the numbers of a story."""
        own = {name: self.value[name] for name in KEPT if isinstance(self.value.get(name), str | int)}
        media = self.value.get("media")
        if isinstance(media, Mapping) and isinstance(media.get("id"), str):
            own["media_id"] = media["id"]
        numbers = {name: self.value[name] for name in STORY_NUMBERS if type(self.value.get(name)) is int}
        return own | (numbers if self.field == STORY else {})


@dataclass(frozen=True, slots=True)
class Event:
    """What a change asks for. `state` is waiting, done, dead or quarantined; `reason` says why the last two."""

    event_id: str
    delivery_sha256: str
    kind: str
    platform: str
    account_id: str
    object_id: str
    field: str
    verb: str
    occurred_at: datetime | None
    received_at: datetime
    state: str = "waiting"
    reason: str = ""
    attempts: int = 0

    @property
    def is_hint(self) -> bool:
        """Whether it only says that numbers have moved."""
        return self.kind == "post" and self.verb == "hint"

    @property
    def is_removal(self) -> bool:
        """Whether it says that the object is gone."""
        return self.verb in GONE


def is_signed(body: bytes | bytearray, header: bytes, secrets: Sequence[str]) -> bool:
    """Whether one of the secrets signed these very bytes. Compared in constant time, every secret tried."""
    match = SIGNATURE.fullmatch(header)
    if match is None:
        return False
    digests = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode() for secret in secrets if secret]
    return sum(hmac.compare_digest(match.group(1), digest) for digest in digests) > 0


def changes_of(body: bytes) -> list[Change]:
    """The changes of a delivery: envelopes with `changes`, flat ones, `messaging`, and `changed_fields`.

    Raises: Unreadable.
    """
    try:
        content = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Unreadable("it is no JSON") from None
    entries = content.get("entry") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unreadable("it has no list of entries")
    platform = PLATFORMS.get(str(content.get("object")), str(content.get("object"))[:40])
    changes = [change for entry in entries for change in _of_entry(platform, entry)]
    if not changes:
        raise Unreadable("it holds no change")
    if len(changes) > MOST_CHANGES:
        raise Unreadable(f"it holds more than {MOST_CHANGES:,} changes")
    return changes


def _of_entry(platform: str, entry: dict[str, Any]) -> Iterator[Change]:
    account_id, sent_at = str(entry.get("id", ""))[:64], _moment(entry.get("time"))
    changes = entry.get("changes")
    for one in changes if isinstance(changes, list) else [entry] if "field" in entry else []:
        if isinstance(one, dict):
            value = one.get("value")
            yield Change(
                platform, account_id, str(one.get("field"))[:64], value if isinstance(value, dict) else {}, sent_at
            )
    names = entry.get("changed_fields")
    for name in names if isinstance(names, list) else []:
        yield Change(platform, account_id, str(name)[:64], {}, sent_at)
    messages = entry.get("messaging")
    for one in messages if isinstance(messages, list) else []:
        digest = hashlib.sha256(json.dumps(one, sort_keys=True).encode()).hexdigest()
        yield Change(platform, account_id, "messaging", {"post_id": digest}, sent_at)


def event_of(change: Change, *, delivery_sha256: str, received_at: datetime, accounts: Mapping[str, str]) -> Event:
    """What a change asks for; quarantined with a reason where it asks for nothing that we know."""
    kind, object_id, verb = _meaning(change)
    reason = _refusal(change, kind, object_id, accounts)
    occurred = _moment(change.value.get("created_time")) or change.sent_at
    return Event(
        change.event_id,
        delivery_sha256,
        kind,
        change.platform,
        change.account_id,
        object_id,
        change.field,
        verb,
        occurred,
        received_at,
        state="quarantined" if reason else "done" if kind == "mention" else "waiting",
        reason=reason,
    )


def _meaning(change: Change) -> tuple[str, str, str]:
    """Kind, object and verb. A notice without an object asks for the account's listing."""
    value = change.value
    if change.field in NOT_OURS:
        return "mention", "", ""
    if change.field == STORY:
        return "story", str(value.get("media_id", "")), "numbers"
    if change.field == "feed":
        verb = "hint" if value.get("item") in HINTS else str(value.get("verb") or "add")[:20]
        object_id = str(value.get("post_id") or "")
        return ("post" if object_id else "account"), object_id, verb
    if change.field in ("comments", "live_comments"):
        media = value.get("media")
        object_id = str(media.get("id", "")) if isinstance(media, Mapping) else str(value.get("media_id") or "")
        return ("post" if object_id else "account"), object_id, "hint"
    return "unknown", "", ""


def _refusal(change: Change, kind: str, object_id: str, accounts: Mapping[str, str]) -> str:
    """Why nothing can be done with it; empty when something can."""
    is_foreign = change.platform == "facebook" and "_" in object_id and object_id.partition("_")[0] != change.account_id
    reasons = {
        "a test event": change.account_id in ("", "0"),
        "no campaign names this account": accounts.get(change.account_id) != change.platform,
        f"the field {change.field} is not followed": kind == "unknown",
        "the object's id is none": bool(object_id) and not ID.fullmatch(object_id),
        "the post is another account's": is_foreign,
        "the story has no id": kind == "story" and not object_id,
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def unreadable_event(sha256: str, reason: str, *, received_at: datetime) -> Event:
    """What stands for a delivery that could not be read."""
    return Event(sha256, sha256, "unreadable", "", "", "", "", "", None, received_at, "quarantined", reason)


def next_try(attempts: int) -> timedelta | None:
    """How long to wait before an object that is not there yet is asked for again; None when it counts as deleted."""
    if attempts >= len(RETRIES):
        return None
    return RETRIES[attempts] - (RETRIES[attempts - 1] if attempts else timedelta(0))


def posts_asked_for(events: Iterable[Event]) -> dict[str, list[Event]]:
    """The events by the post that they ask for: five hundred reactions to one post are one reading."""
    by_post: dict[str, list[Event]] = {}
    for event in events:
        by_post.setdefault(event.object_id, []).append(event)
    return by_post


def _moment(given: object) -> datetime | None:
    """A Unix time in seconds or milliseconds, or an ISO text; None for anything else or a wild moment."""
    try:
        if isinstance(given, str) and not given.isdecimal():
            return datetime.fromisoformat(given).astimezone(UTC)
        seconds = int(given)  # type: ignore[call-overload]
        return datetime.fromtimestamp(seconds / 1000 if seconds > 10**11 else seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
