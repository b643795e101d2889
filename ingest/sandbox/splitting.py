"""Published figures as targets: their totals are split over the posts by seed, so that the posts add up to them."""

import random
from collections.abc import Mapping, MutableMapping, Sequence

from ingest.domain.campaigns import Campaign
from ingest.domain.errors import RegistryInvalid
from ingest.domain.figures import SEVERAL, PublishedFigure
from ingest.sandbox.staging import WorldPost, facts_of, split_engagements

Facts = MutableMapping[str, dict[str, int]]
ENGAGEMENT_PARTS = ("reactions_like", "reactions_love", "reactions_wow", "comments", "shares", "saves")
REACH_PER_ENGAGEMENT = 6
IMPRESSIONS_WEIGHTS = {"facebook": 1.0, "instagram": 0.08, "youtube": 0.5, "twitter": 0.03}
"""Platforms that tell how often a post came on a screen, and how large their posts are; TikTok tells plays only."""
MOST_REACH = {"facebook": 1_400_000}
"""No single post of a made-up total reaches more people than that: the audience has an end."""


def meet_targets(campaign: Campaign, posts: Sequence[WorldPost], finals: Facts, *, seed: str) -> None:
    """Set the facts of the campaign's posts so that its targets are met; changes `finals`.

    Raises: RegistryInvalid when what is fixed is more than the target.
    """
    for post in posts:
        if "reach" in post.fixed:
            _fix_reach(post, int(campaign.figure(post.fixed["reach"]).published_value), finals, seed=seed)
    for figure_id in campaign.sandbox.targets if campaign.sandbox else ():
        figure = campaign.figure(figure_id)
        dice = random.Random(f"{seed}/{figure_id}")  # noqa: S311 - a plausible world, no secret
        mine = [post for post in posts if _is_in(post, figure)]
        _meet(figure, mine, finals, dice)


def split(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in the proportion of the weights that add up to the total exactly."""
    whole = sum(weights)
    shares = [total * weight / whole for weight in weights]
    parts = [int(share) for share in shares]
    by_rest = sorted(range(len(parts)), key=lambda index: (parts[index] - shares[index], index))
    for index in by_rest[: total - sum(parts)]:
        parts[index] += 1
    return parts


def total_of(figure: PublishedFigure, dice: random.Random) -> int:
    """A total that the published words are true of: the number itself, or one that rounds to it, or one above it."""
    value = int(figure.published_value)
    step = 10 ** (len(str(value)) - len(str(value).rstrip("0")))
    if figure.qualifier == "exact" or step == 1:
        return value + (figure.qualifier == "more_than")
    if figure.qualifier == "more_than":
        return value + 1 + int(step * dice.uniform(0.05, 0.6))
    return value + int(step * dice.uniform(-0.4, 0.4))


def counts_impressions(post: WorldPost) -> bool:
    """Whether the post's platform tells impressions."""
    return post.platform in IMPRESSIONS_WEIGHTS


def _is_in(post: WorldPost, figure: PublishedFigure) -> bool:
    in_phase = figure.phase_id is None or post.phase_id == figure.phase_id
    is_told = figure.metric != "impressions" or counts_impressions(post)
    return in_phase and is_told and figure.scope in ("all", *SEVERAL, post.platform)


def _fix_reach(post: WorldPost, reach: int, finals: Facts, *, seed: str) -> None:
    dice = random.Random(f"{seed}/{post.post_id}")  # noqa: S311 - a plausible world, no secret
    finals[post.post_id] = facts_of(dice, reach, int(reach * dice.uniform(1.06, 1.2)), post.media_format, post.platform)


def _meet(figure: PublishedFigure, posts: Sequence[WorldPost], finals: Facts, dice: random.Random) -> None:
    free = [post for post in posts if not post.fixed]
    measure = {"duplicated_reach": "reach"}.get(figure.metric, figure.metric)
    taken = sum(_fact(finals[post.post_id], measure) for post in posts if post.fixed)
    rest = total_of(figure, dice) - taken
    if rest < len(free) or (not free and rest):
        raise RegistryInvalid(
            f"Figure {figure.figure_id} cannot be met: its posts with fixed facts already have {taken:,} of "
            f"{figure.metric}, and {len(free)} posts are free. Change the figure, or add posts under sandbox."
        )
    parts = split(rest - len(free), [_weight(post, measure, dice) for post in free]) if free else []
    for post, part in zip(free, parts, strict=True):
        finals[post.post_id] = _with(measure, part + 1, post, dice)


def _weight(post: WorldPost, measure: str, dice: random.Random) -> float:
    """How large a part of a total a post is; of impressions a tweet has fewer than a video."""
    return dice.lognormvariate(0.0, 0.7) * (IMPRESSIONS_WEIGHTS[post.platform] if measure == "impressions" else 1)


def _fact(facts: Mapping[str, int], measure: str) -> int:
    return sum(facts[part] for part in ENGAGEMENT_PARTS) if measure == "engagements" else facts[measure]


def _with(measure: str, value: int, post: WorldPost, dice: random.Random) -> dict[str, int]:
    """All facts of a post of which one is given."""
    if measure == "views":
        return facts_of(dice, max(1, int(value * dice.uniform(0.5, 0.9))), value, post.media_format, post.platform)
    if measure == "reach":
        return facts_of(dice, value, int(value * dice.uniform(1.1, 1.8)), post.media_format, post.platform)
    if measure == "impressions":
        views = int(value * dice.uniform(0.65, 0.95))
        reach = max(1, min(int(views * dice.uniform(0.3, 0.6)), MOST_REACH.get(post.platform, views)))
        return facts_of(dice, reach, views, post.media_format, post.platform) | {"impressions": value}
    reach = int(value * REACH_PER_ENGAGEMENT * dice.uniform(0.8, 1.3))
    facts = facts_of(dice, reach, int(reach * dice.uniform(1.2, 1.9)), post.media_format, post.platform)
    return facts | split_engagements(dice, value, post.platform)
