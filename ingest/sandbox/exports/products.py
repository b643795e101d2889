"""What can be taken: every tool by its name, and all files that the campaigns' scenarios send, each at its moment."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingest.adapters.registry import Registry
from ingest.domain.campaigns import Campaign
from ingest.domain.scenario import Product
from ingest.sandbox.exports import business_suite, facebook_insights, tiktok_studio, tweet_activity, youtube_studio
from ingest.sandbox.exports.organisation import activity_file, survey_file
from ingest.sandbox.exports.sheets import ExportFile
from ingest.sandbox.exports.taking import Taking
from ingest.sandbox.world import World

PRODUCTS: Mapping[Product, Callable[[Taking], ExportFile]] = {
    "business_suite_facebook": business_suite.facebook_posts,
    "business_suite_instagram": business_suite.instagram_posts,
    "facebook_insights_2021": facebook_insights.post_level,
    "instagram_insights_2021": business_suite.instagram_posts_2021,
    "youtube_studio": youtube_studio.content_table,
    "tiktok_studio": tiktok_studio.content_table,
    "tweet_activity": tweet_activity.activity,
}
LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "business_suite_facebook": ("en", "de", "pt"),
    "business_suite_instagram": ("en", "de", "pt"),
    "youtube_studio": ("en", "de"),
}
"""The languages in which a tool's headers are known; all others are English only."""


MONTH = timedelta(days=30)
"""The days that a scenario's owner chooses begin so long before the campaign."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that somebody sends at a moment: of an account's tool, or of the organisation itself."""

    sent_at: datetime
    campaign_id: str
    account_id: str | None
    what: str
    write: Callable[[], ExportFile] = field(repr=False)


def sent_files(registry: Registry, world: World) -> list[SentFile]:
    """All files that the scenarios of the campaigns send, oldest first; the same for the same registry and world."""
    found = [one for campaign in registry.campaigns for one in _sent_by(campaign, world)]
    return sorted(found, key=lambda one: (one.sent_at, one.campaign_id, one.account_id or "", one.what))


def take(
    world: World,
    account_id: str,
    product: Product,
    *,
    at: datetime,
    since: datetime | None = None,
    language: str = "en",
) -> ExportFile:
    """The file that the owner of an account takes at a moment: of all its posts, if nothing else is said.

    Raises: KeyError when the world has no such account.
    """
    account = world.accounts[account_id]
    first = min((post.published_at for post in world.posts_of(account_id, at)), default=at)
    return PRODUCTS[product](Taking(world, account, at, since or first, language))


def _sent_by(campaign: Campaign, world: World) -> Iterator[SentFile]:
    scenario, name = campaign.sandbox, campaign.campaign_id
    if scenario is None:
        return
    opens = datetime.combine(campaign.phases[0].starts_on, time(), ZoneInfo(campaign.time_zone)) - MONTH
    for export in scenario.exports:
        for day in export.exported_on:
            at = _evening(day, campaign.time_zone)
            yield SentFile(
                at,
                name,
                export.account_id,
                export.product,
                lambda export=export, at=at: take(  # type: ignore[misc]
                    world, export.account_id, export.product, at=at, since=opens, language=export.language
                ),
            )
    for survey in scenario.surveys:
        at = _evening(survey.exported_on, campaign.time_zone)
        yield SentFile(at, name, None, "survey", lambda survey=survey, at=at: survey_file(name, survey, at=at))  # type: ignore[misc]
    for played in scenario.activity_lists:
        at = _evening(played.exported_on, campaign.time_zone)
        yield SentFile(at, name, None, "activities", lambda played=played, at=at: activity_file(name, played, at=at))  # type: ignore[misc]


def _evening(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time(23, 59), ZoneInfo(time_zone)).astimezone(UTC)
