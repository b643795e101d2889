"""Spreadsheets of the organisation itself: who answered a survey, what took place; as people fill them in."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime

from ingest.domain.offline import Activity, ActivityPeople, SurveyResult
from ingest.domain.scenario import PlayedActivities, PlayedSurvey
from ingest.sandbox.exports.sheets import Cell, ExportFile, Rows, csv_bytes, workbook_bytes

PERSON = ("No", "Full name", "Phone", "E-mail", "Age", "School")
"""What such files hold of people, and nobody may keep."""
WORDS = {"exact": "", "about": "about ", "more_than": "more than ", "rounded": "about "}


def survey_file(campaign_id: str, survey: PlayedSurvey, *, at: datetime) -> ExportFile:
    """A survey's file in its layout: a workbook of people, or a table of counts."""
    if survey.layout == "respondents":
        sheets = {"Responses": _respondents(campaign_id, survey.results)}
        return ExportFile(f"{campaign_id} survey responses.xlsx", workbook_bytes(sheets, at=at))
    rows = _counts(campaign_id, survey.results) if survey.layout == "counts" else _wide(campaign_id, survey.results)
    return ExportFile(f"{campaign_id} survey {survey.layout}.csv", csv_bytes(rows))


def activity_file(campaign_id: str, played: PlayedActivities, *, at: datetime) -> ExportFile:
    """A list of activities as a workbook: a row for each group of people that was counted apart."""
    head = ("Campaign", "Activity id", "Activity name", "Kind", "Phase", "Held on", "Place", "Times", "People", "Sex")
    rows: list[Sequence[Cell]] = [(*head, "Age group", "Remarks")]
    for activity in played.activities:
        rows += [_activity(campaign_id, activity, people) for people in activity.people or (None,)]
    return ExportFile(f"{campaign_id} activities.xlsx", workbook_bytes({"Activities": rows}, at=at))


def _respondents(campaign_id: str, results: Sequence[SurveyResult]) -> Rows:
    """One row per person: as many of each wave and group as were asked, in the order in which they answered."""
    indicators = list(dict.fromkeys(one.indicator for one in results))
    yield (*PERSON, "Campaign", "Wave", "Wave order", "Group", "Asked on", *indicators)
    number = 0
    for (wave, order, group), answers in _answers(results).items():
        for row in zip(*(answers[one] for one in answers), strict=True):
            number += 1
            said = dict(zip(answers, row, strict=True))
            asked = next(one.asked_on for one in results if (one.wave, one.respondents) == (wave, group))
            yield (
                *_person(campaign_id, number),
                *(campaign_id, wave, order, group, datetime.combine(asked, datetime.min.time()) if asked else None),
                *(said.get(one) for one in indicators),
            )


def _answers(results: Sequence[SurveyResult]) -> dict[tuple[str, int, str], dict[str, list[str]]]:
    """What the people of each wave and group say to each indicator, yes or no, shuffled."""
    answers: dict[tuple[str, int, str], dict[str, list[str]]] = {}
    for one in results:
        asked, yes = one.n or 0, counted(one)
        said = ["yes"] * yes + ["no"] * (asked - yes)
        random.Random(f"{one.indicator}/{one.wave}").shuffle(said)  # noqa: S311 - a plausible survey, no secret
        answers.setdefault((one.wave, one.wave_order, one.respondents), {})[one.indicator] = said
    return answers


def counted(result: SurveyResult) -> int:
    """How many people hold the indicator, of those who were asked."""
    return round((result.n or 0) * float(result.share_pct or 0) / 100)


def _person(campaign_id: str, number: int) -> tuple[Cell, ...]:
    dice = random.Random(f"{campaign_id}/{number}")  # noqa: S311 - nobody
    phone, age = f"99{dice.randint(0, 999_999):06d}", dice.randint(23, 61)
    return number, f"Багш Нэргүй-{number:03d}", phone, f"bagsh{number:03d}@example.mn", age, dice.randint(1, 150)


def _counts(campaign_id: str, results: Sequence[SurveyResult]) -> Rows:
    yield (*("campaign", "indicator", "indicator text", "wave", "wave order", "group", "asked on", "n", "count"),)
    for one in results:
        text = (campaign_id, one.indicator, one.indicator_text, one.wave, one.wave_order, one.respondents)
        yield (*text, one.asked_on.isoformat() if one.asked_on else None, one.n, counted(one))


def _wide(campaign_id: str, results: Sequence[SurveyResult]) -> Rows:
    """One row per indicator and group, two columns per wave; the order of the columns is the order of the waves."""
    waves = [one.wave for one in sorted(results, key=lambda one: one.wave_order)]
    waves = list(dict.fromkeys(waves))
    yield ("campaign", "indicator", "indicator text", "group", *(f"{wave}: {what}" for wave in waves for what in _BOTH))
    for indicator, group in dict.fromkeys((one.indicator, one.respondents) for one in results):
        mine = {one.wave: one for one in results if (one.indicator, one.respondents) == (indicator, group)}
        text = next(iter(mine.values())).indicator_text
        yield (campaign_id, indicator, text, group, *(cell for wave in waves for cell in _share(mine.get(wave))))


_BOTH = ("n", "share %")


def _share(result: SurveyResult | None) -> Iterator[Cell]:
    yield from (None, None) if result is None else (result.n, result.share_pct)


def _activity(campaign_id: str, activity: Activity, people: ActivityPeople | None) -> Sequence[Cell]:
    held = datetime.combine(activity.held_on, datetime.min.time()) if activity.held_on else None
    what = (campaign_id, activity.activity_id, activity.activity_name, activity.kind, activity.phase_id, held)
    where = (activity.place, activity.times)
    if people is None:
        return (*what, *where, None, None, None, None)
    attended: Cell = f"{WORDS[people.qualifier]}{people.people:,}" if people.qualifier != "exact" else people.people
    return (*what, *where, attended, people.sex, people.age_group, "counted by the project team")
