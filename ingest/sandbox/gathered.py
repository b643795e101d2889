"""What a post has gathered by a moment of each fact: the world's own facts, their sums, and parts of them."""

from datetime import datetime

from ingest.sandbox.staging import WorldPost
from ingest.sandbox.world import SUMS, World

SHARES = {
    "views_paid": ("views", 0.0, 0.25),
    "views_from_followers": ("views", 0.2, 0.7),
    "replays": ("views", 0.05, 0.2),
    "replies": ("reach", 0.0, 0.01),
    "follows": ("reach", 0.0, 0.005),
    "profile_visits": ("reach", 0.0, 0.02),
    "bio_links": ("reach", 0.0, 0.004),
    "emails": ("reach", 0.0, 0.001),
    "other_actions": ("reach", 0.0, 0.002),
    "taps_forward": ("views", 0.4, 0.7),
    "taps_back": ("views", 0.02, 0.1),
    "taps_exit": ("views", 0.05, 0.15),
    "swipes_forward": ("views", 0.02, 0.1),
}
"""Facts that are a part of another one: which, and between which shares."""


def gathered(world: World, post: WorldPost, fact: str, *, at: datetime, factor: float = 1.0) -> int:
    """What the post has gathered of a fact by then; the factor is Meta's correction of the world's own facts."""
    if fact in SUMS:
        return world.value(post, fact, at)
    if fact in SHARES:
        whole, low, high = SHARES[fact]
        return int(world.value(post, whole, at) * post.share(fact, low=low, high=high))
    if fact == "plays":
        views, replays = (gathered(world, post, one, at=at, factor=factor) for one in ("views", "replays"))
        return views - replays
    if fact == "watch_time_avg_ms":
        watched, views = (gathered(world, post, one, at=at, factor=factor) for one in ("watch_time_ms", "views"))
        return watched // max(1, views)
    return int(world.value(post, fact, at) * factor)
