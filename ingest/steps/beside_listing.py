"""Beside the listing: what else is asked about an account, its days, and posts that the listing cannot tell all of."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ingest.domain.meta_days import begin_of, meta_day, meta_windows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ingest.adapters.graph.questions import Ask
    from ingest.adapters.landing.envelope import Received
    from ingest.adapters.state import ClientState, SeenPost

RESTATED = timedelta(days=3)
"""How many days of an account are read again: Meta corrects them late."""
LISTS, MOMENTS = ("video_reels", "live_videos"), ("created_time", "broadcast_start_time")
"""Lists that may be longer than a page, and when their objects began."""
DAYS = "days"


@dataclass(frozen=True, slots=True)
class BesideListing:
    """What is asked beside the listing of an account, at a moment, for so many calls at most."""

    account_id: str
    platform_reader: Any
    state: "ClientState"
    at: datetime
    most_calls: int

    def days(self, seen: "Iterable[SeenPost]") -> "tuple[datetime | None, list[Ask]]":
        """The account's days since they were last read, and their end; the last three again: Meta corrects them.

        From the day on which the oldest post was published, which is Meta's day and not that of UTC.
        """
        reader = self.platform_reader
        today = meta_day(self.at)
        end = begin_of(today)
        oldest = min((post.published_at for post in seen), default=None)
        read = self.state.read_until(DAYS).get(self.account_id)
        known = read if read and read <= self.at else None
        first = known - RESTATED if known else oldest
        if first is None:
            return None, []
        first = max(first, end - reader.DAYS_KEPT)  # a post may say that it is of the year 1
        oldest_kept = max(meta_day(first), today - reader.DAYS_KEPT)
        pieces = meta_windows(oldest_kept, today, longest=reader.LONGEST_WINDOW)
        asks = [ask for a, b in pieces for ask in reader.day_asks(self.account_id, a, b, on=self.at.date())]
        return end, self._without_refused(asks)

    def apart(self) -> "tuple[list[str], list[Ask]]":
        """Posts and questions about them that the listing cannot answer, the newest first, within the calls."""
        posts: list[str] = []
        asks: list[Ask] = []
        for post in self.state.waiting_apart(self.account_id, at=self.at, most=self.most_calls):
            more = self.platform_reader.apart_asks(post.post_id, post.product, on=self.at.date())
            if len(asks) + len(more) > self.most_calls:
                break
            asks += more
            posts.append(post.post_id)
        return posts, self._without_refused(asks)

    def unlisted(self, seen: "Iterable[SeenPost]", since: datetime | None) -> list[str]:
        """Posts that the listing should have shown and did not: asked one by one whether they are still there."""
        listed = {post.post_id for post in seen}
        known = [
            post.post_id
            for post in self.state.known_posts(self.account_id)
            if post.post_id not in listed
            and post.published_at <= self.at
            and (since is None or post.published_at >= since)
        ]
        return known[: self.most_calls]

    def further_pages(self, pages: "Iterable[Received]", since: datetime | None) -> "list[Ask]":
        """The pages behind those of the lists that were read in a batch, as far as they are not older than `since`."""
        from ingest.adapters.graph.questions import following_ask

        unfinished = [one for one in pages if is_list(one) and (since is None or newer(one, since))]
        return [ask for ask in map(following_ask, unfinished) if ask]

    def second(self, answers: "Iterable[Received]", since: datetime | None) -> "list[Ask]":
        """What the first answers lead to: the plays of the reels, and the numbers of the stories."""
        reader, on = self.platform_reader, self.at.date()
        asks: list[Ask] = []
        for answer in answers:
            if answer.request.edge == "video_reels" and is_list(answer):
                asks += reader.reel_asks(newer(answer, since), on=on)
            if answer.request.edge == "stories" and reader.PLATFORM == "instagram":
                asks += [ask for one in newer(answer, None) for ask in reader.apart_asks(one["id"], "STORY", on=on)]
        return self._without_refused(asks)

    def insights(self, post_ids: "Collection[str]", metrics: tuple[str, ...]) -> "list[Ask]":
        """Lifetime insights one by one, of posts whose page refused to hold them."""
        from ingest.adapters.graph.questions import insights_ask

        return [insights_ask(one, metrics) for one in post_ids] if metrics else []

    def _without_refused(self, asks: "Iterable[Ask]") -> "list[Ask]":
        """Questions without the metrics that are known to be refused; none about nothing."""
        known = {
            place: self.state.refused_metrics(self.account_id, place, at=self.at)
            for place in ("window", "batch", "video")
        }
        left = (ask.without(known[ask.place]) if ask.request.metrics else ask for ask in asks)
        return [ask for ask in left if ask.request.metrics]


def is_list(answer: "Received") -> bool:
    """Whether an answer is a page of a list that may have more."""
    return answer.request.edge in LISTS and answer.http_status == 200  # noqa: PLR2004


def newer(answer: "Received", since: datetime | None) -> list[dict[str, Any]]:
    """The objects of a list that are not older than `since`; all when it is None."""
    from ingest.adapters.graph.listing import objects_of

    found = objects_of(answer)
    moments = (graph_time(str(next((one[name] for name in MOMENTS if name in one), ""))) for one in found)
    return [
        one
        for one, moment in zip(found, moments, strict=True)
        if since is None or (moment is not None and moment >= since)
    ]


def graph_time(text: str) -> datetime | None:
    """A moment as Meta writes it; None when it is none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
