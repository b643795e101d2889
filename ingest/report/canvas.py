"""A canvas in pixels: boxes, rules, lines, dots and labels, as Vega-Lite has them: each in its layer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ingest.report.colours import BACKGROUND, INK
from ingest.report.text import REGULAR, width

Align = Literal["left", "center", "right"]
SIZE = 13
"""Pixels of the text on a chart."""
SMALL = 12
"""Pixels of the smallest text on a chart, on the widest and on the narrowest screen."""
LINE = 17
"""Pixels from one line of text to the next."""
SOLID: tuple[int, ...] = (1, 0)


@dataclass(slots=True)
class Canvas:
    """What is to be drawn; x runs right, y runs down, both in pixels. The height grows with what is put on it."""

    width: int
    height: float = 0
    grid: list[dict[str, Any]] = field(default_factory=list)
    boxes: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    dots: list[dict[str, Any]] = field(default_factory=list)
    labels: dict[tuple[Align, int, int], list[dict[str, Any]]] = field(default_factory=dict)

    def box(self, x: float, y: float, wide: float, high: float, fill: str) -> None:
        """A filled rectangle."""
        self.boxes.append({"x": _px(x), "x2": _px(x + wide), "y": _px(y), "y2": _px(y + high), "c": fill})
        self.height = max(self.height, y + high)

    def rule(
        self,
        x: float,
        y: float,
        x2: float,
        y2: float,
        stroke: str,
        *,
        thick: float = 1,
        dash: tuple[int, ...] = SOLID,
        under: bool = False,
    ) -> None:
        """A straight line; `under` all data."""
        place = {"x": _px(x), "x2": _px(x2), "y": _px(y), "y2": _px(y2)}
        (self.grid if under else self.rules).append(place | {"c": stroke, "w": thick, "d": list(dash)})
        self.height = max(self.height, y, y2)

    def line(
        self, points: Sequence[tuple[float, float]], stroke: str, *, thick: float = 2.5, dash: tuple[int, ...] = SOLID
    ) -> None:
        """A line through points."""
        self.lines.append(
            {"points": [{"x": _px(x), "y": _px(y)} for x, y in points], "c": stroke, "w": thick, "d": list(dash)}
        )

    def dot(self, x: float, y: float, fill: str, *, radius: float = 4, edge: str = BACKGROUND.light) -> None:
        """A filled circle with an edge."""
        self.dots.append({"x": _px(x), "y": _px(y), "c": fill, "e": edge, "s": round(3.14159 * radius**2, 1)})
        self.height = max(self.height, y + radius)

    def label(
        self,
        x: float,
        y: float,
        text: str,
        *,
        align: Align = "left",
        fill: str = INK.light,
        size: int = SIZE,
        weight: int = REGULAR,
    ) -> None:
        """One line of text, its middle at y. It is moved so that it does not leave the canvas."""
        wide = width(text, size, weight=weight)
        before = {"left": 0.0, "center": wide / 2, "right": wide}[align]
        left = max(0.0, min(x - before, self.width - wide))
        place = {"x": _px(left + before), "y": _px(y), "t": text, "c": fill}
        self.labels.setdefault((align, size, weight), []).append(place)
        self.height = max(self.height, y + size * 0.6)

    def onto(self, other: "Canvas", *, down: float) -> None:
        """Put all that is drawn here onto another canvas, moved down."""

        def moved(marks: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [mark | {name: _px(mark[name] + down) for name in ("y", "y2") if name in mark} for mark in marks]

        other.grid += moved(self.grid)
        other.boxes += moved(self.boxes)
        other.rules += moved(self.rules)
        other.lines += [line | {"points": moved(line["points"])} for line in self.lines]
        other.dots += moved(self.dots)
        for key, labels in self.labels.items():
            other.labels.setdefault(key, []).extend(moved(labels))
        other.height = max(other.height, self.height + down)

    def layers(self) -> list[dict[str, Any]]:
        """The drawing as layers of a Vega-Lite specification, of one pixel to one unit."""
        place = _Place(self.width, int(self.height + 1))
        looks = {"color": _as_is("c"), "strokeWidth": _as_is("w"), "strokeDash": _as_is("d")}
        circles = {"fill": _as_is("c"), "stroke": _as_is("e"), "size": _as_is("s")}
        drawn = [
            _layer(self.grid, {"type": "rule"}, place.span() | looks),
            _layer(self.boxes, {"type": "rect"}, place.span() | {"color": _as_is("c")}),
            _layer(self.rules, {"type": "rule"}, place.span() | looks),
            *(_layer(line["points"], _line(line), place.point() | _ORDER) for line in self.lines),
            _layer(self.dots, {"type": "point", "opacity": 1, "strokeWidth": 1.5}, place.point() | circles),
        ]
        texts = place.point() | {"text": {"field": "t", "type": "nominal"}, "color": _as_is("c")}
        drawn += [_layer(labels, _text(*look), texts) for look, labels in self.labels.items()]
        return [layer for layer in drawn if layer["data"]["values"]]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where marks are: a scale of one to one in both directions, without axes."""

    width: int
    height: int

    def point(self) -> dict[str, Any]:
        across, down = {"domain": [0, self.width]}, {"domain": [self.height, 0]}
        return {
            name: {"field": name, "type": "quantitative", "axis": None, "scale": scale | {"nice": False, "zero": False}}
            for name, scale in (("x", across), ("y", down))
        }

    def span(self) -> dict[str, Any]:
        return self.point() | {"x2": {"field": "x2"}, "y2": {"field": "y2"}}


_ORDER = {"order": {"field": "x", "type": "quantitative"}}


def _layer(rows: list[dict[str, Any]], mark: dict[str, Any], encoding: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding}


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "line",
        "stroke": line["c"],
        "strokeWidth": line["w"],
        "strokeDash": line["d"],
        "strokeJoin": "round",
    }


def _text(align: Align, size: int, weight: int) -> dict[str, Any]:
    return {"type": "text", "align": align, "baseline": "middle", "fontSize": size, "fontWeight": weight}


def _as_is(name: str) -> dict[str, Any]:
    """A channel whose values are the looks themselves."""
    return {"field": name, "type": "nominal", "scale": None}


def _px(value: float) -> float:
    return round(value, 1)
