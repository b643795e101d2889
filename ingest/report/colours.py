"""The colours of the report, light and dark: five that colour-blind readers can tell apart, and ink.

A chart is drawn in the light ones. The page's style sheet says the dark one for each of them, by the very value that
stands in the SVG: so every role has a value of its own, also where two look alike.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shade:
    """One role in light and in dark."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Series:
    """A colour of data, and the colour of text that stands on it."""

    fill: Shade
    text: Shade


BACKGROUND = Shade("#ffffff", "#12161d")
INK = Shade("#16202c", "#eef2f7")
MUTED = Shade("#52606f", "#aab6c4")
GRID = Shade("#d9dfe6", "#2d3643")
AXIS = Shade("#8b96a3", "#6b7787")
FAINT = Shade("#eef1f5", "#1d242e")

SERIES: tuple[Series, ...] = (
    Series(Shade("#1b71d6", "#67aef3"), Shade("#fffffe", "#0b1119")),
    Series(Shade("#c17f0f", "#f28a19"), Shade("#0f1520", "#0b111a")),
    Series(Shade("#1f694c", "#81faee"), Shade("#fffffd", "#0b111b")),
    Series(Shade("#4f1a36", "#9e30b8"), Shade("#fffffc", "#fffffb")),
    Series(Shade("#888f97", "#838b96"), Shade("#0f1521", "#0b111c")),
)
MOST_SERIES = len(SERIES)
OTHER = SERIES[-1]
ACCENT = SERIES[0]

SLATES: tuple[Shade, ...] = (
    Shade("#17212d", "#eef2f6"),
    Shade("#3c4a5a", "#c5cfda"),
    Shade("#566475", "#a5b1be"),
    Shade("#6d7a8a", "#8b98a7"),
    Shade("#808c9a", "#75828f"),
)
"""Lines of phases, the newest first: not the colours of content types, which mean something else."""

ROLES: tuple[Shade, ...] = (
    *(BACKGROUND, INK, MUTED, GRID, AXIS, FAINT),
    *SLATES,
    *(shade for series in SERIES for shade in (series.fill, series.text)),
)


def dark_style() -> str:
    """CSS that turns a drawing's colours into the dark ones."""
    return "".join(
        f'svg [fill="{shade.light}"]{{fill:{shade.dark}}}svg [stroke="{shade.light}"]{{stroke:{shade.dark}}}'
        for shade in ROLES
    )
