"""What the probes of the live Graph API stand on, and what several of them do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.settings import Settings

if TYPE_CHECKING:
    from ingest.adapters.graph.questions import Ask
    from ingest.adapters.graph.session import GraphApi

EXPECTED = "as expected"


@dataclass(frozen=True, slots=True)
class Ground:
    """What the probes stand on: a Page that can be read, with its api object, and its Instagram account."""

    api: "GraphApi"
    page_id: str
    instagram_id: str | None
    settings: Settings


Probe = Callable[[Ground], str]
"""Tries one thing; what was found, which begins with `as expected` when it was."""


def expanded_listing(ground: Ground, edge: str, object_id: str, platform: str) -> str:
    """A page of a list with everything that is asked with it."""
    from ingest.adapters.graph.questions import insights_field
    from ingest.domain.metrics import expandable

    names = expandable(platform, on=ground.settings.clock().date())
    fields = ",".join(("id", *insights_field(names)))
    answer = ground.api.call("GET", (object_id, edge), params={"fields": fields, "limit": "100"})
    return f"{EXPECTED}: {len(answer.json.get('data', []))} objects with {len(names)} metrics in one page"


def listed(ground: Ground, path: tuple[str, ...], **params: str) -> list[dict[str, Any]]:
    """The objects of a list's first page."""
    from ingest.adapters.graph.answers import require_list

    found: list[dict[str, Any]] = ground.api.call("GET", path, params=params, accepts=require_list).json["data"]
    return found


def asked_all(ground: Ground, asks: "Sequence[Ask]", what: str) -> str:
    """Ask them all; what of them was refused, or that nothing was."""
    from ingest.adapters.graph.batch import Noticed, read_asks

    noticed = Noticed()
    list(read_asks(ground.api, asks, noticed))
    refused = sorted({name for ask, _ in noticed.refused for name in ask.request.metrics})
    return f"refused: {', '.join(refused)}" if refused else f"{EXPECTED}: {what}"
