"""Read an account: its posts with their insights, itself, its days and stories, and what only single posts have.

What was read is remembered only after it has landed: a run that dies is made again.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog

from ingest.adapters.graph.sifting import REASONS, sift
from ingest.adapters.state import ClientState, SeenPost
from ingest.domain.errors import RateLimited
from ingest.domain.refresh import windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.adapters.graph.listing import Metrics
    from ingest.adapters.graph.session import GraphApi
    from ingest.adapters.landing.envelope import Received

log = structlog.get_logger()
META_ZONE = ZoneInfo("America/Los_Angeles")
"""Meta's days end at midnight there."""
RESTATED = timedelta(days=3)
"""How many days of an account are read again: Meta corrects them late."""
OK = 200
LISTS, MOMENTS = ("video_reels", "live_videos"), ("created_time", "broadcast_start_time")
"""Lists that may be longer than a page, and when their objects began."""
DAYS, LISTING = "days", "listing"
NO_EXPANSION = "nonexisting field (insights)"


@dataclass(slots=True)
class AccountReader:
    """Reads one account once. `read` gives the answers, `remember` notes what was read when they have landed."""

    api: "GraphApi"
    account_id: str
    platform: str
    state: ClientState
    at: datetime
    most_calls: int
    is_whole: bool = True
    """Whether the account itself is read, and not some posts of it alone."""
    stopped: RateLimited | None = None
    """Why the reading ended before its end: a quota is used up. What was read until then counts."""
    _answers: "list[Received]" = field(default_factory=list)
    _seen: list[SeenPost] = field(default_factory=list)
    _missing: list[str] = field(default_factory=list)
    _apart: list[str] = field(default_factory=list)
    _stories: list[SeenPost] = field(default_factory=list)
    _days_until: datetime | None = None

    @property
    def platform_reader(self) -> Any:
        """What the account's platform serves, and how it is asked for."""
        from ingest.adapters.graph import facebook, instagram

        return {"facebook": facebook, "instagram": instagram}[self.platform]

    def read(self, *, since: datetime | None, post_ids: tuple[str, ...]) -> "tuple[Received, ...]":
        """The answers: the listing back to `since`, and everything that is asked in batches.

        When a quota is used up on the way, what was read until then, and `stopped` says so.

        Raises: all that the client raises, RateLimited only when nothing was read; nothing is remembered then.
        """
        try:
            self._read(since, post_ids)
        except RateLimited as error:
            if not self._answers:
                raise
            self.stopped = error
        self._see_apart()
        return tuple(self._answers)

    def read_posts(self, posts: "Mapping[str, bool]") -> "tuple[tuple[Received, ...], set[str]]":
        """Posts alone, without the account; the answers, and the posts that Meta does not show.

        An answer that says that a post is not there is among the answers only where `posts` says that this is its end.
        Raises: all that the client raises; nothing is remembered then.
        """
        from ingest.adapters.graph.batch import read_asks
        from ingest.adapters.graph.listing import Metrics
        from ingest.domain.metrics import expandable

        self.is_whole = False
        known = self.state.refused_metrics(self.account_id, at=self.at)
        wanted = expandable(self.platform, on=self.at.date())
        metrics = Metrics(tuple(name for name in wanted if name not in known), known)
        found = list(read_asks(self.api, self.platform_reader.post_asks(tuple(posts), metrics)))
        missing = {one.request.object_id for one in found if "post_deleted" in one.request.refused.values()}
        not_there = {post for post in missing if not posts[post]}
        self._answers = [one for one in found if one.request.object_id not in not_there]
        self._see_apart()
        return tuple(self._answers), not_there

    def read_stories(self, story_ids: "Iterable[str]") -> "tuple[Received, ...]":
        """The numbers of stories alone; of one that is over, Meta's answer that it is not there.

        Raises: all that the client raises; nothing is remembered then.
        """
        from ingest.adapters.graph.batch import read_asks

        self.is_whole = False
        reader, on = self.platform_reader, self.at.date()
        asks = [ask for story in story_ids for ask in reader.apart_asks(story, "STORY", on=on)]
        return tuple(self._take(read_asks(self.api, asks)))

    def newest_posts(self) -> list[SeenPost]:
        """The account's newest posts, by one call that asks for no number; nothing of it lands.

        Raises: all that the client raises.
        """
        from ingest.adapters.graph.listing import newest_objects

        reader = self.platform_reader
        self.is_whole = False
        for one in newest_objects(self.api, reader.POSTS_EDGE, self.account_id, ("id", "timestamp")):
            self._see_one(one)
        return list(self._seen)

    def _read(self, since: datetime | None, post_ids: tuple[str, ...]) -> None:
        from ingest.adapters.graph.batch import read_asks

        metrics = self._listing(since)
        days_until, day_asks = self._day_asks()
        apart, apart_asks = self._apart_asks()
        asks = [
            *self.platform_reader.account_asks(self.account_id),
            *day_asks,
            *self.platform_reader.post_asks((*post_ids, *self._unlisted(since)), metrics),
            *apart_asks,
        ]
        answers = self._take(read_asks(self.api, asks))
        self._days_until, self._apart = days_until, apart
        answers += self._further_pages(answers, since)
        self._take(read_asks(self.api, self._second_asks(answers, since)))

    def _further_pages(self, answers: "list[Received]", since: datetime | None) -> "list[Received]":
        """What stands behind the first pages of the lists that were read in a batch, back to `since`."""
        from ingest.adapters.graph.batch import following_ask, read_asks
        from ingest.adapters.graph.listing import objects_of

        further: list[Received] = []
        pages = [one for one in answers if one.request.edge in LISTS and not one.request.refused]
        while pages and len(further) < self.most_calls:
            unfinished = [one for one in pages if since is None or len(_newer(objects_of(one), since)) > 0]
            asks = [ask for ask in map(following_ask, unfinished) if ask]
            pages = self._take(read_asks(self.api, asks))
            further += pages
        return further

    def _take(self, answers: "Iterable[Received]") -> "list[Received]":
        """The answers, kept; those before a used-up quota are kept too."""
        taken: list[Received] = []
        try:
            taken.extend(answers)
        except RateLimited:
            self._answers += taken
            raise
        self._answers += taken
        return taken

    def remember(self) -> None:
        """Note what was read: the posts, the listing, the days."""
        self.state.note_posts(self._seen, at=self.at)
        self.state.note_stories(self._stories)
        self.state.note_missing(self.account_id, self._missing)
        self.state.note_apart(self.account_id, self._apart, at=self.at)
        if self.is_whole and not self.stopped:
            self.state.note_read(self.account_id, LISTING, until=self.at)
        if self._days_until:
            self.state.note_read(self.account_id, DAYS, until=self._days_until)

    def _listing(self, since: datetime | None) -> "Metrics":
        """Read the pages of its posts; the metrics that Meta serves for the account, what it refuses is left out."""
        from ingest.adapters.graph.listing import Metrics
        from ingest.domain.errors import RequestRefused
        from ingest.domain.metrics import expandable

        wanted = expandable(self.platform, on=self.at.date())
        known = self.state.refused_metrics(self.account_id, at=self.at)
        metrics = Metrics(tuple(name for name in wanted if name not in known), known)
        try:
            self._pages(metrics, since)
        except RequestRefused as error:
            if error.code not in REASONS:
                raise
            if NO_EXPANSION in str(error):
                self._without_expansion(metrics, since)
                return metrics
            metrics = self._sifted(wanted)
            self._pages(metrics, since)
        return metrics

    def _pages(self, metrics: "Metrics", since: datetime | None) -> None:
        listed = self._take(self.platform_reader.read_posts(self.api, self.account_id, metrics, since=since))
        self._see(listed)

    def _without_expansion(self, metrics: "Metrics", since: datetime | None) -> None:
        """The posts without insights, and then the insights of each in batches: a hundred calls in two requests."""
        from ingest.adapters.graph.batch import insights_ask, read_asks
        from ingest.adapters.graph.listing import Metrics

        log.warning("listing_refuses_insights", account_id=self.account_id)
        self._pages(Metrics(()), since)
        self._take(read_asks(self.api, [insights_ask(post.post_id, metrics.asked) for post in self._seen]))

    def _sifted(self, wanted: tuple[str, ...]) -> "Metrics":
        """The metrics that Meta serves, found by halving; what it refuses is remembered and told once."""
        from ingest.adapters.graph.listing import Metrics, probe_list
        from ingest.domain.metrics import graph_name_of

        reader = self.platform_reader
        control = graph_name_of(self.platform, reader.CONTROL)
        living, refused = sift(wanted, probe_list(self.api, reader.POSTS_EDGE, self.account_id), control=control)
        self.state.forget_refused(self.account_id, living)
        for name, reason in self.state.remember_refused(self.account_id, refused, at=self.at).items():
            log.warning("metric_refused", account_id=self.account_id, graph_name=name, reason=reason)
        return Metrics(living, refused)

    def _see(self, pages: "list[Received]") -> None:
        from ingest.adapters.graph.listing import objects_of

        for page in pages:
            for one in objects_of(page):
                self._see_one(one)

    def _see_one(self, post: dict[str, Any]) -> None:
        moment = _graph_time(str(post.get("created_time") or post.get("timestamp") or ""))
        if moment and isinstance(post.get("id"), str):
            self._seen.append(SeenPost(self.account_id, post["id"], moment, product_of(post)))

    def _see_story(self, story: dict[str, Any]) -> None:
        moment = _graph_time(str(story.get("timestamp") or ""))
        if moment:
            self._stories.append(SeenPost(self.account_id, story["id"], moment, "STORY"))

    def _unlisted(self, since: datetime | None) -> list[str]:
        """Posts that the listing should have shown and did not: asked one by one whether they are still there."""
        seen = {post.post_id for post in self._seen}
        known = [
            post.post_id
            for post in self.state.known_posts(self.account_id)
            if post.post_id not in seen
            and post.published_at <= self.at
            and (since is None or post.published_at >= since)
        ]
        return known[: self.most_calls]

    def _see_apart(self) -> None:
        """Posts that were read one by one: there, or not there any more."""
        for answer in self._answers:
            if answer.request.edge not in ("post", "ig_media"):
                continue
            if "post_deleted" in answer.request.refused.values():
                self._missing.append(answer.request.object_id)
            elif answer.http_status == OK:
                self._see_one(json.loads(answer.body))

    def _day_asks(self) -> "tuple[datetime | None, list[Any]]":
        """The account's days since they were last read, and their end; the last three again: Meta corrects them."""
        reader = self.platform_reader
        end = datetime.combine(self.at.astimezone(META_ZONE).date(), time.min, META_ZONE).astimezone(UTC)
        oldest = min((post.published_at for post in self._seen), default=None)
        read = self.state.read_until(DAYS).get(self.account_id)
        known = read if read and read <= self.at else None
        first = known - RESTATED if known else oldest
        if first is None:
            return None, []
        first = max(first, end - reader.DAYS_KEPT)
        pieces = windows(first, end, longest=reader.LONGEST_WINDOW)
        return end, [ask for a, b in pieces for ask in reader.day_asks(self.account_id, a, b, on=self.at.date())]

    def _apart_asks(self) -> "tuple[list[str], list[Any]]":
        """Posts and questions about them that the listing cannot answer, the newest first, within the budget."""
        waiting = self.state.waiting_apart(self.account_id, at=self.at, most=self.most_calls)
        posts: list[str] = []
        asks: list[Any] = []
        for post in waiting:
            more = self.platform_reader.apart_asks(post.post_id, post.product, on=self.at.date())
            if len(asks) + len(more) > self.most_calls:
                break
            asks += more
            posts.append(post.post_id)
        return posts, asks

    def _second_asks(self, answers: "list[Received]", since: datetime | None) -> "list[Any]":
        """What the first answers lead to: the plays of the reels, and the numbers of the stories."""
        from ingest.adapters.graph.listing import objects_of

        reader, asks = self.platform_reader, []
        for answer in answers:
            if answer.request.refused:
                continue
            if answer.request.edge == "video_reels":
                asks += reader.reel_asks(_newer(objects_of(answer), since), on=self.at.date())
            if answer.request.edge == "stories" and self.platform == "instagram":
                for story in objects_of(answer):
                    self._see_story(story)
                    asks += reader.apart_asks(story["id"], "STORY", on=self.at.date())
        return asks


def product_of(post: dict[str, Any]) -> str:
    """The kind of a listed post that the metric catalogue knows; empty for most Facebook posts."""
    return str(post.get("media_product_type") or "")


def _newer(objects: list[dict[str, Any]], since: datetime | None) -> list[dict[str, Any]]:
    moments = ((one, _graph_time(str(next((one[name] for name in MOMENTS if name in one), "")))) for one in objects)
    return [one for one, moment in moments if since is None or (moment and moment >= since)]


def _graph_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None
