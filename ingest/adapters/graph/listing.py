"""Reading a node or an edge of the Graph, and what of it goes to landing."""

from collections.abc import Iterator

from ingest.adapters.graph.answers import Answer
from ingest.adapters.graph.pager import pages
from ingest.adapters.graph.session import GraphApi
from ingest.adapters.landing.envelope import Received, Request, without_credentials

LIMIT = 100
"""The largest page that Meta gives."""


def read_node(api: GraphApi, edge: str, object_id: str, fields: tuple[str, ...]) -> Received:
    """One object with these fields.

    Raises: all that `GraphApi.call` raises.
    """
    answer = api.call("GET", (object_id,), params={"fields": ",".join(fields)})
    return _received(Request(edge, object_id, fields), answer)


def read_list(
    api: GraphApi, edge: str, object_id: str, fields: tuple[str, ...], metrics: tuple[str, ...]
) -> Iterator[Received]:
    """Each page of an edge, with the lifetime insights of its objects in the same call.

    Raises: all that `GraphApi.call` and the pager raise.
    """
    insights = f"insights.metric({','.join(metrics)}){{name,period,values}}"
    params = {"fields": ",".join((*fields, insights))}
    for asked, answer in pages(api, (object_id, edge), params, limit=LIMIT):
        position = {name: value for name, value in asked.items() if name != "fields"}
        yield _received(Request(edge, object_id, fields, metrics, position), answer)


def _received(request: Request, answer: Answer) -> Received:
    body = without_credentials(answer.body)
    return Received(request, body, http_status=answer.status, graph_version=answer.graph_version)
