"""Which fields of which Page the app is told about. Source: section 4; high."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.sandbox import errors
from ingest.sandbox.tokens import Token

SUBSCRIBED_APPS = "subscribed_apps"
FIELDS = frozenset(["feed", "mention", "live_videos", "messages", "ratings", "videos", "name", "picture"])
SCOPE = "pages_manage_metadata"


@dataclass(slots=True)
class Subscriptions:
    """The subscribed fields by Page."""

    by_page: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def answer(self, method: str, page_id: str, params: Mapping[str, str], token: Token, app_id: str) -> dict[str, Any]:
        """Subscribe, unsubscribe, or say what is subscribed.

        Raises: GraphError for a token that may not, or a field that there is not: then nothing is subscribed.
        """
        if token.kind != "PAGE":
            raise errors.needs_page_token()
        if token.page_id != page_id:
            raise errors.missing_object(page_id)
        if SCOPE not in token.scopes:
            raise errors.missing_permission(SCOPE)
        if method == "POST":
            return self._subscribe(page_id, params)
        if method == "DELETE":
            self.by_page.pop(page_id, None)
            return {"success": True}
        fields = self.by_page.get(page_id)
        return {"data": [{"id": app_id, "name": "campaign-reach", "subscribed_fields": list(fields)}] if fields else []}

    def _subscribe(self, page_id: str, params: Mapping[str, str]) -> dict[str, Any]:
        fields = tuple(name for name in params.get("subscribed_fields", "").split(",") if name)
        wrong = [name for name in fields if name not in FIELDS]
        if wrong or not fields:
            raise errors.bad_parameter(
                f"Param subscribed_fields[0] must be one of {{{', '.join(sorted(FIELDS)).upper()}}}"
            )
        self.by_page[page_id] = fields
        return {"success": True}
