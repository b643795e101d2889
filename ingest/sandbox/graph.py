"""The Graph API's answers: edges and nodes of the world, at an API date, up to a moment of the scenario clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from ingest.sandbox import errors
from ingest.sandbox.account_insights import AccountInsights
from ingest.sandbox.audience import Audience
from ingest.sandbox.fields import Field, parse_fields
from ingest.sandbox.gathered import gathered
from ingest.sandbox.insights import asked_metrics, insights_of, video_insights_of
from ingest.sandbox.listings import listed
from ingest.sandbox.nodes import instagram_node, live_node, media_node, page_node, post_node, story_node, video_node
from ingest.sandbox.paging import page_by_time, page_of
from ingest.sandbox.rules import EDGE_SCOPES, LARGEST_PAGE, REMOVED_PARAMETERS
from ingest.sandbox.staging import WorldPost
from ingest.sandbox.subscriptions import Subscriptions
from ingest.sandbox.tokens import Token, Tokens
from ingest.sandbox.world import World

EDGES = {
    "facebook": ("published_posts", "posts", "video_reels", "live_videos", "stories"),
    "instagram": ("media", "stories"),
}
VIDEOS = ("reel", "video", "live")
PAGED_BY_TIME = "posts"
POST_EDGES = ("published_posts", "posts", "media")
OTHER_NODES = {"video_reels": video_node, "live_videos": live_node, "stories": story_node}
FEWEST_VIEWERS = 5


@dataclass(slots=True)
class Graph:
    """The world as Meta serves it: at an API date, up to a moment of the scenario clock."""

    world: World
    tokens: Tokens
    api_date: date
    clock: Callable[[], datetime]
    page_cap: int = LARGEST_PAGE
    """Larger pages are refused with "reduce the amount of data"."""
    posts_per_year: int = 600
    """As many posts as a listing shows of one year; older ones of that year are never listed."""
    refuses_expansion: bool = False
    """Whether the listing of Instagram media refuses nested insights."""
    audiences: Mapping[str, Audience] = field(default_factory=dict)
    days: dict[tuple[str, str, datetime, datetime], int] = field(default_factory=dict)
    """What accounts gathered between two moments, once computed."""
    calls_per_pct: int = 48
    deleted: set[str] = field(default_factory=set)
    """Posts that are not there any more, or not for this token."""
    hidden: set[str] = field(default_factory=set)
    """Posts that this token does not see: a page is cut before they are left out, so it may be short, or empty."""
    business_since: dict[str, datetime] = field(default_factory=dict)
    """Since when an Instagram account is a professional one: older media have no insights."""
    legacy: dict[str, str] = field(default_factory=dict)
    """A metric that one media does not support, though others of its kind do, by the media's id."""
    lag: timedelta = timedelta()
    """How late insights appear; a younger post has an empty list."""
    corrections: dict[str, float] = field(default_factory=dict)
    """By which factor Meta has corrected the numbers of a post."""
    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    latency_seconds: float = 0.0
    """How long after a request has come its answer leaves at the earliest; computing it is part of that."""
    requests: int = 0
    unfinished: int = 0
    """How many parts of the next batches come back as null."""
    calls: dict[str, int] = field(default_factory=dict)
    throttled: dict[str, int] = field(default_factory=dict)
    """Pages whose quota is used up, with the minutes until they get access again."""

    def account_of(self, object_id: str, token: Token) -> str | None:
        """Whose quota a call about an object counts on: its account's, else the token's Page's; None: the app's."""
        if object_id in self.world.posts:
            return self.world.posts[object_id].account_id
        return object_id if object_id in self.world.accounts else token.page_id

    def is_throttled(self, account_id: str | None) -> bool:
        """Whether the account's quota is used up, or it is told to be."""
        return account_id in self.throttled or self.calls.get(account_id or "app", 0) >= 100 * self.calls_per_pct

    def platform_of(self, account_id: str) -> str:
        """The platform of an account; a Page's for what is none."""
        account = self.world.accounts.get(account_id)
        return account.platform if account else "facebook"

    def throttling_of(self, account_id: str | None) -> errors.GraphError:
        """How a call is refused when the quota is used up; each such call makes the wait longer."""
        if account_id in self.throttled:
            self.throttled[account_id] += 1
        return errors.throttled(self.platform_of(account_id)) if account_id else errors.app_throttled()

    def answer(self, parts: tuple[str, ...], params: Mapping[str, str], token: Token, url: str) -> dict[str, Any]:
        """The body of a GET.

        Raises: GraphError for whatever Meta refuses, or the sandbox does not know.
        """
        for name, refusal in REMOVED_PARAMETERS.items():
            if name in params:
                raise errors.bad_parameter(refusal)
        if token.kind == "APP" and parts != ("debug_token",):
            raise errors.no_token()
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
        """What a post has gathered by now, as far as insights have come, corrected if Meta has corrected it."""
        at, factor = self.clock() - self.lag, self.corrections.get(post.post_id, 1.0)
        return gathered(self.world, post, fact, at=at, factor=factor)

    def _accounts(self, params: Mapping[str, str], token: Token, url: str) -> dict[str, Any]:
        if token.kind == "PAGE":
            raise errors.bad_parameter("Tried accessing nonexisting field (accounts) on node type (Page)")
        _require_scope(token, "accounts")
        pages = [one for one in self.world.accounts.values() if one.has_page_token]
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
            post, metrics = self._post(object_id, token), asked_metrics(params.get("metric"))
            return self._insights(post, metrics, token, breakdown=params.get("breakdown", ""))
        if edge == "video_insights":
            return self._video_insights(object_id, params, token)
        account = self.world.accounts.get(object_id)
        if account is None or account.source != "api":
            raise errors.missing_object(object_id)
        if edge == "insights":
            self._require_access(object_id, token)
            return self._of_accounts().answer(account, params, token.scopes, url)
        node = {"facebook": "Page", "instagram": "IGUser"}[account.platform]
        if edge not in EDGES[account.platform]:
            raise errors.unknown_field(edge, node)
        _require_scope(token, "media" if account.platform == "instagram" else edge)
        if account.platform == "facebook" and token.kind != "PAGE":
            raise errors.needs_page_token()
        self._require_access(object_id, token)
        fields = parse_fields(params["fields"]) if params.get("fields") else ()
        posts = listed(self.world.posts_of(object_id, self.clock()), edge, params, self.clock(), self.posts_per_year)
        posts = [one for one in posts if one.post_id not in self.deleted]
        self._require_small_page(edge, params)
        ids = [one.post_id for one in posts]
        page = page_of(posts, ids=ids, params=params, url=url, cap=LARGEST_PAGE)
        if edge == PAGED_BY_TIME:
            page = page_by_time(posts, [one.published_at for one in posts], params, url)
        data = [self._listed_node(post, edge, fields, token) for post in page.items if post.post_id not in self.hidden]
        return {"data": data} | ({"paging": page.paging} if page.paging else {})

    def _require_small_page(self, edge: str, params: Mapping[str, str]) -> None:
        limit = params.get("limit", "")
        if edge in POST_EDGES and limit.isdecimal() and self.page_cap < int(limit) <= LARGEST_PAGE:
            raise errors.too_much_data()

    def _listed_node(self, post: WorldPost, edge: str, fields: tuple[Field, ...], token: Token) -> dict[str, Any]:
        if post.platform == "facebook" and edge in OTHER_NODES:
            return OTHER_NODES[edge](post, fields)
        if edge == "media" and self.refuses_expansion and any(one.name == "insights" for one in fields):
            raise errors.unknown_field("insights", "IGMedia")
        return self._post_node(post, fields, token)

    def _of_accounts(self) -> AccountInsights:
        return AccountInsights(self.world, self.audiences, self.clock(), self.api_date, self.days)

    def _video_insights(self, video_id: str, params: Mapping[str, str], token: Token) -> dict[str, Any]:
        mine = self.world.published_by.get(token.page_id or "", ())
        post = next((one for one in mine if one.video_id == video_id and one.media_format in VIDEOS), None)
        if post is None:
            raise errors.missing_object(video_id)
        metrics = asked_metrics(params.get("metric"))
        visible = self._post(post.post_id, token)
        return video_insights_of(visible, metrics, value=self.value, day=self.api_date, scopes=token.scopes)

    def _post_node(self, post: WorldPost, fields: tuple[Field, ...], token: Token) -> dict[str, Any]:
        def insights(one: WorldPost, metrics: tuple[str, ...]) -> dict[str, Any]:
            return self._insights(one, asked_metrics(metrics or None), token)

        if post.platform == "instagram":
            counts = {fact: self.value(post, fact) for fact in ("reactions", "comments")}
            return media_node(post, counts, fields, insights)
        return post_node(post, self.value(post, "shares"), fields, insights)

    def _insights(
        self, post: WorldPost, metrics: tuple[str, ...], token: Token, *, breakdown: str = ""
    ) -> dict[str, Any]:
        if self.clock() - post.published_at < self.lag:
            return {"data": []}
        if post.platform == "instagram":
            self._require_insights_of_media(post, metrics)
        is_small = post.account_id in self.world.small_accounts
        facts = {"value": self.value, "day": self.api_date, "scopes": token.scopes}
        return insights_of(post, metrics, **facts, is_small=is_small, breakdown=breakdown)  # type: ignore[arg-type]

    def _require_insights_of_media(self, post: WorldPost, metrics: tuple[str, ...]) -> None:
        since = self.business_since.get(post.account_id)
        if since is not None and post.published_at < since:
            raise errors.before_business()
        if post.media_format == "story" and self.value(post, "reach") < FEWEST_VIEWERS:
            raise errors.too_few_viewers()
        if self.legacy.get(post.post_id) in metrics:
            raise errors.unsupported_media_metric(self.legacy[post.post_id])

    def _post(self, post_id: str, token: Token) -> WorldPost:
        post = self.world.posts.get(post_id)
        is_there = post_id not in self.deleted and post_id not in self.hidden
        if post is None or post.published_at > self.clock() or not is_there:
            raise errors.missing_object(post_id)
        self._require_access(post.account_id, token)
        return post

    def _require_access(self, account_id: str, token: Token) -> None:
        mine = {token.page_id, self.world.instagram_of.get(token.page_id or "")}
        if (token.kind == "PAGE" and account_id not in mine) or self.world.accounts[account_id].source != "api":
            raise errors.missing_object(account_id)


def _require_scope(token: Token, edge: str) -> None:
    if EDGE_SCOPES[edge] not in token.scopes:
        raise errors.missing_permission(EDGE_SCOPES[edge])
