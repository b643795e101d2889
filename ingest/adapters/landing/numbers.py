"""Numbers taken out of landed bodies by hand: apart from the SQL that loads them, so that one proves the other."""

from collections.abc import Iterator
from typing import Any

from ingest.adapters.landing.lines import LandedLine
from ingest.domain.metrics import Metric

BREAKDOWNS = ("is_from_ads", "is_from_followers")
APART = ("insights", "video_insights")


class LandedNumbers:
    """What one landed line says of posts."""

    def __init__(self, line: LandedLine) -> None:
        self._line = line
        self._insights: dict[str, list[dict[str, Any]]] = {}
        if line.http_status in (None, 200):
            for post_id, insights in _by_post(line):
                self._insights.setdefault(post_id, insights)

    def number(self, post_id: str, metric: Metric) -> int | None:
        """The post's number by that definition as the body has it; None when it holds none."""
        if self._line.request.get("edge") == "story_insights":
            return _not_negative(_whole(self._line.body.get(metric.graph_name)))
        found = (
            _measured(point, metric)
            for insight in self._insights.get(post_id, ())
            if insight.get("name") == metric.graph_name
            for point in _points(insight, metric)
        )
        return next((value for value in found if value is not None), None)


def _by_post(line: LandedLine) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Posts and their insights, wherever these stand: an answer of their own, or within each post."""
    asked = str(line.request.get("object_id"))
    if line.request.get("edge") in APART:
        yield asked, line.body.get("data") or []
        return
    objects = line.body.get("data")
    for one in objects if isinstance(objects, list) else [line.body]:
        own = str(one.get("id") or one.get("post_id") or asked).strip()
        yield own, (one.get("insights") or {}).get("data") or []


def _points(insight: dict[str, Any], metric: Metric) -> Iterator[Any]:
    """The values for life that are the whole number, or the part of it that the metric means."""
    if insight.get("total_value") is not None:
        yield insight["total_value"].get("value")
        return
    for point in insight.get("values") or ():
        part = next((f"{name}={point[name]}" for name in BREAKDOWNS if point.get(name) is not None), None)
        if part == metric.breakdown and point.get("end_time") is None:
            yield point.get("value")


def _measured(value: Any, metric: Metric) -> int | None:
    """The number in a value: itself, one key of a map, or the sum of a map."""
    if value is None or metric.shape in ("int", "total_value"):
        return _whole(value)
    if not isinstance(value, dict):
        return None
    if metric.map_key:
        return _whole(value.get(metric.map_key)) or 0
    return sum(_whole(one) or 0 for one in value.values())


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _not_negative(value: int | None) -> int | None:
    return None if value is None or value < 0 else value
