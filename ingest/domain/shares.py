"""Shares of surveys: how they change between two waves, and how sure that is.

Written apart from the SQL of the marts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, sqrt

Z = 1.96


@dataclass(frozen=True, slots=True)
class Wave:
    """What one wave says of an indicator: share in per cent, and how many were asked."""

    wave: str
    wave_order: int
    share_pct: float | None
    n: float | None
    n_effective: float | None
    evidence_design: str

    @property
    def asked(self) -> float | None:
        """How many answers it is worth."""
        return self.n if self.n_effective is None else self.n_effective


def change_of(waves: Sequence[Wave]) -> dict[str, str | float | None]:
    """The columns of agg_survey_change, by name, from the first wave to the last.

    The interval is Newcombe's, of the difference of two independent shares.
    """
    in_order = sorted(waves, key=lambda one: one.wave_order)
    first, last = in_order[0], in_order[-1]
    designs = {one.evidence_design for one in waves}
    design = designs.pop() if len(designs) == 1 else "unknown"
    before, after = first.share_pct, last.share_pct
    reason = _why_no_interval(first, last, design)
    low, high = (None, None) if reason else _interval(first, last)
    change = None if before is None or after is None else after - before
    return {
        "first_wave": first.wave,
        "last_wave": last.wave,
        "first_share_pct": rounded(before),
        "last_share_pct": rounded(after),
        "change_points": rounded(change),
        "change_pct": rounded(100 * change / before) if change is not None and before else None,
        "change_points_low": rounded(low),
        "change_points_high": rounded(high),
        "interval_method": None if reason else "newcombe_95",
        "interval_reason": reason,
        "evidence_design": design,
        "may_say": "effect" if design == "exposed_and_not" else "change",
    }


def _why_no_interval(first: Wave, last: Wave, design: str) -> str | None:
    if first.share_pct is None or last.share_pct is None:
        return "The share of a wave is not given."
    if first.asked is None or last.asked is None:
        return "How many were asked is not given."
    if first.asked <= 0 or last.asked <= 0:
        return "Nobody was asked in a wave."
    if design == "same_people":
        return "The same people were asked: their answers are not given together."
    return None


def _interval(first: Wave, last: Wave) -> tuple[float, float]:
    one, other = (first.share_pct or 0) / 100, (last.share_pct or 0) / 100
    (one_low, one_high), (other_low, other_high) = _wilson(one, first.asked or 1), _wilson(other, last.asked or 1)
    change = other - one
    low = change - sqrt((other - other_low) ** 2 + (one_high - one) ** 2)
    high = change + sqrt((other_high - other) ** 2 + (one - one_low) ** 2)
    return 100 * low, 100 * high


def _wilson(p: float, n: float) -> tuple[float, float]:
    middle, whole = p + Z * Z / (2 * n), 1 + Z * Z / n
    half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return (middle - half) / whole, (middle + half) / whole


def rounded(value: float | None, digits: int = 2) -> float | None:
    """Half away from zero, as DuckDB rounds."""
    if value is None:
        return None
    size: float = floor(abs(value) * 10**digits + 0.5) / 10**digits
    return size if value >= 0 else -size
