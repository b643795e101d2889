"""Text on a chart: how wide it is in the report's font, where it breaks, what fits; and text made safe to show."""

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Reach Sans"
REGULAR, BOLD = 400, 600
SLACK = 1.03
"""Advances leave kerning out; a label is taken to be this much wider than their sum."""

UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
"""Controls, and marks that turn the direction of a text or cannot be seen."""
LONGEST = 600
"""More characters than this of one text are not shown."""


def cleaned(text: str) -> str:
    """A text that can be shown: without controls and direction marks, its white space plain, cut when endless."""
    plain = " ".join(UNSEEN.sub(" ", text[: 4 * LONGEST]).split())
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1].rstrip() + "…"


@cache
def _advances(weight: int) -> dict[str, float]:
    widths = json.loads((FONTS / "advances.json").read_text(encoding="utf-8"))[str(weight)]
    return {letter: float(width) for width, letters in widths.items() for letter in letters}


def width(text: str, size: float, *, weight: int = REGULAR) -> float:
    """How many pixels a text is wide; a letter that the font does not have counts as a wide one."""
    advances = _advances(weight)
    return SLACK * size * sum(advances.get(letter, 1.0) for letter in text)


def fits(text: str, room: float, size: float, *, weight: int = REGULAR) -> bool:
    """Whether a text is no wider than the room for it."""
    return width(text, size, weight=weight) <= room


def shortened(text: str, room: float, size: float, *, weight: int = REGULAR) -> str:
    """The text, or as much of its beginning as there is room for, with an ellipsis."""
    if fits(text, room, size, weight=weight):
        return text
    end = len(text)
    while end and not fits(text[:end].rstrip() + "…", room, size, weight=weight):
        end -= 1
    return text[:end].rstrip() + "…"


def wrapped(text: str, room: float, size: float, *, weight: int = REGULAR, most: int = 3) -> tuple[str, ...]:
    """The text in lines that fit the room, at most so many; what is too long ends in an ellipsis."""
    lines: list[str] = []
    words = text.split()
    while words:
        line = words.pop(0)
        while words and fits(f"{line} {words[0]}", room, size, weight=weight):
            line += " " + words.pop(0)
        if len(lines) + 1 == most and words:
            line = " ".join((line, *words))
            words = []
        lines.append(shortened(line, room, size, weight=weight))
    return tuple(lines) or ("",)


def apart(
    places: Iterable[float], gap: float, *, lowest: float, highest: float, order: Sequence[int] | None = None
) -> list[float]:
    """The places, moved as little as needed to lie a gap apart inside the limits; in their own order, or in another."""
    wanted = list(places)
    order = order or sorted(range(len(wanted)), key=lambda index: wanted[index])
    moved = [0.0] * len(wanted)
    floor = lowest
    for index in order:
        moved[index] = max(wanted[index], floor)
        floor = moved[index] + gap
    ceiling = highest
    for index in reversed(order):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - gap
    return moved
