"""Read an account: its posts with their insights, itself, its days and stories, and what only single posts have.

What was read is remembered only after it has landed: a run that dies is made again.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from ingest.adapters.landing.forgetting import Forgotten
from ingest.adapters.state import EXPANSION, ClientState, SeenPost
from ingest.domain.errors import RateLimited
from ingest.domain.gaps import gaps_in
from ingest.steps.beside_listing import DAYS, BesideListing, graph_time, is_list
from ingest.steps.read_listing import LIST, ListingReader
from ingest.steps.remember_refusals import INSIGHTS, refused_of_all, remember_page_size, remember_refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.adapters.graph.page_size import PageSize
    from ingest.adapters.graph.questions import Ask
    from ingest.adapters.graph.refusals import Refusal
    from ingest.adapters.graph.session import GraphApi
    from ingest.adapters.landing.envelope import Received
    from ingest.domain.errors import AnswerRejected

log = structlog.get_logger()
OK = 200
LISTING = "listing"
STORY = "STORY"


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
    forgotten: Forgotten = field(default_factory=lambda: Forgotten(()))
    """Objects that were erased: they are not remembered, and so never asked for again."""
    stopped: RateLimited | None = None
    """Why the reading ended before its end: a quota is used up. What was read until then counts."""
    _answers: "list[Received]" = field(default_factory=list)
    _seen: list[SeenPost] = field(default_factory=list)
    _missing: list[str] = field(default_factory=list)
    _apart: list[str] = field(default_factory=list)
    _stories: list[SeenPost] = field(default_factory=list)
    rejected: "list[AnswerRejected]" = field(default_factory=list)
    """What was no answer and cost its own question only."""
    _refusals: "list[tuple[Ask, Refusal]]" = field(default_factory=list)
    _refused: dict[str, str] = field(default_factory=dict)
    """Metrics of the listing that Meta refuses, with the reason."""
    _size: "PageSize | None" = None
    _is_unexpanded: bool = False
    _days_until: datetime | None = None
    _is_listed_whole: bool = False

    @property
    def platform_reader(self) -> Any:
        """What the account's platform serves, and how it is asked for."""
        from ingest.adapters.graph import facebook, instagram

        return {"facebook": facebook, "instagram": instagram}[self.platform]

    @property
    def _beside(self) -> BesideListing:
        return BesideListing(self.account_id, self.platform_reader, self.state, self.at, self.most_calls)

    @property
    def _listing(self) -> ListingReader:
        return ListingReader(self.api, self.account_id, self.platform_reader, self.state, self.at)

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
        self.is_whole = False
        metrics = self._listing.metrics
        found = self._ask(self.platform_reader.post_asks(tuple(posts), metrics.asked, metrics.refused))
        missing = {one.request.object_id for one in found if "post_deleted" in one.request.refused.values()}
        not_there = {post for post in missing if not posts[post]}
        self._answers = [one for one in found if one.request.object_id not in not_there]
        self._see_apart()
        return tuple(self._answers), not_there

    def read_stories(self, story_ids: "Iterable[str]") -> "tuple[Received, ...]":
        """The numbers of stories alone; of one that is over, Meta's answer that it is not there.

        Raises: all that the client raises; nothing is remembered then.
        """
        self.is_whole = False
        reader, on = self.platform_reader, self.at.date()
        return tuple(self._ask([ask for story in story_ids for ask in reader.apart_asks(story, STORY, on=on)]))

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
        listing, beside = self._listing, self._beside
        bare = self._list(listing, since)
        days_until, day_asks = beside.days(self._seen)
        apart, apart_asks = beside.apart()
        alone = (*post_ids, *beside.unlisted(self._seen, since))
        wanted = listing.metrics.asked or listing.wanted_of_bare
        answers = self._ask(
            [
                *self.platform_reader.account_asks(self.account_id),
                *beside.insights(bare, listing.wanted_of_bare),
                *day_asks,
                *self.platform_reader.post_asks(alone, wanted, listing.metrics.refused),
                *apart_asks,
            ]
        )
        self._days_until, self._apart = days_until, apart
        pages = [one for one in answers if is_list(one)]
        further = list(pages)
        while pages and len(further) < self.most_calls:
            pages = self._ask(beside.further_pages(pages, since))
            further += pages
        stories = [one for one in answers if one.request.edge == "stories"]
        self._see_stories(stories)
        self._ask(beside.second((*further, *stories), since))

    def _list(self, listing: ListingReader, since: datetime | None) -> list[str]:
        """Read the listing; the posts whose page refused to hold their insights."""
        pages = self._take(listing.pages(since))
        self._is_listed_whole = since is None
        self._refused, self._size = listing.refused, listing.size
        self._is_unexpanded = listing.is_unexpanded
        self.rejected += listing.rejected
        bare: list[str] = []
        for page in pages:
            first = len(self._seen)
            self._see(page)
            if not page.request.metrics:
                bare += [post.post_id for post in self._seen[first:]]
        return bare

    def _ask(self, asks: "list[Ask]") -> "list[Received]":
        """The answers to questions; about what was erased nothing is asked."""
        from ingest.adapters.graph.batch import Noticed, read_asks

        noticed = Noticed()
        left = [ask for ask in asks if not self.forgotten.names(ask.request.object_id)]
        try:
            return self._take(read_asks(self.api, left, noticed))
        finally:
            self.rejected += noticed.rejected
            self._refusals += noticed.refused

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
        """Note what was read: the posts, the listing, the days, and what Meta refuses."""
        with self.state.together():
            self.state.note_posts(self._seen, at=self.at)
            self.state.note_stories(self._stories)
            self.state.note_missing(self.account_id, self._missing)
            self.state.note_apart(self.account_id, self._apart, at=self.at)
            self._remember_refusals()
            if self.is_whole and not self.stopped:
                self.state.note_read(self.account_id, LISTING, until=self.at)
                self._remember_gaps()
            if self._days_until:
                self.state.note_read(self.account_id, DAYS, until=self._days_until)

    def _remember_refusals(self) -> None:
        found = refused_of_all(self.account_id, self._refusals) | {LIST: self._refused}
        found |= {EXPANSION: {INSIGHTS: "not_expanded"}} if self._is_unexpanded else {}
        edge = self.platform_reader.POSTS_EDGE
        remember_refusals(self.state, self.account_id, self._answers, found, posts_edge=edge, at=self.at)
        if self._size:
            remember_page_size(self.state, self.account_id, self._size, at=self.at)

    def _remember_gaps(self) -> None:
        """A whole listing with as many posts of a year as Meta lists of one: there may be more."""
        if not self._is_listed_whole or self.platform_reader.PLATFORM != "facebook":
            return
        published = (post.published_at for post in self._seen)
        for gap in self.state.note_gaps(self.account_id, gaps_in(self.account_id, published, at=self.at)):
            log.warning(
                "listing_may_be_cut", account_id=self.account_id, year=gap.year, listed=gap.listed,
                listed_since=f"{gap.listed_since:%Y-%m-%d}",
            )  # fmt: skip

    def _see(self, page: "Received") -> None:
        from ingest.adapters.graph.listing import objects_of

        for one in objects_of(page):
            self._see_one(one)

    def _see_stories(self, pages: "list[Received]") -> None:
        """Stories of Instagram, which live for a day: they are read once more before their end."""
        from ingest.adapters.graph.listing import objects_of

        for story in (one for page in pages if self.platform == "instagram" for one in objects_of(page)):
            moment = graph_time(str(story.get("timestamp") or ""))
            if moment and not self.forgotten.names(story["id"]):
                self._stories.append(SeenPost(self.account_id, story["id"], moment, STORY))

    def _see_one(self, post: dict[str, Any]) -> None:
        moment = graph_time(str(post.get("created_time") or post.get("timestamp") or ""))
        if moment and isinstance(post.get("id"), str) and not self.forgotten.names(post["id"]):
            self._seen.append(SeenPost(self.account_id, post["id"], moment, product_of(post)))

    def _see_apart(self) -> None:
        """Posts that were read one by one: there, or not there any more."""
        for answer in self._answers:
            if answer.request.edge not in ("post", "ig_media"):
                continue
            if "post_deleted" in answer.request.refused.values():
                self._missing.append(answer.request.object_id)
            elif answer.http_status == OK:
                self._see_one(json.loads(answer.body))


def product_of(post: dict[str, Any]) -> str:
    """The kind of a listed post that the metric catalogue knows; empty for most Facebook posts."""
    return str(post.get("media_product_type") or "")
