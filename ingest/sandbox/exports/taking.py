"""Taking an export: an account of the world at a moment of the scenario, in the language of whoever clicks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ingest.sandbox.staging import WorldPost
from ingest.sandbox.world import World, WorldAccount

PACIFIC = ZoneInfo("America/Los_Angeles")
"""Meta's tools write every time in it, with daylight saving, wherever the account is."""


@dataclass(frozen=True, slots=True)
class Taking:
    """An account whose owner takes an export at a moment: the posts of the days that were chosen."""

    world: World
    account: WorldAccount
    at: datetime
    since: datetime
    language: str = "en"

    @property
    def posts(self) -> Sequence[WorldPost]:
        """The posts within the days, newest first, but stories, which have an export of their own."""
        shown = self.world.posts_of(self.account.account_id, self.at)
        return [post for post in shown if post.published_at >= self.since and post.media_format != "story"]

    @property
    def is_small(self) -> bool:
        """Whether the account has too few followers for reach to be told."""
        return self.account.account_id in self.world.small_accounts

    def value(self, post: WorldPost, fact: str) -> int:
        """What the post has gathered of a fact when the export is taken."""
        return self.world.value(post, fact, self.at)

    def local(self, moment: datetime) -> datetime:
        """A moment on the clock of the account's owner."""
        return moment.astimezone(ZoneInfo(self.account.time_zone))


def bare_id(post: WorldPost) -> str:
    """The id of a Facebook post as its tools write it: without the Page."""
    return post.post_id.rpartition("_")[2]


def seconds_long(post: WorldPost) -> int:
    """How long a video is; 0 for what does not play."""
    return int(post.share("duration", low=15, high=180)) if post.media_format in ("video", "reel", "live") else 0


def thousands(number: int) -> str:
    """A number as Meta quotes it: with a comma after the thousands."""
    return f"{number:,}"
