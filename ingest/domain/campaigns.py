"""A campaign as its file tells it: the registry's model, and what must fit together inside one file."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field, model_validator

from ingest.domain.attribution import AttributionRules, ContentTypeRule, MediaFormat
from ingest.domain.fields import (
    CampaignId,
    Day,
    Hashtag,
    Language,
    Name,
    Number,
    ObjectId,
    Path,
    Section,
    TimeZone,
    Truth,
    Whole,
    Words,
    refuse,
    unique,
)
from ingest.domain.figures import GRAPH_PLATFORMS, SCOPES, SEVERAL, Platform, PublishedFigure, Qualifier, Summed
from ingest.domain.offline import Activity, SurveyResult
from ingest.domain.scenario import NoisePosts, PlayedExport, PlayedPosts, Product, Scenario

__all__ = [
    "Account",
    "Campaign",
    "MediaFormat",
    "NoisePosts",
    "Phase",
    "Platform",
    "PlayedPosts",
    "PublishedFigure",
    "Qualifier",
    "Scenario",
]

Problems = Iterable[tuple[Path, str]]

PLAYED_PLATFORMS = (*GRAPH_PLATFORMS, "youtube", "tiktok", "twitter")
PLATFORM_OF: dict[Product, str] = {
    "business_suite_facebook": "facebook",
    "business_suite_instagram": "instagram",
    "facebook_insights_2021": "facebook",
    "instagram_insights_2021": "instagram",
    "youtube_studio": "youtube",
    "tiktok_studio": "tiktok",
    "tweet_activity": "twitter",
}
SPLIT_METRICS = ("views", "duplicated_reach", "engagements", "impressions")


class Audience(Section):
    """How many people could be reached at all."""

    size: Whole = Field(description="the number of people")
    source: Words = Field(description="where the number comes from")
    is_ceiling: Truth = Field(False, description="whether nobody outside it can have been reached")


class Target(Section):
    """What a phase was to reach."""

    metric: Summed = Field(description="a metric that adds, such as views")
    value: Number = Field(description="the number to reach")


class Phase(Section):
    """A dated part of a campaign; both days belong to it, in the campaign's time zone."""

    phase_id: Name = Field(description="the phase's id, such as year_1")
    phase_name: Words = Field(description="what people call it")
    starts_on: Day = Field(description="its first day")
    ends_on: Day = Field(description="its last day")
    target: Target | None = Field(None, description="what it was to reach: metric and value")


class Account(Section):
    """A Facebook Page, an Instagram professional account, or a channel on another platform."""

    account_id: ObjectId = Field(description="the platform's id, in quotes")
    platform: Platform = Field(description="the platform, such as facebook")
    account_name: Words = Field(description="what the account is called")
    ownership: Literal["own", "partner"] = Field(description="own or partner")
    source: Literal["api", "export"] = Field(
        default_factory=lambda data: "api" if data.get("platform") in GRAPH_PLATFORMS else "export",
        description="how its numbers come: api (a token reads it) or export (files that somebody sends); when not "
        "given, api for Facebook and Instagram, export elsewhere",
    )


class Campaign(Section):
    """One campaign file."""

    campaign_id: CampaignId = Field(description="the campaign's id and the file's name")
    campaign_name: Words = Field(description="what people call it")
    organisation: Words = Field(description="who runs it")
    donor: Words | None = Field(None, description="who pays for it")
    time_zone: TimeZone = Field(description="the IANA time zone of its dates")
    languages: tuple[Language, ...] = Field(min_length=1, description="a list of language codes such as [mn, en]")
    audience: Audience | None = Field(None, description="how many people could be reached; null when unknown")
    phases: tuple[Phase, ...] = Field(min_length=1, description="a list of phases in order of time")
    accounts: tuple[Account, ...] = Field(min_length=1, description="a list of accounts, own and partner")
    hashtags: tuple[Hashtag, ...] = Field((), description="the campaign's hashtags, for all its phases and accounts")
    attribution: AttributionRules = Field(AttributionRules(), description="further rules that find its posts")
    content_types: tuple[ContentTypeRule, ...] = Field((), description="rules for content types; the first wins")
    published_figures: tuple[PublishedFigure, ...] = Field((), description="what the organisation has published")
    activities: tuple[Activity, ...] = Field((), description="what it did away from the platforms")
    surveys: tuple[SurveyResult, ...] = Field((), description="what people answered, by wave")
    translations: dict[Language, dict[Words, Words]] = Field(
        default_factory=dict,
        description="by language, the names and sentences of this campaign, each with its translation",
    )
    sandbox: Scenario | None = Field(None, description="what the sandbox plays")
    invented: tuple[Words, ...] = Field((), description="dotted paths of what the published pages do not say")

    @model_validator(mode="after")
    def _fits_together(self) -> "Campaign":
        checks = (_phases, _accounts, _rules, _figures, _offline, _translated, _played, _targets, _invented)
        refuse("Campaign", [problem for check in checks for problem in check(self)])
        return self

    def figure(self, figure_id: str) -> PublishedFigure:
        """The published figure of that id."""
        return next(figure for figure in self.published_figures if figure.figure_id == figure_id)

    def phase(self, phase_id: str) -> Phase:
        """The phase of that id."""
        return next(phase for phase in self.phases if phase.phase_id == phase_id)


def _phases(campaign: Campaign) -> Problems:
    phases = campaign.phases
    yield from unique((phase.phase_id for phase in phases), lambda index: ("phases", index, "phase_id"))
    for index, phase in enumerate(phases):
        if phase.ends_on < phase.starts_on:
            yield ("phases", index, "ends_on"), f"must not be before the phase starts, {phase.starts_on}"
        if index and phase.starts_on <= phases[index - 1].ends_on:
            before = phases[index - 1]
            yield (
                ("phases", index, "starts_on"),
                f"must be after {before.ends_on}, when phase {before.phase_id} ends: "
                "phases stand in order of time and do not overlap",
            )


def _accounts(campaign: Campaign) -> Problems:
    accounts = campaign.accounts
    yield from unique((account.account_id for account in accounts), lambda index: ("accounts", index, "account_id"))
    for index, account in enumerate(accounts):
        if account.platform in GRAPH_PLATFORMS and not account.account_id.isdecimal():
            yield ("accounts", index, "account_id"), f"must be digits only for {account.platform}, in quotes"
        if account.platform not in GRAPH_PLATFORMS and account.source == "api":
            yield ("accounts", index, "source"), f"must be export: no API is read for {account.platform}"


def _rules(campaign: Campaign) -> Problems:
    rules = campaign.attribution
    for index, rule in enumerate(rules.posts):
        yield from _known("phase_id", rule.phase_id, campaign, ("attribution", "posts", index, "phase_id"))
    for name, index, where in rules.located():
        for field, ids in (("phase_id", where.phase_ids), ("account_id", where.account_ids)):
            for position, known in enumerate(ids or ()):
                yield from _known(field, known, campaign, ("attribution", name, index, f"{field}s", position))


def _figures(campaign: Campaign) -> Problems:
    figures = campaign.published_figures
    yield from unique((f.figure_id for f in figures), lambda index: ("published_figures", index, "figure_id"))
    for index, figure in enumerate(figures):
        if figure.phase_id is not None:
            yield from _known("phase_id", figure.phase_id, campaign, ("published_figures", index, "phase_id"))
        allowed = (*dict.fromkeys(account.platform for account in campaign.accounts), *SCOPES)
        if figure.scope not in allowed:
            yield (
                ("published_figures", index, "scope"),
                f"must be one of {', '.join(allowed)} (a platform of this campaign, or where else), "
                f"not {figure.scope!r}",
            )
        if figure.metric == "reach" and figure.post_id is None:
            yield (
                ("published_figures", index, "metric"),
                "must be duplicated_reach for several posts; reach speaks of one post: name its post_id",
            )


def _offline(campaign: Campaign) -> Problems:
    activities = campaign.activities
    yield from unique((one.activity_id for one in activities), lambda index: ("activities", index, "activity_id"))
    for index, activity in enumerate(activities):
        if activity.phase_id is not None:
            yield from _known("phase_id", activity.phase_id, campaign, ("activities", index, "phase_id"))
    results = ((one.indicator, one.wave, one.respondents) for one in campaign.surveys)
    yield from unique(results, lambda index: ("surveys", index, "wave"))


def _translated(campaign: Campaign) -> Problems:
    for language in campaign.translations:
        if language not in campaign.languages:
            allowed = ", ".join(campaign.languages)
            yield ("translations", language), f"must be one of the campaign's languages ({allowed}), not {language!r}"


def _played(campaign: Campaign) -> Problems:
    scenario = campaign.sandbox or Scenario()
    yield from unique(
        ((played.phase_id, played.account_id, played.text) for played in scenario.posts),
        lambda index: ("sandbox", "posts", index, "text"),
    )
    for index, played in enumerate(scenario.posts):
        at: Path = ("sandbox", "posts", index)
        yield from _known("phase_id", played.phase_id, campaign, (*at, "phase_id"))
        yield from _playable(played.account_id, campaign, (*at, "account_id"))
        for position, account_id in enumerate(played.also_on):
            yield from _playable(account_id, campaign, (*at, "also_on", position))
        for fact, figure_id in played.facts.items():
            yield from _known("figure_id", figure_id, campaign, (*at, "facts", fact))
    for index, noise in enumerate(scenario.noise):
        yield from _playable(noise.account_id, campaign, ("sandbox", "noise", index, "account_id"))
    for index, export in enumerate(scenario.exports):
        yield from _exportable(export, campaign, ("sandbox", "exports", index))


def _exportable(export: PlayedExport, campaign: Campaign, at: Path) -> Problems:
    yield from _known("account_id", export.account_id, campaign, (*at, "account_id"))
    for account in campaign.accounts:
        if account.account_id == export.account_id and account.platform != PLATFORM_OF[export.product]:
            yield (*at, "product"), f"must be a tool of {account.platform}, the platform of {account.account_id}"


def _targets(campaign: Campaign) -> Problems:
    allowed = (*PLAYED_PLATFORMS, *SEVERAL, "all")
    for index, figure_id in enumerate((campaign.sandbox or Scenario()).targets):
        at: Path = ("sandbox", "targets", index)
        yield from _known("figure_id", figure_id, campaign, at)
        for figure in campaign.published_figures:
            if figure.figure_id == figure_id and (figure.metric not in SPLIT_METRICS or figure.scope not in allowed):
                metrics, scopes = ", ".join(SPLIT_METRICS), ", ".join(allowed)
                yield at, f"must be a figure whose metric is one of {metrics} and whose scope is one of {scopes}"


def _playable(account_id: str, campaign: Campaign, at: Path) -> Problems:
    yield from _known("account_id", account_id, campaign, at)
    for account in campaign.accounts:
        if account.account_id == account_id and account.platform not in PLAYED_PLATFORMS:
            yield at, f"must be an account on {' or '.join(PLAYED_PLATFORMS)}: the sandbox plays no {account.platform}"


def _known(field: str, value: str, campaign: Campaign, at: Path) -> Problems:
    known = {
        "phase_id": [phase.phase_id for phase in campaign.phases],
        "account_id": [account.account_id for account in campaign.accounts],
        "figure_id": [figure.figure_id for figure in campaign.published_figures],
    }[field]
    if value not in known:
        yield at, f"must be a {field} of this campaign ({', '.join(known) or 'it has none'}), not {value!r}"


def _invented(campaign: Campaign) -> Problems:
    written = campaign.model_dump(mode="json", exclude_unset=True)
    for index, path in enumerate(campaign.invented):
        if not _exists(written, path.split(".")):
            allowed = "must be a path that exists in this file, such as donor, phases.year_1 or phases.starts_on"
            yield ("invented", index), f"{allowed}, not {path!r}"


def _exists(written: Any, steps: list[str]) -> bool:
    """Whether a path leads somewhere; in a list a step is the id of an element, or a field of any element."""
    if not steps:
        return True
    if isinstance(written, list):
        ids = ("phase_id", "account_id", "figure_id", "post_id")
        named = [element for element in written if isinstance(element, dict)]
        chosen = [element for element in named if steps[0] in (element.get(name) for name in ids)]
        return bool(chosen and _exists(chosen[0], steps[1:])) or any(_exists(element, steps) for element in named)
    return isinstance(written, dict) and steps[0] in written and _exists(written[steps[0]], steps[1:])
