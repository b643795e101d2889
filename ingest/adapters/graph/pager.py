"""The pager: reads an edge to its end. Meta's SDK stops at an empty page and follows any address; this one does not.

It ends only when `next` is absent, goes on over empty pages, takes known parameters out of `next` and never its host,
notices a cycle, begins again when a cursor is over, and asks for smaller pages when Meta finds them too large, and for
larger ones again later.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ingest.adapters.graph.answers import Answer, require_list
from ingest.adapters.graph.page_size import PageSize
from ingest.adapters.graph.session import GraphApi
from ingest.domain.errors import AnswerRejected, AnswerTooLarge, RateLimited, RequestRefused, TooMuchData, UnsafeAnswer

FOLLOWED = ("after", "since", "until", "offset", "__paging_token")
MOST_PAGES = 10_000
MOST_STARTS = 3
CURSOR_IS_OVER = 2642
OTHER_CURSOR_CODES = {100, 2500}

Page = tuple[dict[str, str], Answer]
Instead = Callable[[RequestRefused | AnswerRejected, bool], tuple[Mapping[str, str], Mapping[str, str]]]
"""What a page is asked with that was refused, or was no answer (again?), and what the pages after it are asked with.

It raises when nothing else can be asked.
"""


def pages(
    api: GraphApi, path: tuple[str, ...], params: Mapping[str, str], *, size: PageSize, instead: Instead | None = None
) -> Iterator[Page]:
    """Each page of an edge with the parameters that it was asked by; all of them, or an error.

    Raises: UnsafeAnswer for a cycle, RateLimited after the pages before it, and all that `GraphApi.call` raises.
    """
    walk = _Walk(api, path, params, size, instead)
    for start in range(1, MOST_STARTS + 1):
        found: list[Page] = []
        try:
            found.extend(walk.from_the_start())
        except RateLimited:
            yield from found
            raise
        except RequestRefused as error:
            if not _is_about_a_cursor(error) or start == MOST_STARTS:
                raise
            continue
        yield from found
        return


class _Walk:
    """One way along an edge: where it is, how large its pages are, and what they are asked with."""

    def __init__(
        self, api: GraphApi, path: tuple[str, ...], params: Mapping[str, str], size: PageSize, instead: Instead | None
    ) -> None:
        self._api, self._path, self._params, self._size, self._instead = api, path, params, size, instead

    def from_the_start(self) -> Iterator[Page]:
        """Each page, from the first one on."""
        position: dict[str, str] | None = {}
        seen: set[tuple[tuple[str, str], ...]] = set()
        while position is not None:
            mark = tuple(sorted(position.items()))
            if mark in seen:
                raise UnsafeAnswer(f"The pages of {'/'.join(self._path)} go in a circle; nothing more was read.")
            if len(seen) == MOST_PAGES:
                raise UnsafeAnswer(f"{'/'.join(self._path)} has more than {MOST_PAGES:,} pages; nothing more was read.")
            seen.add(mark)
            asked, answer = self._page_at(position)
            yield asked, answer
            position = next_position(answer.json)
            self._size.grow()

    def _page_at(self, position: Mapping[str, str]) -> Page:
        """The page at a position: smaller, or asked otherwise, until Meta gives it."""
        now, is_again = self._params, False
        while True:
            asked = {**now, **position, "limit": str(self._size.now)}
            try:
                return asked, self._api.call("GET", self._path, params=asked, accepts=require_list)
            except (TooMuchData, AnswerTooLarge) as error:
                self._size.shrink(error)
            except (RequestRefused, AnswerRejected) as error:
                if self._instead is None or _is_about_a_cursor(error):
                    raise
                now, self._params = self._instead(error, is_again)
                is_again = True


def _is_about_a_cursor(error: RequestRefused | AnswerRejected) -> bool:
    """Whether a cursor is over: Meta has a code for it, and sometimes says it in words."""
    if isinstance(error, AnswerRejected):
        return False
    return error.code == CURSOR_IS_OVER or (error.code in OTHER_CURSOR_CODES and "cursor" in str(error).lower())


def next_position(body: Mapping[str, Any]) -> dict[str, str] | None:
    """The known parameters of `next`, whatever its host; None when there is no next page.

    Raises: AnswerRejected when `next` is there and is no address: to end there would lose what follows.
    """
    paging = body.get("paging")
    address = paging.get("next") if isinstance(paging, dict) else None
    if address is None:
        return None
    if not isinstance(address, str):
        raise AnswerRejected("The address of Meta's next page is no text.", body=repr(address).encode())
    given = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    return {name: given[name] for name in FOLLOWED if name in given}
