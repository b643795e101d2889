"""The pager against an oracle: however an edge is cut into pages, all of it comes, in order, once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.graph.answers import Answer, TooMuchData
from ingest.adapters.graph.pager import pages
from ingest.domain.errors import RequestRefused, UnsafeAnswer


class Edge:
    """An edge that is cut into pages as a list says (empty ones too), and takes no more than `cap` at once."""

    def __init__(self, cuts: list[int], *, cap: int = 1000, host: str = "https://elsewhere.example/x") -> None:
        self.cuts, self.cap, self.host, self.calls = cuts, cap, host, 0

    def call(self, method: str, path: Any, params: Any = None) -> Answer:
        self.calls += 1
        if int(params["limit"]) > self.cap:
            raise TooMuchData("too much")
        page = int(params.get("after", 0))
        first = sum(self.cuts[:page])
        body: dict[str, Any] = {"data": list(range(first, first + self.cuts[page]))}
        if page + 1 < len(self.cuts):
            body["paging"] = {"next": f"{self.host}?after={page + 1}&access_token=EAAx&limit=7"}
        return Answer(200, {}, b"", body)


def read(edge: Edge, limit: int = 100) -> list[int]:
    found = list(pages(edge, ("1", "posts"), {}, limit=limit))  # type: ignore[arg-type]
    return [one for _, answer in found for one in answer.json["data"]]


@given(cuts=st.lists(st.integers(0, 5), min_size=1, max_size=30), cap=st.integers(1, 100))
def test_all_of_an_edge_comes_once_and_in_order(cuts: list[int], cap: int) -> None:
    assert read(Edge(cuts, cap=cap)) == list(range(sum(cuts)))


@pytest.mark.parametrize(("cap", "most"), [(100, 40), (50, 42), (25, 44)])
def test_finding_the_largest_page_costs_three_calls_at_most(cap: int, most: int) -> None:
    edge = Edge([25] * 40, cap=cap)
    read(edge)
    assert edge.calls <= most


def test_a_page_that_was_too_large_once_is_tried_again_later() -> None:
    edge = Edge([1] * 60, cap=50)
    found = list(pages(edge, ("1", "posts"), {}, limit=100))  # type: ignore[arg-type]
    sizes = [int(asked["limit"]) for asked, _ in found]
    assert set(sizes) == {50}
    edge.cap = 1000
    assert len(list(pages(edge, ("1", "posts"), {}, limit=100))) == 60  # type: ignore[arg-type]


def test_nothing_of_next_but_known_parameters_is_followed() -> None:
    edge = Edge([2, 2])
    found = list(pages(edge, ("1", "posts"), {"fields": "id"}, limit=100))  # type: ignore[arg-type]
    assert [asked for asked, _ in found] == [
        {"fields": "id", "limit": "100"},
        {"fields": "id", "limit": "100", "after": "1"},
    ]


def test_one_object_that_is_too_much_is_said() -> None:
    with pytest.raises(RequestRefused, match="ask for fewer fields"):
        read(Edge([1], cap=0))


def test_a_circle_is_noticed() -> None:
    class Circle(Edge):
        def call(self, method: str, path: Any, params: Any = None) -> Answer:
            return Answer(200, {}, b"", {"data": [1], "paging": {"next": "https://x/?after=1"}})

    with pytest.raises(UnsafeAnswer, match="circle"):
        read(Circle([1]))
