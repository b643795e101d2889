"""Listings: which posts an edge shows, of which kind, between which moments, and how many of a year."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ingest.sandbox import errors
from ingest.sandbox.staging import WorldPost

STORY_LIVES = timedelta(hours=24)


def listed(
    posts: Sequence[WorldPost], edge: str, params: Mapping[str, str], now: datetime, posts_per_year: int
) -> list[WorldPost]:
    """The posts that an edge shows, newest first: of a kind, between `since` and `until`, so many of each year."""
    since, until = _moment(params.get("since")), _moment(params.get("until"))
    shown: list[WorldPost] = []
    years: dict[int, int] = {}
    for post in posts:
        years[post.published_at.year] = years.get(post.published_at.year, 0) + 1
        fits = (since is None or post.published_at >= since) and (until is None or post.published_at <= until)
        if fits and _is_of(edge, post, now) and years[post.published_at.year] <= posts_per_year:
            shown.append(post)
    return shown


def _is_of(edge: str, post: WorldPost, now: datetime) -> bool:
    if edge == "stories":
        return post.media_format == "story" and now - post.published_at < STORY_LIVES
    wanted = {"video_reels": ("reel",), "live_videos": ("live",)}.get(edge)
    return post.media_format in wanted if wanted else post.media_format != "story"


def _moment(given: str | None) -> datetime | None:
    if not given:
        return None
    try:
        moment = datetime.fromtimestamp(int(given), UTC) if given.isdecimal() else datetime.fromisoformat(given)
    except ValueError:
        raise errors.bad_parameter("since and until must be dates or Unix timestamps") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
