"""What the sandbox plays for a campaign: posts, the figures they must add up to, and posts of no campaign."""

from typing import Literal

from pydantic import Field, model_validator

from ingest.domain.attribution import MediaFormat
from ingest.domain.fields import Day, Language, Moment, Name, ObjectId, Section, Whole, Words, refusal
from ingest.domain.offline import Activity, SurveyResult

MOST_ALIKE = 10_000
"""The most posts that one entry may stand for."""


class PlayedPosts(Section):
    """Posts alike (`count`), or one named post (`post_id` and `published_at`)."""

    phase_id: Name = Field(description="the phase in which they are published")
    account_id: ObjectId = Field(description="the account that publishes them")
    content_type: Name = Field(description="what the campaign's rules must find them to be")
    media_format: MediaFormat = Field(description="what the platform says they are")
    text: Words = Field(description="the post's text; {n} is the number of the post")
    count: Whole | None = Field(None, description="how many posts alike", le=MOST_ALIKE)
    also_on: tuple[ObjectId, ...] = Field((), description="accounts that publish the same content minutes later")
    post_id: ObjectId | None = Field(None, description="the id of one named post")
    published_at: Moment | None = Field(None, description="when the named post is published")
    facts: dict[Literal["views", "reach"], Name] = Field({}, description="facts that a published figure gives")

    @model_validator(mode="after")
    def _many_or_one(self) -> "PlayedPosts":
        if (self.count is None) == (self.post_id is None):
            raise refusal("must have either count (posts alike) or post_id (one named post)")
        if (self.post_id is None) != (self.published_at is None):
            raise refusal("post_id and published_at belong together")
        if self.count is not None and self.facts:
            raise refusal("facts can only be given for one named post (post_id)")
        return self


class NoisePosts(Section):
    """Posts of an account that belong to no campaign."""

    account_id: ObjectId = Field(description="the account that publishes them")
    media_format: MediaFormat = Field(description="what the platform says they are")
    text: Words = Field(description="the post's text; {n} is the number of the post")
    count: Whole = Field(description="how many posts alike", le=MOST_ALIKE)
    starts_on: Day = Field(description="the first day on which they may be published")
    ends_on: Day = Field(description="the last day on which they may be published")

    @model_validator(mode="after")
    def _forward(self) -> "NoisePosts":
        if self.ends_on < self.starts_on:
            raise refusal(f"ends_on must not be before starts_on, {self.starts_on}")
        return self


Product = Literal[
    "business_suite_facebook",
    "business_suite_instagram",
    "facebook_insights_2021",
    "instagram_insights_2021",
    "youtube_studio",
    "tiktok_studio",
    "tweet_activity",
]
"""What the owner of an account can take from its platform: the tools of today, and those of 2021."""


class PlayedExport(Section):
    """Files that the owner of an account takes from its platform and sends: one on each day."""

    account_id: ObjectId = Field(description="the account that they are of")
    product: Product = Field(description="the tool that writes them")
    exported_on: tuple[Day, ...] = Field(min_length=1, description="the days on whose evening they are taken")
    language: Language = Field("en", description="the language of the tool: headers and dates follow it")


class PlayedSurvey(Section):
    """A survey file that the organisation sends: what it must say when it is counted."""

    layout: Literal["respondents", "counts", "wide"] = Field(
        description="one row per person, one row per result, or one column per wave"
    )
    exported_on: Day = Field(description="the day on whose evening it is sent")
    results: tuple[SurveyResult, ...] = Field(min_length=1, description="the results, each with share_pct and n")

    @model_validator(mode="after")
    def _countable(self) -> "PlayedSurvey":
        if any(one.share_pct is None or one.n is None for one in self.results):
            raise refusal("every result needs share_pct and n: the sandbox makes people of them")
        return self


class PlayedActivities(Section):
    """A list of activities that the organisation sends as a spreadsheet."""

    exported_on: Day = Field(description="the day on whose evening it is sent")
    activities: tuple[Activity, ...] = Field(min_length=1, description="what stands in it")


class Scenario(Section):
    """The part of a campaign file that only the sandbox reads; all of it is invented but the figures it meets."""

    posts: tuple[PlayedPosts, ...] = Field((), description="the campaign's posts")
    targets: tuple[Name, ...] = Field((), description="figures whose published value the posts must add up to")
    small_accounts: tuple[ObjectId, ...] = Field((), description="Pages too small for Meta to tell their reach")
    noise: tuple[NoisePosts, ...] = Field((), description="posts of the accounts that belong to no campaign")
    exports: tuple[PlayedExport, ...] = Field((), description="files that owners of accounts send")
    surveys: tuple[PlayedSurvey, ...] = Field((), description="survey files that the organisation sends")
    activity_lists: tuple[PlayedActivities, ...] = Field((), description="activity lists that the organisation sends")
