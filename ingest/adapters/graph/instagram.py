"""What is read from Instagram: an account and its days, its media, its stories, and media one by one.

Fields come from an allow-list: no name, picture or comment of any person.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from ingest.adapters.graph.questions import Ask, broken_down_asks, edge_ask, insights_ask, node_ask
from ingest.domain.metrics import asked, graph_names

POSTS_EDGE = "media"
CONTROL = "reach"
"""A metric that always lives, by our name: if Meta refuses it too, the token is at fault."""
PLATFORM = "instagram"
TOTAL = "total_value"
"""The shape of a metric that Meta tells as one number over a window."""
DAYS_KEPT, LONGEST_WINDOW = timedelta(days=90), timedelta(days=30)
"""How long Meta keeps the days of an account, and how many of them one call may ask for."""
ACCOUNT_FIELDS = ("id", "name", "followers_count")
POST_FIELDS = ("id", "timestamp", "caption", "permalink", "media_type", "media_product_type")


def account_asks(account_id: str) -> list[Ask]:
    """The account itself, and the stories of the last day. Source: GET /{ig-user}, GET /{ig-user}/stories."""
    return [node_ask("ig_user", account_id, ACCOUNT_FIELDS), edge_ask(account_id, "stories", POST_FIELDS)]


def day_asks(account_id: str, since: datetime, until: datetime, *, on: date) -> list[Ask]:
    """The account's days from `since` to `until`: unique reach per day, and one total of what Meta tells as such.

    Source: GET /{ig-user}/insights, at most 30 days.
    """
    counted = asked(PLATFORM, "window", on=on)
    place = {"since": str(int(since.timestamp())), "until": str(int(until.timestamp()))}
    unique = graph_names(one for one in counted if one.shape != TOTAL)
    totals = (one for one in counted if one.shape == TOTAL)
    return [
        *(insights_ask(account_id, unique, period=period, **place) for period in ("day", "week", "days_28")),
        *broken_down_asks(account_id, totals, period="day", metric_type=TOTAL, **place),
    ]


def apart_asks(post_id: str, product: str, *, on: date) -> list[Ask]:
    """What only some kinds of media have: a reel's watch time, a story's replies and where its viewers tapped.

    Source: GET /{ig-media}/insights, with breakdown for what Meta takes apart.
    """
    metrics = asked(PLATFORM, "batch", on=on, product=product)
    if product == "STORY":
        metrics = (*asked(PLATFORM, "list", on=on, product=product), *metrics)
    return broken_down_asks(post_id, metrics)


def post_asks(post_ids: Sequence[str], metrics: tuple[str, ...], refused: Mapping[str, str]) -> list[Ask]:
    """Media one by one, with lifetime insights. Source: GET /{ig-media}."""
    return [node_ask("ig_media", one, POST_FIELDS, metrics, refused) for one in post_ids]
