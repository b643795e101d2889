"""Paging as Meta does it: by opaque cursors, with `next` only while there is more, or by time, without any cursor.

`next` holds the token.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from ingest.sandbox import errors
from ingest.sandbox.rules import LARGEST_PAGE

DEFAULT_LIMIT = 25


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of an edge, with what goes under `paging`."""

    items: Sequence[Any]
    paging: dict[str, Any]


def page_of(items: Sequence[Any], *, ids: Sequence[str], params: Mapping[str, str], url: str, cap: int) -> Page:
    """The page that `limit` and `after` ask for.

    Raises: GraphError for a cursor that was never given, or a limit that is none.
    """
    start = _position(params["after"], ids) + 1 if params.get("after") else 0
    limit = _limit(params.get("limit"), cap)
    chosen = items[start : start + limit]
    if not chosen:
        return Page([], {})
    before, after = _cursor(ids[start]), _cursor(ids[start + len(chosen) - 1])
    paging: dict[str, Any] = {"cursors": {"before": before, "after": after}}
    if start + len(chosen) < len(items):
        paging["next"] = f"{url}?{urlencode({**params, 'limit': limit, 'after': after})}"
    if start:
        previous = {name: value for name, value in params.items() if name != "after"}
        paging["previous"] = f"{url}?{urlencode({**previous, 'limit': limit, 'before': before})}"
    return Page(chosen, paging)


def page_by_time(items: Sequence[Any], moments: Sequence[datetime], params: Mapping[str, str], url: str) -> Page:
    """The newest page of what `since` and `until` leave. It has no cursors, and `next` until a page is empty.

    Raises: GraphError for a limit that is none.
    """
    limit = _limit(params.get("limit"), LARGEST_PAGE)
    chosen = items[:limit]
    if not chosen:
        return Page([], {})
    rest = {name: value for name, value in params.items() if name not in ("since", "until")}
    kept = {"since": params["since"]} if params.get("since") else {}
    newest, oldest = (int(moment.timestamp()) for moment in (moments[0], moments[len(chosen) - 1]))
    before = {**rest, "limit": limit, "__paging_token": f"enc_{oldest}", **kept, "until": oldest - 1}
    later = {**rest, "limit": limit, "since": newest, "__previous": 1}
    return Page(chosen, {"previous": f"{url}?{urlencode(later)}", "next": f"{url}?{urlencode(before)}"})


def _limit(given: str | None, cap: int) -> int:
    if given is None:
        return min(DEFAULT_LIMIT, cap)
    if not given.isdecimal() or int(given) < 1:
        raise errors.bad_parameter("Param limit must be an integer greater than 0")
    if int(given) > cap:
        raise errors.bad_parameter(f"Param limit must be less than or equal to {cap}")
    return int(given)


def _cursor(object_id: str) -> str:
    return base64.urlsafe_b64encode(f"QVF:{object_id}".encode()).decode().rstrip("=")


def _position(cursor: str, ids: Sequence[str]) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return ids.index(text.removeprefix("QVF:"))
    except ValueError:
        raise errors.bad_cursor() from None
