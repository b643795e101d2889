"""What is read from Instagram: the account, and its media with their lifetime insights in the same call.

Fields come from an allow-list: no name, picture or comment of any person.
"""

from collections.abc import Iterator

from ingest.adapters.graph.listing import Metrics, read_list, read_node
from ingest.adapters.graph.session import GraphApi
from ingest.adapters.landing.envelope import Received

POSTS_EDGE = "media"
CONTROL = "reach"
"""A metric that always lives, by our name: if Meta refuses it too, the token is at fault."""
PLATFORM = "instagram"
ACCOUNT_FIELDS = ("id", "name", "followers_count")
MEDIA_FIELDS = ("id", "timestamp", "caption", "permalink", "media_type", "media_product_type")


def read_account(api: GraphApi, account_id: str) -> Received:
    """The account itself. Source: GET /{ig-user}."""
    return read_node(api, "ig_user", account_id, ACCOUNT_FIELDS)


def read_posts(api: GraphApi, account_id: str, metrics: Metrics) -> Iterator[Received]:
    """Each page of the account's media, newest first, with lifetime insights. Source: GET /{ig-user}/media."""
    return read_list(api, POSTS_EDGE, account_id, MEDIA_FIELDS, metrics)
