"""The sandbox over HTTP: versions, tokens, quotas, headers and batches around the graph's answers."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.sandbox import errors
from ingest.sandbox.control import PREFIX, Control, NoSuchThing
from ingest.sandbox.errors import GraphError
from ingest.sandbox.graph import Graph
from ingest.sandbox.rules import LARGEST_BATCH, served_version
from ingest.sandbox.subscriptions import SUBSCRIBED_APPS

Headers = Mapping[str, str]
FULL, REGAIN_MINUTES = 100, 60


@dataclass(frozen=True, slots=True)
class Call:
    """One call, alone or as a part of a batch: method, path, parameters, and the credentials of its header."""

    method: str
    path: str
    params: Mapping[str, str]
    authorization: str | None
    address: str
    """The address without its query, which `next` begins with."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call is answered with; `version` is the one that has answered."""

    status: int
    body: Any
    version: str
    headers: Headers = field(default_factory=dict)


def create_app(graph: Graph, control: Control | None = None) -> Starlette:
    """The ASGI application that serves a graph, with the sandbox's own door if there is to be one."""

    async def own(request: Request) -> Response:
        try:
            body = (control or Control(graph)).answer(request.path_params["what"], dict(request.query_params))
        except NoSuchThing as error:
            return Response(f"{error}\n", 404)
        return Response(json.dumps(body), media_type="application/json")

    async def handle(request: Request) -> Response:
        graph.requests += 1
        leaves = time.monotonic() + graph.latency_seconds
        form = {key: str(value) for key, value in (await request.form()).items()}
        address = str(request.url).partition("?")[0]
        params = {**request.query_params, **form}
        call = Call(request.method, request.path_params["path"], params, request.headers.get("authorization"), address)
        response = _response(reply_to(graph, call))
        await asyncio.sleep(leaves - time.monotonic())
        return response

    doors = [Route(f"/{PREFIX}/{{what}}", own, methods=["POST"])] if control else []
    return Starlette(routes=[*doors, Route("/{path:path}", handle, methods=["GET", "POST", "DELETE"])])


def reply_to(graph: Graph, call: Call) -> Reply:
    """The answer to a call; a refusal is an answer too."""
    version, _, path = call.path.partition("/")
    if not version.startswith("v") or ("batch" in call.params and not version):
        version, path = "v26.0", call.path
    answering = served_version(version)
    headers: Headers = {}
    try:
        if answering is None or (not path and "batch" not in call.params):
            raise errors.unknown_path()
        if not path:
            return Reply(200, _batch(graph, call), answering)
        parts = tuple(path.strip("/").split("/"))
        method = call.params.get("method", call.method).upper()
        if method != "GET" and parts[-1] != SUBSCRIBED_APPS:
            raise errors.bad_parameter("Unsupported method")
        token = graph.tokens.of_request(call.params, call.authorization, now=graph.clock())
        account_id = graph.account_of(parts[0], token)
        is_throttled = graph.is_throttled(account_id)
        headers = usage(graph, account_id)
        if is_throttled:
            raise graph.throttling_of(account_id)
        shown = {"access_token": token.value} | dict(call.params)
        if parts[-1] == SUBSCRIBED_APPS:
            body = graph.subscriptions.answer(method, parts[0], shown, token, graph.tokens.app_id)
        else:
            body = graph.answer(parts, shown, token, call.address)
        return Reply(200, body, answering, headers)
    except GraphError as error:
        return Reply(error.status, error.body(f"{call.path}?{sorted(call.params)}"), answering or "v26.0", headers)


def _batch(graph: Graph, call: Call) -> list[dict[str, Any] | None]:
    """The parts of a batch in the order they were asked; each counts as a call. Source: section 2.4; high."""
    try:
        parts = json.loads(call.params["batch"])
    except ValueError:
        raise errors.bad_parameter("batch parameter must be a JSON array") from None
    if not isinstance(parts, list) or not parts:
        raise errors.bad_parameter("batch parameter must be a JSON array")
    if len(parts) > LARGEST_BATCH:
        raise errors.bad_parameter(f"Too many requests in batch message. Maximum batch size is {LARGEST_BATCH}")
    graph.tokens.of_request(call.params, call.authorization, now=graph.clock())
    host = call.address.partition("/v")[0]
    return [_part(graph, part, call, host) for part in parts]


def _part(graph: Graph, part: Any, call: Call, host: str) -> dict[str, Any] | None:
    if graph.unfinished > 0:
        graph.unfinished -= 1
        return None
    address = urlsplit(str(part.get("relative_url", "")) if isinstance(part, dict) else "")
    path = address.path.strip("/")
    path = path if path.startswith("v2") else f"v26.0/{path}"
    params = dict(parse_qsl(address.query))
    own = {"access_token": call.params["access_token"]} if "access_token" in call.params else {}
    proof = {} if "access_token" in params else {k: v for k, v in call.params.items() if k == "appsecret_proof"}
    reply = reply_to(
        graph, Call(part.get("method", "GET"), path, own | proof | params, call.authorization, f"{host}/{path}")
    )
    headers = [{"name": name, "value": value} for name, value in _named(reply).items()]
    return {"code": reply.status, "headers": headers, "body": _text(reply.body)}


def usage(graph: Graph, account_id: str | None) -> Headers:
    """The usage headers after one more call: percent of the quota, per Page or Instagram account."""
    owner = account_id or "app"
    graph.calls[owner] = graph.calls.get(owner, 0) + 1
    percent = min(FULL, graph.calls[owner] // graph.calls_per_pct)
    headers = {"x-app-usage": json.dumps({"call_count": percent, "total_time": percent, "total_cputime": percent})}
    if account_id:
        waits = graph.throttled.get(account_id, REGAIN_MINUTES if percent == FULL else 0)
        used = FULL if waits else percent
        kind = "instagram" if graph.platform_of(account_id) == "instagram" else "pages"
        use = {"type": kind, "call_count": used, "total_cputime": used, "total_time": used}
        business = {account_id: [use | {"estimated_time_to_regain_access": waits}]}
        headers["x-business-use-case-usage"] = json.dumps(business)
    return headers


def _response(reply: Reply) -> Response:
    return Response(
        _text(reply.body), reply.status, headers=_named(reply), media_type="application/json; charset=UTF-8"
    )


def _named(reply: Reply) -> dict[str, str]:
    return {
        "facebook-api-version": reply.version,
        "x-fb-trace-id": "Sandbox",
        "x-fb-rev": "1030000000",
        **reply.headers,
    }


def _text(body: Any) -> str:
    """A body as Meta writes it: ASCII only, and a slash with a backslash before it."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/")
