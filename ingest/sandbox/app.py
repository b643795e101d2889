"""The Graph API on loopback: routing, versions, tokens, headers; edges and nodes of the world behind it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.sandbox import errors
from ingest.sandbox.errors import GraphError
from ingest.sandbox.fields import Field, parse_fields
from ingest.sandbox.insights import asked_metrics, insights_of
from ingest.sandbox.nodes import instagram_node, media_node, page_node, post_node
from ingest.sandbox.paging import page_of
from ingest.sandbox.rules import EDGE_SCOPES, LARGEST_PAGE, REMOVED_PARAMETERS, served_version
from ingest.sandbox.staging import WorldPost
from ingest.sandbox.tokens import Token, Tokens
from ingest.sandbox.world import World

REACTIONS = ("reactions_like", "reactions_love", "reactions_wow")
ENGAGEMENTS = (*REACTIONS, "comments", "shares", "saves")


@dataclass(slots=True)
class Graph:
    """The world as Meta serves it: at an API date, up to a moment of the scenario clock."""

    world: World
    tokens: Tokens
    api_date: date
    clock: Callable[[], datetime]
    page_cap: int = LARGEST_PAGE
    calls: dict[str, int] = field(default_factory=dict)
    throttled: dict[str, int] = field(default_factory=dict)
    """Pages whose quota is used up, with the minutes until they get access again."""

    def answer(self, parts: tuple[str, ...], params: Mapping[str, str], token: Token, url: str) -> dict[str, Any]:
        """The body of a GET.

        Raises: GraphError for whatever Meta refuses, or the sandbox does not know.
        """
        for name, refusal in REMOVED_PARAMETERS.items():
            if name in params:
                raise errors.bad_parameter(refusal)
        if parts == ("me", "accounts"):
            return self._accounts(params, token, url)
        if parts == ("debug_token",):
            return self.tokens.describe(params.get("input_token", ""), now=self.clock())
        if len(parts) == 1:
            return self._node(parts[0], params, token)
        if len(parts) == 2:  # noqa: PLR2004
            return self._edge(parts[0], parts[1], params, token, url)
        raise errors.unknown_path()

    def value(self, post: WorldPost, fact: str) -> int:
        """What a post has gathered by now."""
        now = self.clock()
        if fact == "reactions":
            return sum(self.world.value(post, part, now) for part in REACTIONS)
        if fact == "engagements":
            return sum(self.world.value(post, part, now) for part in ENGAGEMENTS)
        return self.world.value(post, fact, now)

    def _accounts(self, params: Mapping[str, str], token: Token, url: str) -> dict[str, Any]:
        if token.kind == "PAGE":
            raise errors.bad_parameter("Tried accessing nonexisting field (accounts) on node type (Page)")
        _require_scope(token, "accounts")
        pages = [one for one in self.world.accounts.values() if one.platform == "facebook"]
        fields = parse_fields(params.get("fields") or "id,name,access_token,category")
        page = page_of(pages, ids=[one.account_id for one in pages], params=params, url=url, cap=LARGEST_PAGE)
        data = []
        for account in page.items:
            node = page_node(account, self.world.instagram_of.get(account.account_id), fields)
            if any(one.name == "access_token" for one in fields):
                node["access_token"] = self.tokens.of_page(account.account_id).value
            data.append(node)
        return {"data": data} | ({"paging": page.paging} if page.paging else {})

    def _node(self, object_id: str, params: Mapping[str, str], token: Token) -> dict[str, Any]:
        fields = parse_fields(params["fields"]) if params.get("fields") else ()
        if object_id == "me" and token.page_id:
            object_id = token.page_id
        if object_id == "me":
            return {"id": "10200000000000001", "name": "System user"}
        account = self.world.accounts.get(object_id)
        if account is not None:
            self._require_access(object_id, token)
            if account.platform == "facebook":
                return page_node(account, self.world.instagram_of.get(object_id), fields)
            media = len(self.world.posts_of(object_id, self.clock()))
            return instagram_node(account, media, fields)
        return self._post_node(self._post(object_id, token), fields, token)

    def _edge(self, object_id: str, edge: str, params: Mapping[str, str], token: Token, url: str) -> dict[str, Any]:
        if edge == "insights" and object_id in self.world.posts:
            return self._insights(self._post(object_id, token), asked_metrics(params.get("metric")), token)
        account = self.world.accounts.get(object_id)
        if account is None:
            raise errors.missing_object(object_id)
        edges = {"facebook": ("published_posts", "posts"), "instagram": ("media",)}[account.platform]
        node = {"facebook": "Page", "instagram": "IGUser"}[account.platform]
        if edge not in edges:
            raise errors.unknown_field(edge, node)
        _require_scope(token, edge)
        if account.platform == "facebook" and token.kind != "PAGE":
            raise errors.needs_page_token()
        self._require_access(object_id, token)
        fields = parse_fields(params["fields"]) if params.get("fields") else ()
        posts = [one for one in self.world.posts_of(object_id, self.clock()) if one.media_format != "story"]
        page = page_of(posts, ids=[one.post_id for one in posts], params=params, url=url, cap=self.page_cap)
        data = [self._post_node(post, fields, token) for post in page.items]
        return {"data": data} | ({"paging": page.paging} if page.paging else {})

    def _post_node(self, post: WorldPost, fields: tuple[Field, ...], token: Token) -> dict[str, Any]:
        def insights(one: WorldPost, metrics: tuple[str, ...]) -> dict[str, Any]:
            return self._insights(one, asked_metrics(metrics or None), token)

        if post.platform == "instagram":
            counts = {fact: self.value(post, fact) for fact in ("reactions", "comments")}
            return media_node(post, counts, fields, insights)
        return post_node(post, self.value(post, "shares"), fields, insights)

    def _insights(self, post: WorldPost, metrics: tuple[str, ...], token: Token) -> dict[str, Any]:
        is_small = post.account_id in self.world.small_accounts
        return insights_of(post, metrics, value=self.value, day=self.api_date, scopes=token.scopes, is_small=is_small)

    def _post(self, post_id: str, token: Token) -> WorldPost:
        post = self.world.posts.get(post_id)
        if post is None or post.published_at > self.clock():
            raise errors.missing_object(post_id)
        self._require_access(post.account_id, token)
        return post

    def _require_access(self, account_id: str, token: Token) -> None:
        mine = {token.page_id, self.world.instagram_of.get(token.page_id or "")}
        if token.kind == "PAGE" and account_id not in mine:
            raise errors.missing_object(account_id)


def _require_scope(token: Token, edge: str) -> None:
    if EDGE_SCOPES[edge] not in token.scopes:
        raise errors.missing_permission(EDGE_SCOPES[edge])


def create_app(graph: Graph) -> Starlette:
    """The ASGI application that serves a graph."""

    async def handle(request: Request) -> Response:
        params = {**request.query_params, **{key: str(value) for key, value in (await request.form()).items()}}
        version, _, path = request.path_params["path"].partition("/")
        if not version.startswith("v"):
            version, path = "v26.0", request.path_params["path"]
        answering = served_version(version)
        trace = f"{request.url.path}?{request.url.query}"
        try:
            if answering is None or not path:
                raise errors.unknown_path()
            if request.method != "GET" and params.get("method", "").lower() != "get":
                raise errors.bad_parameter("Unsupported method")
            token = graph.tokens.of_request(params, request.headers.get("authorization"), now=graph.clock())
            if token.page_id in graph.throttled:
                usage = _usage(graph, token)
                return _response(400, errors.throttled().body(trace), answering, usage)
            shown = {"access_token": token.value} | params
            body = graph.answer(tuple(path.strip("/").split("/")), shown, token, str(request.url).partition("?")[0])
            return _response(200, body, answering, _usage(graph, token))
        except GraphError as error:
            return _response(error.status, error.body(trace), answering or "v26.0", {})

    return Starlette(routes=[Route("/{path:path}", handle, methods=["GET", "POST"])])


def _usage(graph: Graph, token: Token) -> dict[str, str]:
    """The usage headers: percent of the quota, per Page."""
    owner = token.page_id or "app"
    graph.calls[owner] = graph.calls.get(owner, 0) + 1
    percent = min(99, graph.calls[owner] // 48)
    headers = {"x-app-usage": json.dumps({"call_count": percent, "total_time": percent, "total_cputime": percent})}
    if token.page_id:
        waits = graph.throttled.get(token.page_id, 0)
        used = 100 if waits else percent
        use = {"type": "pages", "call_count": used, "total_cputime": used, "total_time": used}
        business = {token.page_id: [use | {"estimated_time_to_regain_access": waits}]}
        headers["x-business-use-case-usage"] = json.dumps(business)
    return headers


def _response(status: int, body: Mapping[str, Any], version: str, headers: Mapping[str, str]) -> Response:
    """A body as Meta writes it: ASCII only, and a slash with a backslash before it."""
    text = json.dumps(body, separators=(",", ":")).replace("/", "\\/")
    named = {"facebook-api-version": version, "x-fb-trace-id": "Sandbox", "x-fb-rev": "1030000000", **headers}
    return Response(text, status, headers=named, media_type="application/json; charset=UTF-8")
