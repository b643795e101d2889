"""The metric catalogue: our names for what platforms count, what each meant and when.

Meta's names in the Graph API stand in `metric_catalogue.csv`, the names in files that people export in
`export_catalogue.csv`, and nowhere else in code.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Literal, cast

ROWS = ("metric_catalogue.csv", "export_catalogue.csv")


Asked = Literal["list", "batch", "video", "window", "node", ""]
"""How it is read: with the listing of the posts, apart for one post, of a Page's video, for days of an account, as a
field of the account; nothing when it is only known, so that what Meta answers or removed has a name."""
OnError = Literal["leave_out", "withhold", "not_applicable", ""]
"""What a refusal means: the metric died, Meta tells it to larger accounts only, or such a post does not have it."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One definition of one metric, as one Graph name serves it.

    `adds` says whether values of different posts may be added. A `shape` of `map` holds several numbers: that of
    `map_key`, or their sum when there is none. `products` are the kinds of posts that have it, all when empty;
    `breakdown` is the part of the Graph's number that it is. `valid_to` is the first day on which Meta no longer
    serves it.
    """

    metric: str
    definition: str
    platform: str
    object_kind: str
    products: tuple[str, ...]
    graph_name: str
    map_key: str | None
    breakdown: str | None
    periods: tuple[str, ...]
    unit: str
    adds: bool
    shape: str
    valid_from: date | None
    valid_to: date | None
    asked: Asked
    on_error: OnError
    in_marts: bool
    meaning: str

    @property
    def breakdown_name(self) -> str:
        """What the Graph's number is taken apart by, when this is a part of it; else empty."""
        return (self.breakdown or "").partition("=")[0]

    def is_removed_on(self, day: date) -> bool:
        """Whether Meta has removed it by that day."""
        return self.valid_to is not None and self.valid_to <= day


def _metric(row: dict[str, str]) -> Metric:
    def day(text: str) -> date | None:
        return date.fromisoformat(text) if text else None

    def several(text: str) -> tuple[str, ...]:
        return tuple(text.split("|")) if text else ()

    return Metric(
        metric=row["metric"],
        definition=row["definition"],
        platform=row["platform"],
        object_kind=row["object_kind"],
        products=several(row["products"]),
        graph_name=row["graph_name"],
        map_key=row["map_key"] or None,
        breakdown=row["breakdown"] or None,
        periods=several(row["periods"]),
        unit=row["unit"],
        adds=row["adds"] == "yes",
        shape=row["shape"],
        valid_from=day(row["valid_from"]),
        valid_to=day(row["valid_to"]),
        asked=cast("Asked", row["asked"]),
        on_error=cast("OnError", row["on_error"]),
        in_marts=row["in_marts"] == "yes",
        meaning=row["meaning"],
    )


def _read() -> tuple[Metric, ...]:
    texts = [files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ROWS]
    return tuple(_metric(row) for text in texts for row in csv.DictReader(text.splitlines()))


CATALOGUE: tuple[Metric, ...] = _read()


def graph_names(metrics: Iterable[Metric]) -> tuple[str, ...]:
    """The Graph names of metrics, each once, in the catalogue's order."""
    return tuple(dict.fromkeys(metric.graph_name for metric in metrics))


def by_breakdown(metrics: Iterable[Metric]) -> dict[str, tuple[str, ...]]:
    """Graph names by the breakdown that they are asked with: one call takes one. It gives the whole number, too."""
    names: dict[str, list[str]] = {}
    found = tuple(metrics)
    apart = {metric.graph_name for metric in found if metric.breakdown_name}
    for metric in found:
        if metric.breakdown_name or metric.graph_name not in apart:
            names.setdefault(metric.breakdown_name, []).append(metric.graph_name)
    return {breakdown: tuple(dict.fromkeys(several)) for breakdown, several in names.items()}


def graph_name_of(platform: str, metric: str) -> str:
    """The Graph name under which a listing of a platform's posts serves one of our metrics."""
    return next(
        one.graph_name for one in CATALOGUE if (one.platform, one.metric, one.asked) == (platform, metric, "list")
    )


def asked(platform: str, how: Asked, *, on: date, product: str = "") -> tuple[Metric, ...]:
    """The metrics that are read in that way and not removed by then; with a product only those that it has."""
    return tuple(
        metric
        for metric in CATALOGUE
        if (metric.platform, metric.asked) == (platform, how)
        and not metric.is_removed_on(on)
        and (not product or not metric.products or product in metric.products)
    )


def expandable(platform: str, *, on: date) -> tuple[str, ...]:
    """Graph names that a listing of posts may ask for within the same call: not removed by then, for every format."""
    return graph_names(asked(platform, "list", on=on))
