"""Reading a node or an edge of the Graph, and what of it goes to landing."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.adapters.graph.answers import Answer
from ingest.adapters.graph.pager import pages
from ingest.adapters.graph.session import GraphApi
from ingest.adapters.graph.sifting import Probe
from ingest.adapters.landing.envelope import Received, Request, without_credentials


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics that a listing asks for, and those that it leaves out because Meta refuses them, with the reason."""

    asked: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)


LIMIT = 100
"""The largest page that Meta gives."""


def read_list(
    api: GraphApi,
    edge: str,
    object_id: str,
    fields: tuple[str, ...],
    metrics: Metrics,
    *,
    since: datetime | None = None,
) -> Iterator[Received]:
    """Each page of an edge, with the lifetime insights of its objects in the same call; back to `since`, or all.

    Raises: all that `GraphApi.call` and the pager raise.
    """
    params = {"fields": ",".join((*fields, *insights_field(metrics.asked)))}
    start = {"since": str(int(since.timestamp()))} if since else {}
    for asked, answer in pages(api, (object_id, edge), params | start, limit=LIMIT):
        position = {name: value for name, value in asked.items() if name != "fields"}
        yield received(Request(edge, object_id, fields, metrics.asked, position, dict(metrics.refused)), answer)


def probe_list(api: GraphApi, edge: str, object_id: str) -> Probe:
    """Asks for metrics on the newest object of an edge: what Meta refuses there it refuses for the whole listing."""

    def probe(metrics: tuple[str, ...]) -> None:
        api.call("GET", (object_id, edge), params={"fields": ",".join(("id", *insights_field(metrics))), "limit": "1"})

    return probe


def newest_objects(api: GraphApi, edge: str, object_id: str, fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """The newest objects of an edge with these fields only: one call, which lands nothing.

    Raises: all that `GraphApi.call` raises.
    """
    answer = api.call("GET", (object_id, edge), params={"fields": ",".join(fields), "limit": str(LIMIT)})
    data = answer.json.get("data")
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def insights_field(metrics: tuple[str, ...]) -> tuple[str, ...]:
    """The field that expands to lifetime insights; nothing for no metric."""
    return (f"insights.metric({','.join(metrics)}){{name,period,values}}",) if metrics else ()


def received(request: Request, answer: Answer) -> Received:
    """A checked answer on its way to landing."""
    body = without_credentials(answer.body)
    return Received(request, body, http_status=answer.status, graph_version=answer.graph_version)


def objects_of(answer: Received) -> list[dict[str, Any]]:
    """The objects of a landed list."""
    data = json.loads(answer.body).get("data", [])
    return [one for one in data if isinstance(one, dict) and isinstance(one.get("id"), str)]
