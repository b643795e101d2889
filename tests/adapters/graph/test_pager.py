"""The pager against an oracle: however an edge is cut and whatever happens on the way, all of it comes once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.graph.answers import Answer
from ingest.adapters.graph.page_size import PageSize
from ingest.adapters.graph.pager import MOST_STARTS, Page, pages
from ingest.adapters.graph.retrying import no_wait, retrying
from ingest.adapters.graph.session import GraphApi, GraphSession
from ingest.domain.errors import AnswerRejected, AnswerTooLarge, RequestRefused, TooMuchData, UnsafeAnswer
from ingest.sandbox.server import Sandbox

PAGE = "104857600000201"
OK, TOO_MUCH, CURSOR_OVER = "ok", "too much", "cursor over"


class Edge:
    """An edge of numbered objects of which some are not shown, so that pages may be short, or empty, and go on.

    It takes no more than `cap` at once; `moods` says what happens at each call.
    """

    def __init__(self, shown: list[bool], *, cap: int = 1000, moods: list[str] | None = None) -> None:
        self.shown, self.cap, self.moods, self.calls = shown, cap, list(moods or ()), 0

    @property
    def objects(self) -> list[int]:
        return [number for number, is_shown in enumerate(self.shown) if is_shown]

    def call(self, method: str, path: Any, params: Any = None, *, accepts: Any = None) -> Answer:
        self.calls += 1
        mood = self.moods.pop(0) if self.moods else OK
        if int(params["limit"]) > self.cap or mood == TOO_MUCH:
            raise TooMuchData("too much")
        if mood == CURSOR_OVER and "after" in params:
            raise RequestRefused("(#2642) Invalid cursors values", code=2642)
        first = int(params.get("after", -1)) + 1
        last = first + int(params["limit"])
        body: dict[str, Any] = {"data": [number for number in self.objects if first <= number < last]}
        if last < len(self.shown):
            body["paging"] = {"next": f"https://elsewhere.example/x?after={last - 1}&access_token=EAAx&limit=7"}
        return Answer(200, {}, b"", body)


def walked(edge: Any, limit: int = 100) -> list[Page]:
    return list(pages(edge, ("1", "posts"), {"fields": "id"}, size=PageSize(limit)))


def read(edge: Any, limit: int = 100) -> list[int]:
    return [one for _, answer in walked(edge, limit) for one in answer.json["data"]]


@given(shown=st.lists(st.booleans(), max_size=200), cap=st.integers(1, 100), limit=st.integers(1, 100))
def test_all_of_an_edge_comes_once_and_in_order(shown: list[bool], cap: int, limit: int) -> None:
    edge = Edge(shown, cap=cap)
    assert read(edge, limit) == edge.objects


MOODS = st.lists(st.sampled_from([OK, OK, OK, TOO_MUCH, CURSOR_OVER]), max_size=40)


@given(shown=st.lists(st.booleans(), max_size=120), moods=MOODS)
def test_whatever_happens_on_the_way_all_of_it_comes_once_or_an_error_says_why(
    shown: list[bool], moods: list[str]
) -> None:
    edge = Edge(shown, moods=moods)
    try:
        found = read(edge, limit=16)
    except RequestRefused:
        assert moods.count(CURSOR_OVER) >= MOST_STARTS or moods.count(TOO_MUCH) >= 5
    else:
        assert found == edge.objects


@pytest.mark.parametrize(("cap", "most"), [(100, 10), (50, 21), (25, 43)])
def test_finding_the_largest_page_costs_three_calls_at_most(cap: int, most: int) -> None:
    edge = Edge([True] * 1000, cap=cap)
    read(edge)
    assert edge.calls <= most


def test_a_page_that_was_too_large_once_is_tried_again_later() -> None:
    edge = Edge([True] * 3000, moods=[TOO_MUCH])
    sizes = [int(asked["limit"]) for asked, _ in walked(edge)]
    assert (sizes[0], sizes[19], sizes[20]) == (50, 50, 100)


def test_a_page_that_is_too_large_again_after_it_grew_stays_small() -> None:
    edge = Edge([True] * 5000, moods=[TOO_MUCH, *[OK] * 20, TOO_MUCH])
    sizes = {int(asked["limit"]) for asked, _ in walked(edge)}
    assert sizes == {50}


def test_nothing_of_next_but_known_parameters_is_followed() -> None:
    assert [asked for asked, _ in walked(Edge([True] * 4), limit=2)] == [
        {"fields": "id", "limit": "2"},
        {"fields": "id", "limit": "2", "after": "1"},
    ]


def test_one_object_that_is_too_much_is_said() -> None:
    with pytest.raises(RequestRefused, match="ask for fewer fields"):
        read(Edge([True], cap=0))


def test_an_answer_with_too_many_bytes_is_asked_for_in_smaller_pages() -> None:
    class Heavy(Edge):
        def call(self, method: str, path: Any, params: Any = None, *, accepts: Any = None) -> Answer:
            if int(params["limit"]) > 3:
                raise AnswerTooLarge("it is too large", body=b"{")
            return super().call(method, path, params)

    edge = Heavy([True] * 20)
    assert read(edge) == edge.objects


class Always(Edge):
    """An edge that says the same at each call."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__([])
        self.body = body

    def call(self, method: str, path: Any, params: Any = None, *, accepts: Any = None) -> Answer:
        return Answer(200, {}, b"", self.body)


@pytest.mark.parametrize("address", ["https://x/?after=1", "https://x/", "", "after=1"])
def test_a_circle_is_noticed(address: str) -> None:
    with pytest.raises(UnsafeAnswer, match="circle"):
        read(Always({"data": [1], "paging": {"next": address}}))


@pytest.mark.parametrize("address", [7, ["https://x/?after=1"], {"after": 1}, True])
def test_a_next_page_whose_address_is_no_text_is_no_end(address: object) -> None:
    with pytest.raises(AnswerRejected, match="no text"):
        read(Always({"data": [1], "paging": {"next": address}}))


def test_a_cursor_that_is_over_is_known_by_its_code_or_its_words() -> None:
    class Wordy(Edge):
        def call(self, method: str, path: Any, params: Any = None, *, accepts: Any = None) -> Answer:
            if self.calls == 1:
                self.calls += 1
                raise RequestRefused("Meta says: Invalid cursor (code 100)", code=100)
            return super().call(method, path, params)

    edge = Wordy([True] * 6)
    assert read(edge, limit=2) == edge.objects


def test_an_edge_that_is_paged_by_time_is_read_to_its_end(sandbox: Sandbox) -> None:
    session = GraphSession(graph_url=sandbox.url, access_token=sandbox.tokens.of_page(PAGE).value)
    api = GraphApi(session, version="v26.0", retrying=retrying(sleep=no_wait))
    found = pages(api, (PAGE, "posts"), {"fields": "id"}, size=PageSize(7))
    seen = [one["id"] for _, answer in found for one in answer.json["data"]]
    assert seen == [post.post_id for post in sandbox.world.posts_of(PAGE, sandbox.graph.clock())]
