"""What was done besides posts, in sentences: how much, and with how many people, never added to anything online."""

from ingest.report.facts import Activity, Campaign, Count
from ingest.report.words import Words


def people_at(counts: tuple[Count, ...], words: Words) -> str:
    """The people of one activity: its groups are apart, so they add; the sum is as sure as its weakest part."""
    qualifiers = {count.qualifier for count in counts}
    weakest = next((one for one in ("more_than", "about", "rounded") if one in qualifiers), "exact")
    return words.qualified(sum(count.people for count in counts), weakest)


def activities(campaign: Campaign, words: Words) -> str:
    """How many activities there were, those online apart from those offline, and the people of the largest."""
    if not campaign.activities:
        return words.say("activities_none")
    count = len(campaign.activities)
    largest = campaign.activities[0]
    people = people_at(largest.counts, words) if largest.counts else None
    online = sum(one.is_online for one in campaign.activities)
    if online:
        key = "activities_mixed" if people else "activities_mixed_only"
        offline = words.say("activities_offline", count - online)
        return words.say(key, offline=offline, online=words.number(online), people=people)
    return words.say("activities_people", count, people=people) if people else words.say("activities_only", count)


def topic(campaign: Campaign, words: Words) -> str:
    """What the section is called: a chatbot is no offline activity."""
    is_mixed = any(one.is_online for one in campaign.activities)
    return words.say("section_activities_mixed" if is_mixed else "section_activities")


def largest_training(campaign: Campaign) -> Activity | None:
    """The training with the most people, where any counted them."""
    trained = [one for one in campaign.activities if one.kind == "training" and one.counts]
    return max(trained, key=lambda one: sum(count.people for count in one.counts), default=None)


def not_said(campaign: Campaign, words: Words) -> list[str]:
    """What was published of no activity: when it took place, or where."""
    is_dated = any(one.held_on for one in campaign.activities)
    is_placed = any(one.place for one in campaign.activities)
    key = {
        (False, False): "activities_unsaid",
        (False, True): "activities_undated",
        (True, False): "activities_unplaced",
    }.get((is_dated, is_placed))
    return [words.say(key)] if key else []
