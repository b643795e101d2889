"""What is read from Instagram: an account and its days, its media, its stories, and media one by one.

Fields come from an allow-list: no name, picture or comment of any person.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from ingest.adapters.graph.batch import Ask, insights_ask
from ingest.adapters.graph.listing import Metrics, insights_field, read_list
from ingest.adapters.graph.session import GraphApi
from ingest.adapters.landing.envelope import Received, Request
from ingest.domain.metrics import asked, graph_names

POSTS_EDGE = "media"
CONTROL = "reach"
"""A metric that always lives, by our name: if Meta refuses it too, the token is at fault."""
PLATFORM = "instagram"
DAYS_KEPT, LONGEST_WINDOW = timedelta(days=90), timedelta(days=30)
"""How long Meta keeps the days of an account, and how many of them one call may ask for."""
ACCOUNT_FIELDS = ("id", "name", "followers_count")
MEDIA_FIELDS = ("id", "timestamp", "caption", "permalink", "media_type", "media_product_type")


def read_posts(
    api: GraphApi, account_id: str, metrics: Metrics, *, since: datetime | None = None
) -> Iterator[Received]:
    """Each page of the account's media, newest first, with lifetime insights. Source: GET /{ig-user}/media."""
    return read_list(api, POSTS_EDGE, account_id, MEDIA_FIELDS, metrics, since=since)


def account_asks(account_id: str) -> list[Ask]:
    """The account itself, and the stories of the last day. Source: GET /{ig-user}, GET /{ig-user}/stories."""
    node = Request("ig_user", account_id, ACCOUNT_FIELDS)
    stories = Request("stories", account_id, MEDIA_FIELDS, (), {"limit": "100"})
    return [
        Ask((account_id,), node, {"fields": ",".join(ACCOUNT_FIELDS)}),
        Ask((account_id, "stories"), stories, {"fields": ",".join(MEDIA_FIELDS), "limit": "100"}),
    ]


def day_asks(account_id: str, since: datetime, until: datetime, *, on: date) -> list[Ask]:
    """The account's days from `since` to `until`: unique reach per day, and one total of what adds up.

    Source: GET /{ig-user}/insights, at most 30 days.
    """
    counted = asked(PLATFORM, "window", on=on)
    place = {"since": str(int(since.timestamp())), "until": str(int(until.timestamp()))}
    unique = graph_names(one for one in counted if not one.adds)
    totals = graph_names(one for one in counted if one.adds)
    return [
        *(insights_ask(account_id, unique, period=period, **place) for period in ("day", "week", "days_28")),
        insights_ask(account_id, totals, period="day", metric_type="total_value", **place),
    ]


def apart_asks(post_id: str, product: str, *, on: date) -> list[Ask]:
    """What only some kinds of media have: a reel's watch time, a story's replies. Source: GET /{ig-media}/insights."""
    metrics = asked(PLATFORM, "batch", on=on, product=product)
    if product == "STORY":
        metrics = (*asked(PLATFORM, "list", on=on, product=product), *metrics)
    return [insights_ask(post_id, graph_names(metrics))] if metrics else []


def post_asks(post_ids: Sequence[str], metrics: Metrics) -> list[Ask]:
    """Media one by one, with lifetime insights. Source: GET /{ig-media}."""
    fields = {"fields": ",".join((*MEDIA_FIELDS, *insights_field(metrics.asked)))}
    return [
        Ask((one,), Request("ig_media", one, MEDIA_FIELDS, metrics.asked, {}, dict(metrics.refused)), fields)
        for one in post_ids
    ]


def insights_asks(post_ids: Sequence[str], metrics: Metrics) -> list[Ask]:
    """Lifetime insights of media one by one: the way out where the listing refuses to expand them."""
    return [insights_ask(one, metrics.asked) for one in post_ids]
