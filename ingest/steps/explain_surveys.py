"""Explain surveys: a change between two waves, made again from the landed shares."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.adapters import offline_lineage
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.lineage import LandedAt
from ingest.adapters.publication import served_cells, served_offline
from ingest.adapters.warehouse_file import opened
from ingest.domain import shares
from ingest.domain.errors import SettingsInvalid
from ingest.domain.explanation import Explanation, Fact, FileFacts, Value
from ingest.settings import Settings
from ingest.steps.explain_posts import publication_of, served
from ingest.steps.stated import StatedCampaign, stated_campaign
from ingest.steps.trace import Landed, read_landed

TABLE = "agg_survey_change"
HOW = {
    "first_wave": "the wave that stands first",
    "last_wave": "the wave that stands last",
    "first_share_pct": "the share of the first wave, no sum",
    "last_share_pct": "the share of the last wave, no sum",
    "change_points": "the share of the last wave less that of the first",
    "change_pct": "the change in per cent of the first share",
    "change_points_low": "the lower end of Newcombe's interval, from the shares and how many were asked",
    "change_points_high": "the upper end of Newcombe's interval, from the shares and how many were asked",
    "interval_method": "how the interval was made; nothing without one",
    "interval_reason": "why there is no interval; nothing when there is one",
    "evidence_design": "who was asked, as all waves say it; unknown when they differ",
    "may_say": "effect where exposed and not exposed were asked, else change",
}
NUMBERS = ("share_pct", "n", "n_effective")


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The waves of an indicator and group: what each landed, with its facts, and the files that were opened."""

    waves: list[shares.Wave]
    facts: list[Fact]
    files: dict[str, FileFacts]


def explain_survey(
    settings: Settings, campaign_id: str, indicator: str, respondents: str | None, metric: str
) -> Explanation:
    """The explanation of a column of agg_survey_change; the group of respondents may be left out where it is one.

    Raises: SettingsInvalid for what there is not, WarehouseBusy, WarehouseBroken, StorageFailed.
    """
    if metric not in HOW:
        raise SettingsInvalid(f"{metric} is no column of marts.{TABLE}. There are: {', '.join(HOW)}.")
    with served(settings) as (manifest, marts):
        group = served_offline.group_asked(marts, campaign_id, indicator, respondents)
        key = {"campaign_id": campaign_id, "indicator": indicator, "respondents": group}
        row = served_cells.row_of(marts, TABLE, key)
        published = served_offline.waves_of(marts, key)
    stated = stated_campaign(settings, manifest, campaign_id)
    found = surveyed(settings, stated, key, published, datetime.fromisoformat(manifest.built_at))
    return Explanation(
        publication=publication_of(manifest),
        campaign_id=campaign_id,
        metric=metric,
        dimensions={"indicator": indicator, "respondents": group},
        table=TABLE,
        how=HOW[metric],
        published=row.get(metric),
        added=shares.change_of([_wave(row) for row in published])[metric],
        landed=shares.change_of(found.waves)[metric] if found.waves else None,
        posts=(),
        files=tuple((stated.files | found.files).values()),
        rules=stated.rules,
        facts=tuple(found.facts),
    )


def surveyed(
    settings: Settings,
    stated: StatedCampaign,
    key: dict[str, str],
    published: list[dict[str, Value]],
    until: datetime,
) -> Surveyed:
    """What landing says of the waves that are published: by the file that each came in, else by the campaign file."""
    until = until.replace(tzinfo=None)
    with opened(settings.warehouse_path) as warehouse:
        found = offline_lineage.waves_at(warehouse, key["campaign_id"], key["indicator"], key["respondents"], until)
    places = {one.wave: one.places for one in found}
    read = read_landed(open_landing(settings), [place for several in places.values() for place in several])
    waves, facts = [], []
    for row in published:
        wave = str(row["wave"])
        landed, own = _of_file(places[wave], read, key, row) if wave in places else _of_campaign(stated, key, row)
        facts += own
        if landed:
            waves.append(_wave(landed))
    return Surveyed(waves, facts, dict(read.files))


def _of_file(
    places: Iterable[LandedAt], read: Landed, key: dict[str, str], row: dict[str, Value]
) -> tuple[dict[str, Any] | None, list[Fact]]:
    """The wave as an imported file says it."""
    wanted = key | {"wave": row["wave"]}
    for place in places:
        line = read.lines.get((place.file, place.line_no))
        for one in line.body.get("data") or () if line else ():
            if all(one.get(name) == value for name, value in wanted.items()):
                path = f"row {one.get('line', '')}".strip()
                return one, [
                    Fact(_name(row, name), row[name], one.get(name), place.file, place.line_no, path)
                    for name in NUMBERS
                ]
    file = next((place.file for place in places), None)
    problem = "the landed lines of its file do not hold it: the file is read anew by the campaign files of today"
    return None, [Fact(_name(row, NUMBERS[0]), row[NUMBERS[0]], None, file, problem=problem)]


def _of_campaign(
    stated: StatedCampaign, key: dict[str, str], row: dict[str, Value]
) -> tuple[dict[str, Any] | None, list[Fact]]:
    """The wave as the campaign file states it."""
    wanted = {name: key[name] for name in ("indicator", "respondents")} | {"wave": row["wave"]}
    for index, one in enumerate(stated.body.get("surveys") or ()):
        if all(one.get(name) == value for name, value in wanted.items()):
            own = [stated.fact(_name(row, name), row[name], ("surveys", index, name)) for name in NUMBERS[:2]]
            return one, own
    problem = "neither the campaign file nor an imported file holds it"
    return None, [Fact(_name(row, NUMBERS[0]), row[NUMBERS[0]], None, problem=problem)]


def _name(row: dict[str, Value], name: str) -> str:
    return f"{name} of wave {row['wave']}"


def _wave(landed: dict[str, Any]) -> shares.Wave:
    numbers = {name: landed.get(name) for name in NUMBERS}
    design = landed.get("evidence_design") or "unknown"
    return shares.Wave(str(landed["wave"]), int(landed["wave_order"]), evidence_design=design, **numbers)
