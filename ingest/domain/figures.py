"""Published figures: what an organisation has told the public, to be held beside what is computed."""

from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ingest.domain.fields import Day, Name, Number, ObjectId, Section, Truth, Words, refusal

PLATFORMS = ("facebook", "instagram", "youtube", "tiktok", "twitter", "website", "telegram", "linkedin", "radio")
"""Platforms that we have a name for; any other name may stand in a file, but none that is nearly one of these."""
GRAPH_PLATFORMS = ("facebook", "instagram")
"""Platforms that the Graph API serves; what happens elsewhere comes as files."""
SEVERAL = ("two platforms", "three platforms", "four platforms", "five platforms")
SCOPES = (*SEVERAL, "all", "offline", "survey", "unstated")
"""Where a figure was counted, if not on one platform."""


def _platform(value: str) -> str:
    near = [] if value in PLATFORMS else get_close_matches(value, PLATFORMS, n=1, cutoff=0.8)
    if near:
        raise refusal(f"must be {near[0]}, or another name: {value!r} is too near to it")
    return value


Platform = Annotated[Name, AfterValidator(_platform)]

Qualifier = Literal["exact", "rounded", "more_than", "about"]
Summed = Literal[
    "views", "impressions", "duplicated_reach", "engagements", "reactions", "comments", "shares", "saves", "clicks"
]
"""What may be added over posts, and so be a phase's target. Reach is not: it never adds."""
Counted = Literal[
    "views",
    "impressions",
    "duplicated_reach",
    "engagements",
    "reactions",
    "comments",
    "shares",
    "saves",
    "clicks",
    "reach",
    "people_in_activity",
    "meetings",
    "survey_share",
    "survey_change",
]
Unit = Literal[
    "people",
    "views",
    "impressions",
    "engagements",
    "clicks",
    "meetings",
    "percent",
    "percent_change",
    "percentage_points",
]


class PublishedFigure(Section):
    """A number that the organisation has published, as it was published."""

    figure_id: Name = Field(description="the figure's own id, such as tog_fb_views")
    phase_id: Name | None = Field(None, description="the phase it speaks of; null is the whole campaign")
    as_published: Words = Field(description="the words of the page")
    published_value: Number = Field(description="the number in those words")
    qualifier: Qualifier = Field(description="how exact it is: exact, rounded, more_than or about")
    unit: Unit = Field(description="what is counted, as the page calls it")
    metric: Counted = Field(description="what it is held against")
    scope: Words = Field(description="where it was counted: all, a platform, offline …")
    is_duplicated: Truth | None = Field(None, description="whether people may be counted twice; null: not said")
    as_of_on: Day | None = Field(None, description="the day of the figure; null when the page has no date")
    source: Words = Field(description="the page it stands on")
    note: Words | None = Field(None, description="what helps to understand it")
    label_problem: Words | None = Field(None, description="what is wrong with its label, such as views called people")
    post_id: ObjectId | None = Field(None, description="the one post it speaks of")
    activity_id: Name | None = Field(None, description="the one offline activity it speaks of")
    age_group: Name | None = Field(None, description="the age group of the activity that it speaks of")
    indicator: Name | None = Field(None, description="the survey indicator it speaks of")
    respondents: Name | None = Field(None, description="the group that was asked, if several were")
    wave: Name | None = Field(None, description="the survey's wave; the newest when not given")
