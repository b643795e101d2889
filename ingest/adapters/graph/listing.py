"""Reading a node or an edge of the Graph, and what of it goes to landing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

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


def read_node(api: GraphApi, edge: str, object_id: str, fields: tuple[str, ...]) -> Received:
    """One object with these fields.

    Raises: all that `GraphApi.call` raises.
    """
    answer = api.call("GET", (object_id,), params={"fields": ",".join(fields)})
    return _received(Request(edge, object_id, fields), answer)


def read_list(
    api: GraphApi, edge: str, object_id: str, fields: tuple[str, ...], metrics: Metrics
) -> Iterator[Received]:
    """Each page of an edge, with the lifetime insights of its objects in the same call.

    Raises: all that `GraphApi.call` and the pager raise.
    """
    params = {"fields": ",".join((*fields, *_insights(metrics.asked)))}
    for asked, answer in pages(api, (object_id, edge), params, limit=LIMIT):
        position = {name: value for name, value in asked.items() if name != "fields"}
        yield _received(Request(edge, object_id, fields, metrics.asked, position, dict(metrics.refused)), answer)


def probe_list(api: GraphApi, edge: str, object_id: str) -> Probe:
    """Asks for metrics on the newest object of an edge: what Meta refuses there it refuses for the whole listing."""

    def probe(metrics: tuple[str, ...]) -> None:
        api.call("GET", (object_id, edge), params={"fields": ",".join(("id", *_insights(metrics))), "limit": "1"})

    return probe


def _insights(metrics: tuple[str, ...]) -> tuple[str, ...]:
    return (f"insights.metric({','.join(metrics)}){{name,period,values}}",) if metrics else ()


def _received(request: Request, answer: Answer) -> Received:
    body = without_credentials(answer.body)
    return Received(request, body, http_status=answer.status, graph_version=answer.graph_version)
