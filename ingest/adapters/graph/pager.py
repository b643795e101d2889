"""The pager: reads an edge to its end. Meta's SDK stops at an empty page and follows any address; this one does not.

It ends only when `next` is absent, goes on over empty pages, takes known parameters out of `next` and never its host,
notices a cycle, begins again when a cursor is over, and asks for smaller pages when Meta finds them too large, and for
larger ones again later.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ingest.adapters.graph.answers import Answer, TooMuchData
from ingest.adapters.graph.session import GraphApi
from ingest.domain.errors import RateLimited, RequestRefused, UnsafeAnswer

FOLLOWED = ("after", "since", "until", "offset", "__paging_token")
MOST_PAGES = 10_000
MOST_STARTS = 3
CURSOR_IS_OVER = 2642
GROWS_AFTER = 20
"""So many small pages in a row, and a larger one is tried once more: what was too much may have been a bad moment."""

Page = tuple[dict[str, str], Answer]


def pages(api: GraphApi, path: tuple[str, ...], params: Mapping[str, str], *, limit: int) -> Iterator[Page]:
    """Each page of an edge with the parameters that it was asked by; all of them, or an error.

    Raises: UnsafeAnswer for a cycle, RateLimited after the pages before it, and all that `GraphApi.call` raises.
    """
    for start in range(1, MOST_STARTS + 1):
        found: list[Page] = []
        try:
            found.extend(_walk(api, path, params, limit))
        except RateLimited:
            yield from found
            raise
        except RequestRefused as error:
            if error.code != CURSOR_IS_OVER or start == MOST_STARTS:
                raise
            continue
        yield from found
        return


def _walk(api: GraphApi, path: tuple[str, ...], params: Mapping[str, str], limit: int) -> Iterator[Page]:
    position: dict[str, str] = {}
    seen: set[tuple[tuple[str, str], ...]] = set()
    size, largest, since_shrunk = limit, limit, 0
    while len(seen) < MOST_PAGES:
        mark = tuple(sorted(position.items()))
        if mark in seen:
            raise UnsafeAnswer(f"The pages of {'/'.join(path)} go in a circle; nothing more was read.")
        asked = dict(params) | position | {"limit": str(size)}
        try:
            answer = api.call("GET", path, params=asked)
        except TooMuchData as error:
            if size == 1:
                raise RequestRefused(f"{error} One object alone is too much: ask for fewer fields.") from None
            largest = size // 2 if since_shrunk else largest  # it failed again after growing: it stays small
            size, since_shrunk = max(1, size // 2), 0
            continue
        seen.add(mark)
        yield asked, answer
        following = next_position(answer.json)
        if following is None:
            return
        position, since_shrunk = following, since_shrunk + 1
        if since_shrunk >= GROWS_AFTER and size < largest:
            size = min(largest, size * 2)
    raise UnsafeAnswer(f"{'/'.join(path)} has more than {MOST_PAGES:,} pages; nothing more was read.")


def next_position(body: Mapping[str, Any]) -> dict[str, str] | None:
    """The known parameters of `next`, whatever its host; None when there is no next page."""
    paging = body.get("paging")
    address = paging.get("next") if isinstance(paging, dict) else None
    if not isinstance(address, str):
        return None
    given = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    return {name: given[name] for name in FOLLOWED if name in given}
