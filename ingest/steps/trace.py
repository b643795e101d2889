"""Trace: from published numbers to the landed lines they came in, and what those lines say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ingest.adapters import lineage
from ingest.adapters.exports.tables import EDGE as EXPORT
from ingest.adapters.landing.exported import ExportedRow, exported_rows
from ingest.adapters.landing.files import Landing
from ingest.adapters.landing.lines import LandedLine, open_landed
from ingest.adapters.landing.numbers import LandedNumbers
from ingest.adapters.landing.removals import last_changes, read_removals
from ingest.adapters.publication.served_cells import PublishedNumber
from ingest.domain.cells import DAYS
from ingest.domain.errors import LandingDamaged
from ingest.domain.explanation import FileFacts, Leaf, LineFacts
from ingest.domain.metrics import CATALOGUE, Metric

POST_METRICS = tuple(one for one in CATALOGUE if one.object_kind == "post")
OF_POSTS = {
    key: [one for one in POST_METRICS if (one.platform, one.metric) == key]
    for key in {(one.platform, one.metric) for one in POST_METRICS}
}
"""The definitions of posts' metrics, by platform and our name."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number to be followed: as the marts have it, by which definition, and where it landed."""

    leaf: Leaf
    post_id: str
    metric: Metric | None = None
    at: lineage.LandedAt | None = None


def published_number(one: PublishedNumber) -> Number:
    """A number as the marts have it."""
    leaf = Leaf(
        part=one.metric,
        metric=one.metric,
        status=one.status,
        published=one.value,
        landed=None,
        definition=one.definition,
        graph_name=one.graph_name,
        source=one.source,
        fetched_at=_moment(one.fetched_at),
    )
    return Number(leaf, one.post_id)


def number_on_day(one: lineage.DayNumber) -> Number:
    """A number as it had been read by the end of a day."""
    leaf = Leaf(one.metric, one.metric, "reported", one.value, None, fetched_at=_moment(one.fetched_at))
    return Number(leaf, one.post_id)


def day_number(end: lineage.DayEnd) -> Number:
    """What a post had on a day; one that did not exist yet had nothing, and no line says so."""
    value = 0 if end.is_nothing else end.value
    leaf = Leaf(
        part=DAYS[end.is_before],
        metric="views",
        status="reported" if value is not None else "not_observed",
        published=value,
        landed=value if end.is_nothing else None,
        fetched_at=None if end.is_nothing else _moment(end.fetched_at),
    )
    return Number(leaf, end.post_id)


def locate(warehouse: lineage.Connection, numbers: list[Number], platforms: Mapping[str, str]) -> list[Number]:
    """Each number with its definition and where it landed; where several definitions fit, the one that has a line."""
    tries = [
        (number, metric) for number in numbers if number.leaf.fetched_at for metric in _definitions(number, platforms)
    ]
    wanted = [
        lineage.Wanted(number.post_id, metric, datetime.fromisoformat(number.leaf.fetched_at.removesuffix("Z")))
        for number, metric in tries
        if number.leaf.fetched_at
    ]
    found: dict[tuple[str, str], Number] = {}
    for (number, metric), at in zip(tries, lineage.landed_at(warehouse, wanted), strict=True):
        if at:
            leaf = replace(
                number.leaf,
                definition=metric.definition,
                graph_name=metric.graph_name,
                file=at.file,
                line_no=at.line_no,
            )
            found.setdefault((number.post_id, number.leaf.part), Number(leaf, number.post_id, metric, at))
    return [found.get((one.post_id, one.leaf.part), one) for one in numbers]


def _definitions(number: Number, platforms: Mapping[str, str]) -> list[Metric]:
    """The catalogue's definitions that a number may have been counted by."""
    leaf = number.leaf
    return [
        one
        for one in OF_POSTS.get((platforms[number.post_id], leaf.metric), ())
        if leaf.definition in (None, one.definition) and leaf.graph_name in (None, one.graph_name)
    ]


@dataclass(frozen=True, slots=True)
class Landed:
    """What was read of landing: the facts of each file; by file and line number the line, and what it says of posts.

    `rewritten` names the files of which something was removed since they landed.
    """

    files: dict[str, FileFacts]
    lines: dict[tuple[str, int], LandedLine]
    numbers: dict[tuple[str, int], LandedNumbers | ExportedRow]
    rewritten: tuple[str, ...] = ()


def read_landed(landing: Landing, places: Sequence[lineage.LandedAt]) -> Landed:
    """Open each file once, and read the lines that are named; a file that was removed on purpose says so."""
    removals = last_changes(read_removals(landing))
    logged = {place.file: place.sha256 for place in places}
    numbers: dict[str, set[int]] = {}
    for place in places:
        numbers.setdefault(place.file, set()).add(place.line_no)
    rewritten = [
        f"{file} was rewritten: {removals[file][0].shortly}"
        for file in sorted(removals.keys() & numbers)
        if removals[file][1].sha256_after is not None
    ]
    read = Landed({}, {}, {}, tuple(rewritten))
    for file in sorted(numbers):
        try:
            _read_file(landing, file, logged[file], numbers[file], read)
        except LandingDamaged as error:
            act = removals.get(file)
            gone = act and act[1].sha256_after is None
            problem = f"is in landing no more: {act[0].shortly}" if act and gone else f"cannot be read: {error}"
            read.files[file] = FileFacts(file, None, logged[file], (), problem=problem)
    return read


def _read_file(landing: Landing, file: str, logged: str, numbers: set[int], read: Landed) -> None:
    """Read the named lines of a landed file; those of an imported file lie beside the lines that say how it is read."""
    is_export = file.startswith(f"{EXPORT}/")
    content = open_landed(landing, file)
    lines = list(content.read(None if is_export else numbers))
    if is_export:
        found = exported_rows(landing, file, [one for one in lines if one.request["edge"] == EXPORT], numbers)
        read.numbers.update({(file, number): row for number, row in found.items()})
    read.lines.update({(file, line.line_no): line for line in lines})
    if not is_export:
        read.numbers.update({(file, line.line_no): LandedNumbers(line) for line in lines})
    read.files[file] = FileFacts(file, content.sha256, logged, tuple(map(_line_facts, lines)))


def _line_facts(line: LandedLine) -> LineFacts:
    return LineFacts(
        line_no=line.line_no,
        fetched_at=_moment(line.fetched_at) or "",
        source=line.source,
        request=line.request,
        graph_version=line.graph_version,
        http_status=line.http_status,
        body_sha256=line.body_sha256,
        is_true=line.is_true,
    )


def take_out(number: Number, read: Landed) -> Number:
    """The number with what its landed line says."""
    if number.at is None or number.metric is None:
        is_known = number.leaf.published is None or number.leaf.landed is not None
        problem = "" if is_known else "the warehouse does not know where it landed: campaign-reach rebuild"
        return replace(number, leaf=replace(number.leaf, problem=problem))
    line = read.numbers.get((number.at.file, number.at.line_no))
    if line is None:
        problem = f"line {number.at.line_no} of {number.at.file} cannot be read"
        return replace(number, leaf=replace(number.leaf, problem=problem))
    return replace(number, leaf=replace(number.leaf, landed=line.number(number.post_id, number.metric)))


def _moment(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None
