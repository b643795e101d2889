"""What the whole page found, as its title; and the sections of a page in their order."""

from collections.abc import Callable

from ingest.report import titles
from ingest.report.activities import activities, people_at
from ingest.report.facts import Campaign
from ingest.report.words import Words


def finding(campaign: Campaign, words: Words) -> str:
    """The title of the page: targets if there are any, else what was seen, else what was done offline."""
    name = campaign.name
    if any(phase.target_value for phase in campaign.phases):
        return _of_targets(campaign, words)
    if campaign.views is not None and campaign.engagements is not None:
        return words.say(
            "finding_engaged",
            campaign=name,
            views=words.number(campaign.views),
            engagements=words.number(campaign.engagements),
            rate=titles.rate(campaign.rated_engagements, campaign.rated_views, words),
        )
    if campaign.posts:
        return words.say("finding_posts", campaign=name, posts=words.number(campaign.posts))
    if campaign.activities:
        return _of_activities(campaign, words)
    return words.say("finding_nothing", campaign=name)


def _of_targets(campaign: Campaign, words: Words) -> str:
    aimed = [phase for phase in campaign.phases if phase.target_value]
    views = words.number(campaign.views)
    if len(aimed) == 1:
        (phase,) = aimed
        share = words.attained(phase.attainment_pct)
        if phase.target_metric == "views" and len(campaign.phases) == 1:
            return words.say("finding_target_one", campaign=campaign.name, views=views, share=share)
        return words.say(
            "finding_target_other_one",
            campaign=campaign.name,
            share=share,
            target=words.number(phase.target_value),
            metric=words.name("metric", str(phase.target_metric)),
        )
    met = sum(titles.is_met(phase) for phase in aimed)
    key = {0: "finding_target_none", len(aimed): "finding_target_all"}.get(met, "finding_target_some")
    values = {"campaign": campaign.name, "views": views, "met": words.number(met), "phases": words.number(len(aimed))}
    return words.say(key, target=titles.target_of(aimed, words), **values)


def _of_activities(campaign: Campaign, words: Words) -> str:
    count = words.number(len(campaign.activities))
    largest = campaign.activities[0]
    if not largest.counts:
        return words.say("finding_offline_uncounted", campaign=campaign.name, activities=count)
    return words.say(
        "finding_offline", campaign=campaign.name, activities=count, people=people_at(largest.counts, words)
    )


SECTIONS: dict[str, Callable[[Campaign, Words], str]] = {
    "phases": titles.phases,
    "curve": titles.curve,
    "mix": titles.mix,
    "top": titles.top,
    "own": titles.own,
    "people": titles.people,
    "surveys": titles.surveys,
    "activities": activities,
    "figures": titles.figures,
    "unmeasured": titles.unmeasured,
}
"""The sections in the order of the page, each with the sentence that is its title."""


def shown(campaign: Campaign) -> tuple[str, ...]:
    """The sections of a campaign: all, or those that it has and one that says what is not measured, if it has no posts.

    A campaign with posts says of every section why it is empty; one without would say so seven times.
    """
    if campaign.posts:
        return tuple(name for name in SECTIONS if name != "unmeasured")
    offline = {"surveys": campaign.surveys, "activities": campaign.activities, "figures": campaign.figures}
    return (*(name for name, found in offline.items() if found), "unmeasured")
