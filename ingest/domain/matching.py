"""Matching: whether a computed number is the one that was published. Written apart from the SQL of the marts."""

from math import floor
from re import search

WORST = ("exact", "about", "more_than")
"""How exact a number is, from the best to the worst."""


def status_of(published: float, qualifier: str, computed: float | None, computed_qualifier: str) -> str:
    """Whether the computed number matches the published one, differs, or is not computable."""
    if computed is None:
        return "not_computable"
    return "matches" if _matches(published, qualifier, computed, computed_qualifier) else "differs"


def _matches(published: float, qualifier: str, computed: float, computed_qualifier: str) -> bool:
    if computed_qualifier == qualifier and computed == published:
        return True
    step = published_step(published)
    if qualifier == "exact":
        return computed == published and computed_qualifier == "exact"
    if qualifier == "more_than":
        return published < computed < published + step
    return _half_up(computed / step) == _half_up(published / step)


def published_step(value: float) -> float:
    """The weight of the last published digit: 100,000 for 1,700,000, and 0.1 for 2.5."""
    if value == floor(value):
        zeros = search(r"0*$", str(int(value)))
        return float(10 ** len(zeros[0] if zeros else ""))
    return float(10.0 ** -len(str(value).partition(".")[2]))


def _half_up(value: float) -> int:
    return floor(abs(value) + 0.5) * (1 if value >= 0 else -1)
