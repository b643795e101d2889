"""What a campaign did and asked away from the platforms: activities with people, and surveys with shares."""

from typing import Literal

from pydantic import Field, model_validator

from ingest.domain.fields import Day, Name, Number, Section, Whole, Words, refusal
from ingest.domain.figures import Qualifier

EvidenceDesign = Literal["same_people", "two_samples", "exposed_and_not", "one_wave", "unknown"]
"""Who was asked: it decides whether a text may speak of an effect, of a change, or only of a share."""


class ActivityPeople(Section):
    """How many people of one sex and age group took part."""

    people: Whole = Field(description="how many")
    qualifier: Qualifier = Field("exact", description="how exact the number is: exact, about or more_than")
    sex: Literal["female", "male"] | None = Field(None, description="female or male; null when not counted apart")
    age_group: Name | None = Field(None, description="an age group such as children; null when not counted apart")


class Activity(Section):
    """Something that took place: a training, an event, a meeting, a mural."""

    activity_id: Name = Field(description="the activity's id, such as spank_out_day")
    activity_name: Words = Field(description="what people call it")
    kind: Name = Field(description="what it was, such as training or event")
    phase_id: Name | None = Field(None, description="the phase it took place in; null when not said")
    held_on: Day | None = Field(None, description="the day; null when not said")
    place: Words | None = Field(None, description="where it took place")
    times: Whole = Field(1, description="how many times it took place")
    people: tuple[ActivityPeople, ...] = Field((), description="who took part, by sex and age group")


class SurveyResult(Section):
    """What one group of people answered in one wave: the share that holds the indicator."""

    indicator: Name = Field(description="what is measured, such as understands_need")
    indicator_text: Words = Field(description="the answer that was counted")
    wave: Name = Field(description="baseline, endline, the year; or not_exposed, exposed")
    wave_order: Whole = Field(description="the position of the wave, from 1")
    respondents: Name = Field(description="who was asked, such as parents")
    share_pct: Number | None = Field(None, description="the share in per cent; null when it is not given")
    n: Whole | None = Field(None, description="how many were asked; null when it is not given")
    asked_on: Day | None = Field(None, description="the day; null when not said")
    evidence_design: EvidenceDesign = Field("unknown", description="who was asked in the waves, to each other")

    @model_validator(mode="after")
    def _a_share(self) -> "SurveyResult":
        if self.share_pct is not None and self.share_pct > 100:  # noqa: PLR2004 - per cent
            raise refusal(f"share_pct must be at most 100, not {self.share_pct}")
        return self
