"""Read the listing of an account: its posts with their insights, whatever Meta refuses of them.

A metric that died is found, left out and remembered. Where one post refuses its insights, which refuses its whole page,
that page is read without, and its posts are asked one by one: one bad post costs its own numbers only.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from ingest.domain.errors import AnswerRejected, RequestRefused
from ingest.domain.metrics import expandable, graph_name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.adapters.graph.listing import Metrics
    from ingest.adapters.graph.page_size import PageSize
    from ingest.adapters.graph.session import GraphApi
    from ingest.adapters.landing.envelope import Received
    from ingest.adapters.state import ClientState

log = structlog.get_logger()
LIST, PAGES = "list", "pages"
PAGES_OF = "pages of {}"
"""What too large pages are called among what is refused."""
ABOUT_OBJECTS = (100, 200)
"""Codes by which Meta refuses a page for what is on it."""
GONE = 33
NO_EXPANSION = "nonexisting field (insights)"


@dataclass(slots=True)
class ListingReader:
    """Reads the listing of an account once."""

    api: "GraphApi"
    account_id: str
    platform_reader: Any
    state: "ClientState"
    at: datetime
    metrics: "Metrics" = field(init=False)
    """What the pages ask for now."""
    refused: dict[str, str] = field(default_factory=dict)
    """What was found refused now, with the reason."""
    size: "PageSize" = field(init=False)
    """How large its pages are; what was found too large is not asked for again for a week."""
    is_unexpanded: bool = False
    """Whether Meta refused now to give insights with the listing at all."""
    rejected: list[AnswerRejected] = field(default_factory=list)
    """Pages that were no answers while they held insights; they were read without."""
    _is_sifted: bool = False
    _now: "Metrics | None" = None
    """What the page asks for that was refused before."""

    wanted_of_bare: tuple[str, ...] = ()
    """What is asked of the posts of pages that were read without insights."""

    def __post_init__(self) -> None:
        from ingest.adapters.graph.listing import LIMIT, Metrics
        from ingest.adapters.graph.page_size import PageSize

        too_large = self.state.refused_metrics(self.account_id, PAGES, at=self.at)
        self.size = PageSize(min((int(one.rpartition(" ")[2]) // 2 for one in too_large), default=LIMIT))
        known = self.state.refused_metrics(self.account_id, LIST, at=self.at)
        self.metrics = Metrics(tuple(name for name in self._wanted if name not in known), known)
        if not self.state.expands(self.account_id, at=self.at):
            self.metrics, self.wanted_of_bare = self.metrics.bare(), self.metrics.asked

    @property
    def _wanted(self) -> tuple[str, ...]:
        return expandable(self.platform_reader.PLATFORM, on=self.at.date())

    def pages(self, since: datetime | None) -> "Iterator[Received]":
        """Each page, newest first, back to `since`, or all."""
        from ingest.adapters.graph.listing import read_list

        reader = self.platform_reader
        edge, fields = reader.POSTS_EDGE, reader.POST_FIELDS
        path, instead = (edge, self.account_id, fields), self._instead
        return read_list(self.api, *path, self.metrics, since=since, size=self.size, instead=instead)

    def _instead(self, error: RequestRefused | AnswerRejected, is_again: bool) -> "tuple[Metrics, Metrics]":
        """What a refused page asks for instead, and the pages after it.

        Raises: the error itself when the insights are not its reason, and what sifting raises.
        """
        asks = self._now if is_again and self._now else self.metrics
        if not asks.asked or not _is_about_insights(error):
            raise error
        if NO_EXPANSION in str(error):
            log.warning("listing_refuses_insights", account_id=self.account_id)
            self._now, self.wanted_of_bare = self.metrics.bare(), self.metrics.asked
            self.metrics, self.is_unexpanded = self._now, True
        elif isinstance(error, RequestRefused) and self._sift():
            self._now = self.metrics
        else:
            log.warning("page_read_without_insights", account_id=self.account_id, reason=str(error))
            self.rejected += [error] if isinstance(error, AnswerRejected) else []
            self._now, self.wanted_of_bare = self.metrics.bare(), self.metrics.asked
        return self._now, self.metrics

    def _sift(self) -> bool:
        """Whether metrics were found that Meta refuses everywhere; they are asked for no more."""
        from ingest.adapters.graph.listing import Metrics, probe_list
        from ingest.adapters.graph.refusals import refusal_in
        from ingest.adapters.graph.sifting import sift

        if self._is_sifted:
            return False
        self._is_sifted = True
        reader = self.platform_reader
        probe = probe_list(self.api, reader.POSTS_EDGE, self.account_id)
        try:
            living, refused = sift(self._wanted, probe, control=graph_name_of(reader.PLATFORM, reader.CONTROL))
        except RequestRefused as error:
            if refusal_in(error) is None:
                raise
            return False  # the newest post has its own reason: it says nothing of the others
        self.refused = refused
        self.metrics = Metrics(living, refused)
        return bool(refused)


def _is_about_insights(error: RequestRefused | AnswerRejected) -> bool:
    """Whether a page may come when it is asked for without insights."""
    return isinstance(error, AnswerRejected) or (error.code in ABOUT_OBJECTS and error.subcode != GONE)
