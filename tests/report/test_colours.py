"""The colours: told apart by colour-blind readers, and read on their ground, in light and in dark."""

import itertools
import math

import pytest

from ingest.report.colours import AXIS, BACKGROUND, INK, MUTED, ROLES, SERIES, SLATES, dark_style

# Machado, Oliveira and Fernandes 2009, severity 1.0, in linear RGB
EYES = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranope": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "protanope": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "tritanope": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
APART = 0.09
"""In OKLab; two greys of this distance are plainly two."""


def linear(colour: str) -> list[float]:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def seen(colour: str, eye: str) -> tuple[float, float, float]:
    red, green, blue = (
        min(1.0, max(0.0, sum(factor * part for factor, part in zip(row, linear(colour), strict=True))))
        for row in EYES[eye]
    )
    long, middle, short = (
        (a * red + b * green + c * blue) ** (1 / 3)
        for a, b, c in (
            (0.4122214708, 0.5363325363, 0.0514459929),
            (0.2119034982, 0.6806995451, 0.1073969566),
            (0.0883024619, 0.2817188376, 0.6299787005),
        )
    )
    return (
        0.2104542553 * long + 0.793617785 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.428592205 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.808675766 * short,
    )


def contrast(one: str, other: str) -> float:
    low, high = sorted(
        sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))
        for colour in (one, other)
    )
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_any_two_of_the_five_colours_are_told_apart(eye: str, theme: str) -> None:
    fills = [getattr(series.fill, theme) for series in SERIES]
    assert len(fills) == 5
    for one, other in itertools.combinations(fills, 2):
        assert math.dist(seen(one, eye), seen(other, eye)) >= APART, (one, other)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_a_contrast_of_four_and_a_half_and_marks_of_three(theme: str) -> None:
    ground = getattr(BACKGROUND, theme)
    for text in (INK, MUTED):
        assert contrast(getattr(text, theme), ground) >= 4.5
    for mark in (*(series.fill for series in SERIES), *SLATES, AXIS):
        assert contrast(getattr(mark, theme), ground) >= 2.95, mark
    for series in SERIES:
        assert contrast(getattr(series.text, theme), getattr(series.fill, theme)) >= 4.5


def test_every_colour_of_a_drawing_has_a_value_of_its_own_and_a_dark_one() -> None:
    lights = [shade.light for shade in ROLES]
    assert len(set(lights)) == len(lights)
    assert all(f'[fill="{light}"]' in dark_style() for light in lights)
