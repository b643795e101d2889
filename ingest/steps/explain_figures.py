"""Explain figures: a figure that the organisation has published beside what the data gives, made again from landing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ingest.adapters import lineage
from ingest.adapters.publication import served_cells, served_offline
from ingest.adapters.publication.manifest import Manifest
from ingest.adapters.warehouse_file import opened
from ingest.domain import matching, shares
from ingest.domain.cells import Cell
from ingest.domain.errors import SettingsInvalid
from ingest.domain.explanation import Explanation, Value, shown
from ingest.settings import Settings
from ingest.steps.explain_activities import took_place
from ingest.steps.explain_posts import explain_posts, publication_of, served
from ingest.steps.explain_surveys import surveyed
from ingest.steps.stated import StatedCampaign, stated_campaign

TABLE = "agg_published_figures"
STATED = (
    *("phase_id", "as_published", "published_value", "qualifier", "unit", "metric", "scope"),
    *("is_duplicated", "as_of_on", "label_problem"),
)
HOW = {
    **dict.fromkeys(STATED, "stated in the campaign file, no sum"),
    "computed_value": "what the data gives for it",
    "difference_pct": "the computed value less the published one, in per cent of it",
    "status": "whether the computed value is the published one, to its last digit and by its qualifier",
    "posts_without_metric": "how many of its posts do not report it; nothing when all do",
    "reason": "no sum: words that the rules of the mart choose, from the status and from what was not read",
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A figure as published, as its campaign file landed, and where that lies."""

    settings: Settings
    manifest: Manifest
    row: dict[str, Value]
    stated: StatedCampaign
    figure: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Computed:
    """What the data gives for a figure, made again from landing, and how exact that is."""

    explanation: Explanation
    qualifier: str = "exact"
    posts_without: int | None = None


def explain_figure(settings: Settings, campaign_id: str, figure_id: str, column: str) -> Explanation:
    """The explanation of a column of a published figure.

    Raises: SettingsInvalid for what there is not, WarehouseBusy, WarehouseBroken, StorageFailed.
    """
    if column not in HOW:
        raise SettingsInvalid(f"{column} is no column of marts.{TABLE}. There are: {', '.join(HOW)}.")
    with served(settings) as (manifest, marts):
        row = served_cells.figure_of(marts, campaign_id, figure_id)
    stated = stated_campaign(settings, manifest, campaign_id)
    place = stated.place("published_figures", "figure_id", figure_id)
    asked = _Asked(settings, manifest, row, stated, stated.value(place) if len(place) > 1 else {})
    facts = {name: stated.fact(name, row[name], (*place, name)) for name in STATED}
    if column in STATED:
        landed = facts[column].landed
        return replace(_plain(asked, column), landed=landed, added=landed, facts=(facts[column],))
    computed = _computed(asked)
    found = computed.explanation
    needed = () if column in ("computed_value", "posts_without_metric") else ("published_value", "qualifier")
    landed = _column(asked, computed, column)
    return replace(
        found,
        metric=column,
        dimensions={"figure": figure_id},
        table=TABLE,
        how=HOW[column] if column != "computed_value" else found.how,
        published=row[column],
        added=row[column] if column != "computed_value" else found.added,
        landed=landed,
        notes=(*_notes(row), *found.notes),
        facts=(*(facts[name] for name in needed), *found.facts),
        is_added=found.is_added and column != "reason",
    )


def _plain(asked: _Asked, column: str) -> Explanation:
    """The column without anything that it is made of."""
    return Explanation(
        publication=publication_of(asked.manifest),
        campaign_id=str(asked.row["campaign_id"]),
        metric=column,
        dimensions={"figure": str(asked.row["figure_id"])},
        table=TABLE,
        how=HOW[column],
        published=asked.row[column],
        added=asked.row[column],
        landed=None,
        posts=(),
        files=tuple(asked.stated.files.values()),
        rules=asked.stated.rules,
    )


def _notes(row: Mapping[str, Value]) -> list[str]:
    said = f'as published: "{row["as_published"]}"; computed {shown(row["computed_value"])}: {row["status"]}'
    return [" ".join(filter(None, (said, str(row["reason"] or ""))))]


def _column(asked: _Asked, computed: _Computed, column: str) -> Value:
    """A column made again from what landing gives."""
    value = computed.explanation.landed
    number = value if isinstance(value, int | float) else None
    published = float(asked.figure.get("published_value") or 0)
    if column == "difference_pct":
        return shares.rounded(100 * (number - published) / published) if number is not None and published else None
    if column == "status":
        return matching.status_of(published, str(asked.figure.get("qualifier")), number, computed.qualifier)
    return computed.posts_without if column == "posts_without_metric" else value


def _computed(asked: _Asked) -> _Computed:
    metric = str(asked.row["metric"])
    if metric in ("people_in_activity", "meetings"):
        return _of_activity(asked, metric)
    if metric in ("survey_share", "survey_change"):
        return _of_survey(asked, metric)
    return _of_posts(asked, metric)


def _of_activity(asked: _Asked, metric: str) -> _Computed:
    activity_id = str(asked.figure.get("activity_id"))
    with served(asked.settings) as (manifest, marts):
        people = served_offline.people_of_activity(marts, str(asked.row["campaign_id"]), activity_id)
    until = datetime.fromisoformat(manifest.built_at)
    took = took_place(asked.settings, asked.stated, asked.figure, people, until)
    found = _plain(asked, "computed_value")
    is_often = metric == "meetings"
    explanation = replace(
        found,
        how=f"how often {activity_id} took place" if is_often else f"the people of {activity_id}, added",
        landed=took.times if is_often else took.people,
        files=tuple((asked.stated.files | took.files).values()),
        facts=tuple(took.facts),
    )
    return _Computed(explanation, "exact" if is_often else took.qualifier)


def _of_survey(asked: _Asked, metric: str) -> _Computed:
    figure, campaign_id = asked.figure, str(asked.row["campaign_id"])
    with served(asked.settings) as (manifest, marts):
        groups = served_offline.groups_of(marts, campaign_id, str(figure.get("indicator")), figure.get("respondents"))
        key = {"campaign_id": campaign_id, "indicator": str(figure.get("indicator")), "respondents": (*groups, "")[0]}
        published = served_offline.waves_of(marts, key) if len(groups) == 1 else []
    if metric == "survey_share":
        published = [row for row in published if _is_of(figure, row)]
    until = datetime.fromisoformat(manifest.built_at)
    found = surveyed(asked.settings, asked.stated, key, published, until)
    explanation = replace(
        _plain(asked, "computed_value"),
        how=f"the {'newest share' if metric == 'survey_share' else 'change'} of {key['indicator']}, no sum",
        landed=_survey_value(metric, figure, found.waves),
        files=tuple((asked.stated.files | found.files).values()),
        facts=tuple(found.facts),
    )
    return _Computed(explanation)


def _is_of(figure: Mapping[str, Any], row: Mapping[str, Value]) -> bool:
    is_wave = figure.get("wave") in (None, row["wave"])
    asked_on, until = row["asked_on"], figure.get("as_of_on")
    return is_wave and (asked_on is None or until is None or str(asked_on) <= str(until))


def _survey_value(metric: str, figure: Mapping[str, Any], waves: list[shares.Wave]) -> float | None:
    if metric == "survey_share":
        return max(waves, key=lambda one: one.wave_order).share_pct if waves else None
    if len(waves) < 2:  # noqa: PLR2004 - a change has two ends
        return None
    column = "change_points" if figure.get("unit") == "percentage_points" else "change_pct"
    found = shares.change_of(waves)[column]
    return found if isinstance(found, int | float) else None


def _of_posts(asked: _Asked, metric: str) -> _Computed:
    row, campaign_id = asked.row, str(asked.row["campaign_id"])
    with served(asked.settings) as (_, marts):
        platforms = served_cells.platforms_of(marts, campaign_id)
        phases = served_cells.phases_with_posts(marts, campaign_id)
    phase, scope = row["phase_id"], str(row["scope"])
    with opened(asked.settings.warehouse_path) as warehouse:
        post_id = lineage.figure_post(warehouse, campaign_id, str(row["figure_id"]))
    is_known = post_id is None or _has_post(asked, post_id)
    has_posts = (phase is None or phase in phases) and (scope in platforms or not _is_platform(asked, scope))
    if not has_posts or not is_known:
        return _Computed(_not_computed(asked, _plain(asked, "computed_value")))
    measure = {"reach": "people_reached_lower"}.get(metric, metric)
    platform = scope if scope in platforms else None
    cell = Cell(campaign_id, measure, str(phase) if phase else None, platform=platform, post_id=post_id)
    as_of = row["as_of_on"]
    found = explain_posts(asked.settings, cell, on=date.fromisoformat(str(as_of)) if as_of else None)
    without = sum(post.landed is None for post in found.posts) or None
    if row["computed_value"] is None:
        found = _not_computed(asked, found)
    return _Computed(found, posts_without=without)


def _has_post(asked: _Asked, post_id: str) -> bool:
    key = {"campaign_id": str(asked.row["campaign_id"]), "post_id": post_id}
    with served(asked.settings) as (_, marts):
        return bool(served_cells.row_of(marts, "fct_campaign_posts", key))


def _is_platform(asked: _Asked, scope: str) -> bool:
    return scope in {str(one.get("platform")) for one in asked.stated.body.get("accounts") or ()}


def _not_computed(asked: _Asked, found: Explanation) -> Explanation:
    """Nothing is computed of what has not been read; the mart says why."""
    return replace(found, how=f"not computed: {asked.row['reason']}", added=None, landed=None, is_added=False)
