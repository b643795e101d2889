"""Lists of activities: one row per group of people that was counted apart, or one row per activity."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from ingest.adapters.exports.offline_cells import day_of, given, name_of, people_of, sex_of, whole_of
from ingest.adapters.exports.offline_columns import Columns
from ingest.adapters.exports.offline_rows import (
    BadRow,
    Knows,
    Lines,
    OfflineRows,
    Rejected,
    first_reason,
    is_blank,
    read_cell,
    required,
)
from ingest.domain.campaigns import Campaign
from ingest.domain.offline import Activity

SAME = ("activity_name", "kind", "phase_id", "held_on", "place", "times")
"""What all rows of one activity must say alike."""


def read_activities(columns: Columns, lines: Lines, knows: Knows) -> OfflineRows:
    """The activities of a list, each with its people; rows of one activity belong together, wherever they stand."""
    found = OfflineRows("activities")
    activities: dict[tuple[str, str], dict[str, Any]] = {}
    for line, row in lines:
        if is_blank(row):
            continue
        found.read += 1
        try:
            campaign, facts, people = _row(columns, row, knows)
            key = (campaign.campaign_id, facts["activity_id"])
            _put(activities.get(key), facts, people)
            activities.setdefault(key, {"line": line} | facts | {"people": []})["people"] += people
        except BadRow as bad:
            named = given(columns.cell(row, "activity_id")) or given(columns.cell(row, "activity_name"))
            found.rejected.append(Rejected(line, named, str(bad)))
    for (campaign_id, _), activity in activities.items():
        found.add(campaign_id, activity)
    return found


def _row(
    columns: Columns, row: Sequence[str | None], knows: Knows
) -> tuple[Campaign, dict[str, Any], list[dict[str, Any]]]:
    campaign = knows.campaign(read_cell(columns, row, "campaign", name_of))
    name = given(columns.cell(row, "activity_name"))
    held_on = read_cell(columns, row, "held_on", day_of)
    people = _people(columns, row)
    facts = {
        "activity_id": required(
            read_cell(columns, row, "activity_id", name_of) or read_cell(columns, row, "activity_name", name_of),
            "activity_id",
        ),
        "activity_name": required(name or given(columns.cell(row, "activity_id")), "activity_name"),
        "kind": required(read_cell(columns, row, "kind", name_of), "kind"),
        "phase_id": _phase(campaign, read_cell(columns, row, "phase", name_of)),
        "held_on": held_on.isoformat() if held_on else None,
        "place": given(columns.cell(row, "place")),
        "times": read_cell(columns, row, "times", whole_of) or 1,
    }
    try:
        activity = Activity.model_validate(facts | {"people": tuple(people)})
    except ValidationError as invalid:
        raise BadRow(first_reason(invalid)) from None
    dumped = activity.model_dump(mode="json")
    return campaign, {name: dumped[name] for name in ("activity_id", *SAME)}, dumped["people"]


def _phase(campaign: Campaign, phase_id: str | None) -> str | None:
    known = [phase.phase_id for phase in campaign.phases]
    if phase_id is not None and phase_id not in known:
        raise BadRow(f"phase: must be a phase of {campaign.campaign_id} ({', '.join(known)})")
    return phase_id


def _people(columns: Columns, row: Sequence[str | None]) -> list[dict[str, Any]]:
    attended = read_cell(columns, row, "people", people_of)
    if attended is None:
        return []
    people, qualifier = attended
    named = read_cell(columns, row, "qualifier", name_of)
    if named and qualifier not in ("exact", named):
        raise BadRow(f"qualifier: says {named}, and the number of people says {qualifier}")
    return [
        {
            "people": people,
            "qualifier": named or qualifier,
            "sex": read_cell(columns, row, "sex", sex_of),
            "age_group": read_cell(columns, row, "age_group", name_of),
        }
    ]


def _put(known: dict[str, Any] | None, facts: dict[str, Any], people: list[dict[str, Any]]) -> None:
    """Nothing, when a row fits the rows before it of the same activity.

    Raises: BadRow.
    """
    if known is None:
        return
    for name in SAME:
        if known[name] != facts[name]:
            raise BadRow(f"{name}: differs from line {known['line']}, which is the same activity")
    groups = [(one["sex"], one["age_group"]) for one in known["people"]]
    if not people or any((one["sex"], one["age_group"]) in groups for one in people):
        raise BadRow(f"stands twice: line {known['line']} is the same activity and the same people")
