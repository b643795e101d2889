"""Targets: how much of one was reached, as people are told it."""

from math import floor


def attained_shown(share: float) -> float:
    """The share in percent with one digit, never rounded up: 99.96 does not look like met."""
    return floor(round(share * 10, 6)) / 10
