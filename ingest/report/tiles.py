"""The numbers at a glance, each with what it counts; and the badges: as-of, freshness, checks."""

from collections import Counter
from dataclasses import dataclass

from ingest.report.activities import largest_training, people_at
from ingest.report.facts import Campaign, Publication
from ingest.report.titles import rate, why_open, widest
from ingest.report.words import Words


@dataclass(frozen=True, slots=True)
class Tile:
    """A number with its name, and what it counts."""

    name: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Badge:
    """A short statement about how far the numbers may be trusted: good, open, or bad."""

    text: str
    mark: str


def tiles_of(campaign: Campaign, words: Words) -> tuple[Tile, ...]:
    """The numbers that the campaign has, the online ones first."""
    online = _online(campaign, words) if campaign.posts else []
    offline = _offline(campaign, words) if campaign.activities and not campaign.posts else []
    return (*online, *offline)


def _online(campaign: Campaign, words: Words) -> list[Tile]:
    notes = [words.say("tile_reach_note")]
    if campaign.posts_without_reach:
        notes.append(words.say("tile_reach_withheld", campaign.posts_without_reach))
    seen = [words.say("tile_views_note")]
    if campaign.posts_without_views:
        seen.append(words.say("tile_views_unknown", campaign.posts_without_views))
    engaged = rate(campaign.rated_engagements, campaign.rated_views, words)
    return [
        Tile(words.say("tile_views"), words.number(campaign.views), "; ".join(seen)),
        Tile(words.say("tile_reach"), words.number(campaign.duplicated_reach), "; ".join(notes)),
        *_people(campaign, words),
        Tile(
            words.say("tile_engagements"),
            words.number(campaign.engagements),
            words.say(f"tile_engagements_note{'_known' if campaign.posts_without_views else ''}", rate=engaged),
        ),
    ]


def _people(campaign: Campaign, words: Words) -> list[Tile]:
    largest = widest(campaign)
    if largest is None or not largest.lower:
        return []
    name = words.say("tile_people", platform=words.name("platform", largest.platform))
    lower = words.number(largest.lower)
    is_open = largest.upper is None
    bounds = {"lower": lower, "upper": words.number(largest.upper)}
    if largest.is_up_to_all:
        low, high = words.about(largest.estimate_low or 0), words.number(largest.estimate_high)
        return [Tile(name, words.say("range", low=low, high=high), words.say("tile_people_note_all", lower=lower))]
    if largest.estimate is not None:
        value = words.say("tile_people_about", number=words.about(largest.estimate))
        note = words.say("tile_people_note_estimate_open" if is_open else "tile_people_note_estimate", **bounds)
    elif is_open:
        value, note = words.say("tile_people_least", lower=lower), words.say("tile_people_note_open")
    else:
        value, note = words.say("tile_people_between", **bounds), words.say("tile_people_note")
    why = why_open(largest, campaign, words) if is_open else None
    return [Tile(name, value, f"{note}: {why}" if why else note)]


def _offline(campaign: Campaign, words: Words) -> list[Tile]:
    largest = campaign.activities[0]
    kinds = Counter(words.name("kind", one.kind) for one in campaign.activities)
    tiles = [
        Tile(
            words.say("tile_activities"),
            words.number(len(campaign.activities)),
            words.all_of(kind for kind, _ in kinds.most_common()),
        )
    ]
    if largest.counts:
        note = words.say("tile_offline_people_note", name=largest.name)
        tiles.append(Tile(words.say("tile_offline_people"), people_at(largest.counts, words), note))
    training = largest_training(campaign)
    if training and training != largest:
        count = sum(one.kind == "training" for one in campaign.activities)
        note = words.say("tile_trainings_note", name=training.name, people=people_at(training.counts, words))
        tiles.append(Tile(words.say("tile_trainings"), words.number(count), note))
    return tiles


def badges_of(campaign: Campaign, publication: Publication, words: Words) -> tuple[Badge, ...]:
    """As of when, whether all accounts were read, and whether the checks hold."""
    badges = (_as_of(campaign, publication, words), _fresh(campaign, words), checks_badge(publication, words))
    return (Badge(words.say("played"), "open"), *badges) if campaign.is_played else badges


def _as_of(campaign: Campaign, publication: Publication, words: Words) -> Badge:
    if publication.as_of is None:
        return Badge(words.say("as_of_never"), "bad")
    moment = words.moment(publication.as_of, campaign.time_zone)
    zone = words.named("zone", campaign.time_zone) or campaign.time_zone
    return Badge(words.say("as_of_in", moment=moment, zone=zone), "plain")


def _fresh(campaign: Campaign, words: Words) -> Badge:
    accounts = campaign.accounts
    fresh = sum(account.newest_fetched_at is not None and account.reason is None for account in accounts)
    if not accounts:
        return Badge(words.say("fresh_offline" if campaign.activities else "fresh_none"), "plain")
    if fresh == len(accounts):
        return Badge(words.say("fresh_all", fresh), "good")
    key = "fresh_some_played" if campaign.is_played else "fresh_some"
    return Badge(words.say(key, len(accounts), fresh=words.number(fresh)), "open")


def checks_badge(publication: Publication, words: Words) -> Badge:
    """Whether the checks of the gates hold."""
    checks = publication.checks
    passed = sum(check.holds for check in checks)
    if not checks:
        return Badge(words.say("checks_pending"), "open")
    if passed == len(checks):
        return Badge(words.say("checks_all", passed), "good")
    is_bad = any(not check.holds and check.severity == "critical" for check in checks)
    return Badge(words.say("checks_some", len(checks), passed=words.number(passed)), "bad" if is_bad else "open")
