"""Subscriptions: which of a Page's fields Meta tells this app about. Instagram's come through the linked Page.

Source: POST, GET and DELETE /{page}/subscribed_apps.
"""

from ingest.adapters.graph.access import api_for
from ingest.domain.errors import RequestRefused
from ingest.settings import Settings

FIELDS = ("feed", "mention")
EDGE = "subscribed_apps"


def subscribe_page(settings: Settings, page_id: str) -> tuple[str, ...]:
    """Subscribe this app to a Page, and read back what Meta tells now.

    Raises: RequestRefused when Meta took the call and a field is missing: one bad field voids the whole subscription.
    """
    api = api_for(settings, page_id)
    api.call("POST", (page_id, EDGE), params={"subscribed_fields": ",".join(FIELDS)})
    found = subscribed_fields(settings, page_id)
    missing = [name for name in FIELDS if name not in found]
    if missing:
        raise RequestRefused(
            f"Meta does not tell {', '.join(missing)} of Page {page_id}. Does the token have pages_manage_metadata?"
        )
    return found


def unsubscribe_page(settings: Settings, page_id: str) -> tuple[str, ...]:
    """Unsubscribe this app from a Page; what Meta still tells, which is nothing."""
    api_for(settings, page_id).call("DELETE", (page_id, EDGE))
    return subscribed_fields(settings, page_id)


def subscribed_fields(settings: Settings, page_id: str) -> tuple[str, ...]:
    """The fields of a Page that Meta tells this app about."""
    answer = api_for(settings, page_id).call("GET", (page_id, EDGE))
    apps = [one for one in answer.json.get("data", []) if not settings.app_id or one.get("id") == settings.app_id]
    return tuple(name for one in apps for name in one.get("subscribed_fields", []))
