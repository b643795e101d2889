"""The listing: the posts of an account page by page, with their lifetime insights in the same call."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.adapters.graph.answers import Answer, require_list
from ingest.adapters.graph.page_size import PageSize
from ingest.adapters.graph.pager import pages
from ingest.adapters.graph.questions import insights_field
from ingest.adapters.graph.session import GraphApi
from ingest.adapters.graph.sifting import Probe
from ingest.adapters.landing.envelope import Received, Request, without_credentials
from ingest.domain.errors import AnswerRejected, RequestRefused


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics that a listing asks for, and those that it leaves out because Meta refuses them, with the reason."""

    asked: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)

    def bare(self) -> "Metrics":
        """None of them: the posts alone."""
        return Metrics((), self.refused)


LIMIT = 100
"""The largest page that Meta gives."""
Instead = Callable[[RequestRefused | AnswerRejected, bool], tuple[Metrics, Metrics]]
"""What a page asks for instead that was refused, or was no answer (again?), and the pages after it; or it raises."""


def read_list(
    api: GraphApi,
    edge: str,
    object_id: str,
    fields: tuple[str, ...],
    metrics: Metrics,
    *,
    since: datetime | None = None,
    size: PageSize | None = None,
    instead: Instead | None = None,
) -> Iterator[Received]:
    """Each page of an edge, with the lifetime insights of its objects in the same call; back to `since`, or all.

    Pages begin with a size that is known to be served, or with the largest.

    Source: GET /{page}/published_posts, GET /{ig-user}/media.
    Raises: all that `GraphApi.call` and the pager raise.
    """
    start = {"since": str(int(since.timestamp()))} if since else {}
    known: dict[str, Metrics] = {}

    def params(chosen: Metrics) -> dict[str, str]:
        text = ",".join((*fields, *insights_field(chosen.asked)))
        known[text] = chosen
        return {"fields": text, **start}

    def otherwise(error: RequestRefused | AnswerRejected, is_again: bool) -> tuple[dict[str, str], dict[str, str]]:
        if instead is None:
            raise error
        now, later = instead(error, is_again)
        return params(now), params(later)

    first = size or PageSize(LIMIT)
    for asked, answer in pages(api, (object_id, edge), params(metrics), size=first, instead=otherwise):
        position = {name: value for name, value in asked.items() if name != "fields"}
        chosen = known[asked["fields"]]
        yield received(Request(edge, object_id, fields, chosen.asked, position, dict(chosen.refused)), answer)


def probe_list(api: GraphApi, edge: str, object_id: str) -> Probe:
    """Asks for metrics on the newest object of an edge: what Meta refuses there it refuses for the whole listing."""

    def probe(metrics: tuple[str, ...]) -> None:
        api.call("GET", (object_id, edge), params={"fields": ",".join(("id", *insights_field(metrics))), "limit": "1"})

    return probe


def newest_objects(api: GraphApi, edge: str, object_id: str, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """The newest objects of an edge with these fields only: one call, which lands nothing.

    Raises: all that `GraphApi.call` raises.
    """
    params = {"fields": ",".join(fields), "limit": str(LIMIT)}
    answer = api.call("GET", (object_id, edge), params=params, accepts=require_list)
    return [one for one in answer.json["data"] if isinstance(one, dict)]


def received(request: Request, answer: Answer) -> Received:
    """A checked answer on its way to landing."""
    body = without_credentials(answer.body)
    return Received(request, body, http_status=answer.status, graph_version=answer.graph_version)


def objects_of(answer: Received) -> list[dict[str, Any]]:
    """The objects of a landed list."""
    data = json.loads(answer.body).get("data", [])
    return [one for one in data if isinstance(one, dict) and isinstance(one.get("id"), str)]
