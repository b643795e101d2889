"""Explain targets: what a phase was to reach, as its campaign file states it, and what it has reached of that."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.publication import served_cells
from ingest.adapters.publication.manifest import Manifest
from ingest.adapters.warehouse_file import opened
from ingest.domain.cells import Cell
from ingest.domain.errors import SettingsInvalid
from ingest.domain.explanation import Explanation, Fact, FileFacts, Value
from ingest.settings import Settings
from ingest.steps.explain_posts import explain_posts, publication_of, served
from ingest.steps.stated import StatedCampaign, stated_campaign
from ingest.steps.trace import Landed, locate, published_number, read_landed

HOW = {
    "target_metric": "stated in the campaign file, no sum",
    "target_value": "stated in the campaign file, no sum",
    "target_expected": "the target, by the days of the phase that had passed when the newest number was fetched",
    "attainment_pct": "what the phase's posts add up to, in per cent of the target that the campaign file states",
}


@dataclass(frozen=True, slots=True)
class _Published:
    """What the served version says of a phase's target, and which of its numbers is the newest."""

    manifest: Manifest
    value: Value
    phase: served_cells.PhaseTarget
    newest: served_cells.PublishedNumber | None
    platform: str


def explain_target(settings: Settings, cell: Cell) -> Explanation:
    """The explanation of one of a phase's columns about its target.

    Raises: SettingsInvalid for what there is not, WarehouseBusy, WarehouseBroken, StorageFailed.
    """
    published = _published(settings, cell)
    stated = stated_campaign(settings, published.manifest, cell.campaign_id)
    facts = _facts(stated, cell.phase_id or "", published.phase)
    target = facts[1].landed
    found = Explanation(
        publication=publication_of(published.manifest),
        campaign_id=cell.campaign_id,
        metric=cell.metric,
        dimensions=cell.dimensions,
        table=cell.table,
        how=HOW[cell.metric],
        published=published.value,
        added=published.value,
        landed=None,
        posts=(),
        files=tuple(stated.files.values()),
        rules=stated.rules,
        facts=tuple(facts[:2]),
    )
    if cell.metric in ("target_metric", "target_value"):
        landed = next(fact.landed for fact in facts if fact.name == cell.metric)
        return replace(found, landed=landed)
    if not isinstance(target, int | float):
        return replace(found, notes=("the phase has no target, so that nothing is expected and nothing attained",))
    if cell.metric == "target_expected":
        return _expected(settings, published, found, facts, target)
    return _attained(settings, cell, found, target)


def _published(settings: Settings, cell: Cell) -> _Published:
    if tuple(cell.dimensions) != ("phase_id",):
        raise SettingsInvalid(f"{cell.metric} is of a phase: name it by --phase, and nothing else.")
    with served(settings) as (manifest, marts):
        served_cells.require_known(marts, cell)
        newest = served_cells.newest_number(marts)
        return _Published(
            manifest,
            served_cells.cell_value(marts, cell),
            served_cells.phase_of(marts, cell.campaign_id, cell.phase_id or ""),
            newest,
            served_cells.platform_of(marts, newest.post_id) if newest else "",
        )


def _facts(stated: StatedCampaign, phase_id: str, phase: served_cells.PhaseTarget) -> list[Fact]:
    """Target, days and time zone, as published and as landed."""
    at = stated.place("phases", "phase_id", phase_id)
    return [
        stated.fact("target_metric", phase.target_metric, (*at, "target", "metric")),
        stated.fact("target_value", phase.target_value, (*at, "target", "value")),
        stated.fact("starts_on", f"{phase.starts_on}", (*at, "starts_on")),
        stated.fact("ends_on", f"{phase.ends_on}", (*at, "ends_on")),
        stated.fact("time_zone", phase.time_zone, ("time_zone",)),
    ]


def _attained(settings: Settings, cell: Cell, found: Explanation, target: float) -> Explanation:
    metric = str(found.facts[0].landed)
    posts = explain_posts(settings, replace(cell, metric=metric))
    return replace(
        posts,
        metric=cell.metric,
        how=found.how,
        published=found.published,
        added=_per_cent(posts.added, target),
        landed=_per_cent(posts.landed, target),
        facts=found.facts,
    )


def _per_cent(value: Value, whole: float) -> float | None:
    return round(100 * value / whole, 2) if isinstance(value, int | float) and whole else None


def _expected(
    settings: Settings, published: _Published, found: Explanation, facts: list[Fact], target: float
) -> Explanation:
    newest, files = _newest(settings, published)
    facts += [newest] if newest else []
    starts_on, ends_on = (date.fromisoformat(str(fact.landed)) for fact in facts[2:4])
    landed = None
    if newest and isinstance(newest.landed, str):
        known_at = datetime.fromisoformat(newest.landed).replace(tzinfo=UTC)
        day = known_at.astimezone(ZoneInfo(str(facts[4].landed))).date()
        share = ((day - starts_on).days + 1) / ((ends_on - starts_on).days + 1)
        landed = target * max(0, min(1, share))
    return replace(found, landed=landed, facts=tuple(facts), files=(*found.files, *files))


def _newest(settings: Settings, published: _Published) -> tuple[Fact | None, list[FileFacts]]:
    """When the newest number was fetched, by its landed line."""
    if published.newest is None:
        return None, []
    with opened(settings.warehouse_path) as warehouse:
        platforms = {published.newest.post_id: published.platform}
        (number,) = locate(warehouse, [published_number(published.newest)], platforms)
    read = read_landed(open_landing(settings), [number.at] if number.at else [])
    said = number.leaf.fetched_at
    name = f"the newest number, {number.leaf.metric} of {number.post_id}, was fetched"
    if number.at is None:
        return Fact(name, said, None, problem="the warehouse does not know where it landed: campaign-reach rebuild"), []
    landed = _fetched_at(read, number.at.file, number.at.line_no)
    return Fact(name, said, landed, number.at.file, number.at.line_no), list(read.files.values())


def _fetched_at(read: Landed, file: str, line_no: int) -> str | None:
    """When a line was fetched; a row of an imported file, when the file was exported."""
    line = read.lines.get((file, line_no))
    if line is not None and line.source != "export":
        return f"{line.fetched_at:%Y-%m-%dT%H:%M:%SZ}"
    exported = (str(one.request["params"].get("exported_at")) for one in read.files[file].lines)
    return max(exported, default=None)
