"""Remember refusals: what Meta refuses of an account, where and since when; it is not asked again for a week."""

from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from ingest.adapters.state import EXPANSION, ClientState
from ingest.steps.read_listing import LIST, PAGES, PAGES_OF

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.adapters.graph.page_size import PageSize
    from ingest.adapters.graph.questions import Ask
    from ingest.adapters.graph.refusals import Refusal
    from ingest.adapters.landing.envelope import Received

log = structlog.get_logger()
OK = 200
INSIGHTS = "insights"
EDGE = "edge"
"""Where a whole list is refused, and not a metric."""


def remember_refusals(
    state: ClientState,
    account_id: str,
    answers: "Sequence[Received]",
    refusals: "Mapping[str, dict[str, str]]",
    *,
    posts_edge: str,
    at: datetime,
) -> None:
    """Note what was refused, and forget what is served again; what is news is logged once.

    A refused metric is remembered only if another one was served now: else it may be the token's fault.
    """
    for place, names in _served(answers, posts_edge).items():
        state.forget_refused(account_id, place, names)
    if not any(b'"value":' in one.body for one in answers if one.http_status == OK):
        return
    for place, refused in refusals.items():
        for name, reason in state.remember_refused(account_id, place, refused, at=at).items():
            log.warning("metric_refused", account_id=account_id, place=place, graph_name=name, reason=reason)


def remember_page_size(state: ClientState, account_id: str, size: "PageSize", *, at: datetime) -> None:
    """Note which pages of the listing were too much, and forget it of those that are served again."""
    known = {one.graph_name for one in state.refusals() if (one.account_id, one.place) == (account_id, PAGES)}
    served = {PAGES_OF.format(number) for number in range(1, size.served + 1)}
    state.forget_refused(account_id, PAGES, known & served)
    state.remember_refused(account_id, PAGES, {PAGES_OF.format(one): "too_much_data" for one in size.refused}, at=at)


def _served(answers: "Sequence[Received]", posts_edge: str) -> dict[str, set[str]]:
    """By place the metrics that were served now, and the lists that opened."""
    served: dict[str, set[str]] = {EDGE: set()}
    for one in answers:
        if one.http_status == OK:
            served.setdefault(place_of(one), set()).update(one.request.metrics)
            if one.request.edge == posts_edge and one.request.metrics:
                served[EXPANSION] = {INSIGHTS}
            served[EDGE].add(one.request.edge)
    return served


def refused_of_all(account_id: str, refusals: "Iterable[tuple[Ask, Refusal]]") -> dict[str, dict[str, str]]:
    """By place what was refused for more than one object: a metric that is asked so, a list that is not opened."""
    found: dict[str, dict[str, str]] = {}
    for ask, refusal in refusals:
        if refusal.concerns == "metric":
            found.setdefault(ask.place, {})[ask.request.metrics[0]] = refusal.reason
        elif refusal.concerns in ("edge", "odd"):
            name = ask.request.edge if ask.request.object_id == account_id else f"{ask.request.edge} of posts"
            found.setdefault(EDGE, {})[name] = "permission_missing" if refusal.concerns == "edge" else "odd"
    return found


def place_of(answer: "Received") -> str:
    """Where the metric catalogue says that what an answer holds is asked."""
    edge = answer.request.edge
    if edge == "video_insights":
        return "video"
    if edge != "insights":
        return LIST
    return "window" if "period" in answer.request.params else "batch"
