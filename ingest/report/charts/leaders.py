"""Leaders from the ends of lines to their labels: none passes a dot of another line, no two cross."""

from itertools import combinations, permutations, product
from math import dist, hypot

from ingest.report.text import apart

Point = tuple[float, float]
Leader = tuple[Point, Point]
CLEAR = 7
"""Pixels from a leader to the middle of another line's dot, at least."""
SPREAD = (1, 1.5, 2)
"""How much further apart labels may stand, where that keeps a leader clear of a dot."""


def leaders_to(dots: list[list[Point]], x: float, gap: float, *, lowest: float, highest: float) -> list[Leader]:
    """A leader for each line, from its last dot to a place for its label at x; the places lie a gap apart.

    Labels stand in the order of the lines' ends, as near to them as they can, unless a leader would then pass another
    line's dot or cross another leader: then the nearest places where none does. Where there are none, the least bad.
    """
    ends = [line[-1] for line in dots]
    wanted = [y for _, y in ends]
    usual = apart(wanted, gap, lowest=lowest, highest=highest)
    others = [
        apart(wanted, gap * spread, lowest=lowest, highest=highest, order=order)
        for spread, order in product(SPREAD, permutations(range(len(ends))))
        if gap * spread * (len(ends) - 1) <= highest - lowest
    ]
    others.sort(key=lambda places: sum(abs(place - y) for place, y in zip(places, wanted, strict=True)))
    best, fewest = [_leader(end, (x, place)) for end, place in zip(ends, usual, strict=True)], -1
    for places in (usual, *others):
        leaders = [_leader(end, (x, place)) for end, place in zip(ends, places, strict=True)]
        faults = _faults(leaders, dots)
        if fewest < 0 or faults < fewest:
            best, fewest = leaders, faults
        if not faults:
            break
    return best


def _leader(end: Point, label: Point) -> Leader:
    """From the edge of a dot straight to its label."""
    far = dist(end, label) or 1
    return (end[0] + 6 * (label[0] - end[0]) / far, end[1] + 6 * (label[1] - end[1]) / far), label


def _faults(leaders: list[Leader], dots: list[list[Point]]) -> int:
    """How many dots of other lines are passed, and how many leaders cross."""
    passed = sum(
        _distance(dot, leader) < CLEAR
        for number, leader in enumerate(leaders)
        for other, line in enumerate(dots)
        if other != number
        for dot in line
    )
    return passed + sum(_cross(one, other) for one, other in combinations(leaders, 2))


def _distance(point: Point, leader: Leader) -> float:
    """From a point to the nearest place of a leader."""
    (x, y), (x2, y2) = leader
    long = hypot(x2 - x, y2 - y) or 1
    along = max(0.0, min(1.0, ((point[0] - x) * (x2 - x) + (point[1] - y) * (y2 - y)) / long**2))
    return dist(point, (x + along * (x2 - x), y + along * (y2 - y)))


def _cross(one: Leader, other: Leader) -> bool:
    """Whether two leaders meet."""

    def side(leader: Leader, point: Point) -> float:
        (x, y), (x2, y2) = leader
        return (x2 - x) * (point[1] - y) - (y2 - y) * (point[0] - x)

    return side(one, other[0]) * side(one, other[1]) <= 0 and side(other, one[0]) * side(other, one[1]) <= 0
