"""Explain activities: how many people came, and how often, as the list of activities or the campaign file says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.adapters import offline_lineage
from ingest.adapters.landing.open_landing import open_landing
from ingest.adapters.warehouse_file import opened
from ingest.domain.explanation import Fact, FileFacts, Value
from ingest.domain.matching import WORST
from ingest.settings import Settings
from ingest.steps.stated import StatedCampaign
from ingest.steps.trace import read_landed

APART = "not_counted_apart"


@dataclass(frozen=True, slots=True)
class Took:
    """What landing says of an activity: how often it took place, who came, and where that stands."""

    times: int | None
    people: int | None
    qualifier: str
    facts: list[Fact]
    files: dict[str, FileFacts]


def took_place(
    settings: Settings,
    stated: StatedCampaign,
    figure: Mapping[str, Any],
    published: Sequence[dict[str, Value]],
    until: datetime,
) -> Took:
    """What landing says of the activity that a figure names, of its age group if it names one."""
    campaign_id, activity_id = str(stated.body.get("campaign_id")), str(figure.get("activity_id"))
    with opened(settings.warehouse_path) as warehouse:
        places = offline_lineage.activity_at(warehouse, campaign_id, activity_id, until.replace(tzinfo=None))
    read = read_landed(open_landing(settings), list(places))
    at = stated.place("activities", "activity_id", activity_id)
    found: dict[str, Any] | None = stated.value(at) if len(at) > 1 else None
    where: dict[str, Any] = {"path": ".".join(map(str, at)), "campaign_file": stated.stated_in(at)}
    if stated.at:
        where |= {"file": stated.at.file, "line_no": stated.at.line_no}
    for place in places:
        line = read.lines.get((place.file, place.line_no))
        for one in line.body.get("data") or () if line else ():
            if (one.get("campaign_id"), one.get("activity_id")) == (campaign_id, activity_id):
                found, where = one, {"file": place.file, "line_no": place.line_no, "path": f"row {one.get('line', '')}"}
    asked = figure.get("age_group")
    came = [one for one in (found or {}).get("people") or () if asked in (None, _group(one)[1])]
    known = {(row["sex"], row["age_group"]): row["people"] for row in published}
    facts = [Fact(f"people, {_said(one)}", known.get(_group(one)), one["people"], **where) for one in came]
    return Took(
        times=(found or {}).get("times"),
        people=sum(one["people"] for one in came) if came else None,
        qualifier=max((one.get("qualifier") or "exact" for one in came), key=WORST.index, default="exact"),
        facts=facts or [Fact("times", (found or {}).get("times"), (found or {}).get("times"), **where)],
        files=dict(read.files),
    )


def _group(one: Mapping[str, Any]) -> tuple[str, str]:
    return str(one.get("sex") or APART), str(one.get("age_group") or APART)


def _said(one: Mapping[str, Any]) -> str:
    groups = [group for group in _group(one) if group != APART]
    return f"{' '.join(groups) or 'all'} ({(one.get('qualifier') or 'exact').replace('_', ' ')})"
