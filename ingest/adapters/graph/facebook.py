"""What is read from Facebook: the Page, and its published posts with their lifetime insights in the same call.

Fields come from an allow-list: no name, picture or comment of any person.
"""

from collections.abc import Iterator

from ingest.adapters.graph.listing import Metrics, read_list, read_node
from ingest.adapters.graph.session import GraphApi
from ingest.adapters.landing.envelope import Received

POSTS_EDGE = "published_posts"
CONTROL = "reactions"
"""A metric that always lives, by our name: if Meta refuses it too, the token is at fault."""
PLATFORM = "facebook"
ACCOUNT_FIELDS = ("id", "name", "followers_count")
POST_FIELDS = (
    "id",
    "created_time",
    "message",
    "permalink_url",
    "status_type",
    "is_published",
    "attachments{media_type,type,subattachments{media_type}}",
)


def read_account(api: GraphApi, account_id: str) -> Received:
    """The Page itself. Source: GET /{page}."""
    return read_node(api, "page", account_id, ACCOUNT_FIELDS)


def read_posts(api: GraphApi, account_id: str, metrics: Metrics) -> Iterator[Received]:
    """Each page of its published posts, newest first, with lifetime insights. Source: GET /{page}/published_posts."""
    return read_list(api, POSTS_EDGE, account_id, POST_FIELDS, metrics)
