"""The metric catalogue: our names for what Meta counts, what each meant and when; the rows are `metric_catalogue.csv`.

Meta's names stand in that file and nowhere else in code.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

ROWS = "metric_catalogue.csv"


@dataclass(frozen=True, slots=True)
class Metric:
    """One definition of one metric, as one Graph name serves it.

    `adds` says whether values of different posts may be added. A `shape` of `map` holds several numbers: that of
    `map_key`, or their sum when there is none. `valid_to` is the first day on which Meta no longer serves it.
    """

    metric: str
    definition: str
    platform: str
    object_kind: str
    graph_name: str
    map_key: str | None
    unit: str
    adds: bool
    shape: str
    valid_from: date | None
    valid_to: date | None
    expands: bool
    meaning: str

    def is_removed_on(self, day: date) -> bool:
        """Whether Meta has removed it by that day."""
        return self.valid_to is not None and self.valid_to <= day


def _metric(row: dict[str, str]) -> Metric:
    def day(text: str) -> date | None:
        return date.fromisoformat(text) if text else None

    return Metric(
        metric=row["metric"],
        definition=row["definition"],
        platform=row["platform"],
        object_kind=row["object_kind"],
        graph_name=row["graph_name"],
        map_key=row["map_key"] or None,
        unit=row["unit"],
        adds=row["adds"] == "yes",
        shape=row["shape"],
        valid_from=day(row["valid_from"]),
        valid_to=day(row["valid_to"]),
        expands=row["expands"] == "yes",
        meaning=row["meaning"],
    )


def _read() -> tuple[Metric, ...]:
    text = files(__package__).joinpath(ROWS).read_text(encoding="utf-8")
    return tuple(_metric(row) for row in csv.DictReader(text.splitlines()))


CATALOGUE: tuple[Metric, ...] = _read()


def graph_names(metrics: Iterable[Metric]) -> tuple[str, ...]:
    """The Graph names of metrics, each once, in the catalogue's order."""
    return tuple(dict.fromkeys(metric.graph_name for metric in metrics))


def graph_name_of(platform: str, metric: str) -> str:
    """The Graph name under which a platform's posts serve one of our metrics."""
    return next(
        one.graph_name
        for one in CATALOGUE
        if (one.platform, one.object_kind, one.metric) == (platform, "post", metric) and one.expands
    )


def expandable(platform: str, *, on: date) -> tuple[str, ...]:
    """Graph names that a listing of posts may ask for within the same call: not removed by then, for every format."""
    return graph_names(
        metric
        for metric in CATALOGUE
        if metric.platform == platform
        and metric.object_kind == "post"
        and metric.expands
        and not metric.is_removed_on(on)
    )
