"""Questions: what is asked of one object of the Graph, and how a question is taken apart when it is refused."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode

from ingest.adapters.graph.answers import strict_json
from ingest.adapters.graph.pager import next_position
from ingest.adapters.landing.envelope import Received, Request
from ingest.domain.metrics import Metric, by_breakdown

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of a batch: of which object, and what lands of it. `params` are those beside fields and metrics."""

    path: tuple[str, ...]
    request: Request
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The address below the version, without a credential."""
        request, params = self.request, dict(self.params)
        if self._is_of_insights:
            params["metric"] = ",".join(request.metrics)
        elif request.fields:
            params["fields"] = ",".join((*request.fields, *insights_field(request.metrics)))
        return f"{'/'.join(self.path)}?{urlencode(params)}"

    @property
    def place(self) -> str:
        """Where the metric catalogue says that its metrics are asked: of days, of a video, of a post."""
        if self.path[-1] == "video_insights":
            return "video"
        return "window" if "period" in self.params else "batch"

    @property
    def _is_of_insights(self) -> bool:
        return self.path[-1].endswith("insights")

    @property
    def can_split(self) -> bool:
        """Whether it asks for more than one thing that Meta may refuse alone."""
        return len(self.request.metrics) > 1 if self._is_of_insights else bool(self.request.metrics)

    def split(self) -> "tuple[Ask, ...]":
        """The same question for each metric alone; of an object with its insights both apart."""
        if self._is_of_insights:
            return tuple(replace(self, request=replace(self.request, metrics=(one,))) for one in self.request.metrics)
        bare = replace(self, request=replace(self.request, metrics=()))
        return bare, insights_ask(self.path[0], self.request.metrics)

    def without(self, refused: Mapping[str, str]) -> "Ask":
        """The same question without metrics that Meta refuses, which land as refused."""
        wanted = tuple(one for one in self.request.metrics if one not in refused)
        reasons = {one: refused[one] for one in self.request.metrics if one in refused}
        return replace(self, request=replace(self.request, metrics=wanted, refused={**self.request.refused, **reasons}))

    def halves(self) -> "tuple[Ask, ...]":
        """The same question for the older and the newer half of its days; none when it is about one day, or none."""
        given = self.params
        if "since" not in given or "until" not in given:
            return ()
        first, last = _moment(given["since"]), _moment(given["until"])
        middle = first + (last - first) // 2
        if not given["since"].isdecimal():
            middle = datetime.combine(middle.date(), time.min, UTC)
        if last - first < 2 * ONE_DAY or middle <= first:
            return ()
        between = str(int(middle.timestamp())) if given["since"].isdecimal() else f"{middle:%Y-%m-%d}"
        return self._between(given["since"], between), self._between(between, given["until"])

    def _between(self, since: str, until: str) -> "Ask":
        piece = {"since": since, "until": until}
        shown = replace(self.request, params={**self.request.params, **piece})
        return Ask(self.path, shown, {**self.params, **piece})


def _moment(text: str) -> datetime:
    moment = datetime.fromtimestamp(int(text), UTC) if text.isdecimal() else datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def insights_field(metrics: tuple[str, ...]) -> tuple[str, ...]:
    """The field that expands to lifetime insights; nothing for no metric."""
    return (f"insights.metric({','.join(metrics)}){{name,period,values}}",) if metrics else ()


def node_ask(
    edge: str, object_id: str, fields: tuple[str, ...], metrics: tuple[str, ...] = (), refused: Mapping[str, str] = {}
) -> Ask:
    """An object itself, with lifetime insights when there are metrics; it lands as an answer of the kind `edge`."""
    return Ask((object_id,), Request(edge, object_id, fields, metrics, {}, dict(refused)))


def edge_ask(object_id: str, edge: str, fields: tuple[str, ...]) -> Ask:
    """The first page of a list that belongs to an object."""
    params = {"limit": "100"}
    return Ask((object_id, edge), Request(edge, object_id, fields, (), params), params)


def insights_ask(
    object_id: str, metrics: Sequence[str], *, edge: str = "insights", lands_as: str = "", **params: str
) -> Ask:
    """Insights of one object; they land under `lands_as` if the Graph knows the object by another id than we do."""
    shown = params | ({"asked_id": object_id} if lands_as else {})
    return Ask((object_id, edge), Request(edge, lands_as or object_id, (), tuple(metrics), shown), params)


def broken_down_asks(object_id: str, metrics: Iterable[Metric], **params: str) -> list[Ask]:
    """Insights of one object: one question for each breakdown that the metrics are asked with, none for no metric."""
    return [
        insights_ask(object_id, names, **({"breakdown": breakdown} if breakdown else {}), **params)
        for breakdown, names in by_breakdown(metrics).items()
    ]


def following_ask(answer: Received) -> Ask | None:
    """The question for the next page of a list that was read in a batch; None when this was the last."""
    position = next_position(strict_json(answer.body))
    request = answer.request
    if position is None or position.items() <= request.params.items():
        return None
    params = {**request.params, **position}
    return Ask((request.object_id, request.edge), replace(request, params=params), params)
