"""Who saw what: an audience of numbered people, so that an account's unique reach fits the reach of its posts.

People of a platform are the numbers from 0 to its population. A post's audience is a short list of intervals of them,
in the order in which they first see it: mostly fans of the account (the same ones again and again), some people near
them, some strangers. Who saw the account in a window is then exact interval arithmetic, never a number drawn for it.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, Protocol, TypeVar

from ingest.domain.errors import RegistryInvalid

POPULATIONS = {"facebook": 2_600_000, "instagram": 900_000}
"""People on a platform. Invented: of the order of what ad tools say of Mongolia."""
SEEN_AGAIN = 0.15
CHUNKS = 8
"""Into how many intervals a post's fans, neighbours and strangers fall, each."""
FAN_SHARE, FAN_STRETCH = (0.3, 0.7), (1.2, 2.4)
"""The part of a post's audience that are fans, and out of how many times as many fans they come."""
NEIGHBOUR_SHARE, NEIGHBOUR_STRETCH = 0.25, 8
SKEW = 3
"""How much rarer people far from the fans are; with 1 nobody would be hard to reach."""
HORIZON = (0.7, 0.9)
"""The part of the population that an account can reach at all, unless one post alone reaches more."""
SHARED_FANS = 20
"""Fans of all accounts begin within this fraction of the population: who is active follows several accounts."""
OTHERS_POOL_DAYS = 10
"""People who see stories or the profile come back: after so many days nobody new comes."""
SECOND, DAY_SECONDS = timedelta(seconds=1), 86_400
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
THE_END = datetime(9000, 1, 1, tzinfo=UTC)
"""When everything has grown to its final value."""


class Interval(NamedTuple):
    """The people from `start` up to, not including, `stop`."""

    start: int
    stop: int


class Seen(Protocol):
    """What a post must tell so that it has an audience."""

    @property
    def post_id(self) -> str: ...  # noqa: D102
    @property
    def account_id(self) -> str: ...  # noqa: D102


PostT = TypeVar("PostT", bound=Seen)
ReachAt = Callable[[PostT, datetime], int]
"""The lifetime reach of a post at a moment; never falls, and is final at THE_END."""


@dataclass(frozen=True, slots=True)
class Audience:
    """The people of one platform, and who of them sees which post; the same for the same population and seed."""

    population: int
    seed: str
    seen_again: float = SEEN_AGAIN
    """To each person who first sees a post in a window, how many see it then who had seen it before."""
    others_per_day: int = 0
    """People per account and day who see something of it that is no post: a story, the profile, an ad."""

    def intervals(self, post_id: str, account_id: str, reach: int) -> tuple[Interval, ...]:
        """Exactly `reach` people as disjoint intervals, in the order in which they first see the post.

        Raises: RegistryInvalid when the post is to reach more people than there are.
        """
        if reach > self.population:
            raise RegistryInvalid(
                f"Post {post_id} of account {account_id} is to reach {reach:,} people, but the sandbox's audience has "
                f"{self.population:,}. Lower the figure that gives its reach, add posts that share it, or give the "
                "sandbox a larger population."
            )
        return _intervals(self.population, self.seed, post_id, account_id, reach)

    def seen(self, post: PostT, *, since: datetime, until: datetime, reach_at: ReachAt[PostT]) -> list[Interval]:
        """Who saw the post in [since, until): those who first saw it then, and those who saw it once more.

        A window within another never holds anyone whom the larger one does not hold.
        """
        before, after = reach_at(post, since), reach_at(post, until)
        if after <= before:
            return []
        again = min(int(self.seen_again * (after - before)), before)
        order = self.intervals(post.post_id, post.account_id, reach_at(post, THE_END))
        return [*_between(order, 0, again), *_between(order, before, after)]

    def account_reach(
        self, account_id: str, posts: Iterable[PostT], *, since: datetime, until: datetime, reach_at: ReachAt[PostT]
    ) -> int:
        """Unique people who saw anything of the account in [since, until); posts of other accounts do not count.

        Unit: persons on the platform, each once; windows do not add up.
        Raises: RegistryInvalid when a post is to reach more people than there are.
        """
        mine = (post for post in posts if post.account_id == account_id)
        seen = (self.seen(post, since=since, until=until, reach_at=reach_at) for post in mine)
        return unique_people(chain(self._others(account_id, since, until), chain.from_iterable(seen)))

    def _others(self, account_id: str, since: datetime, until: datetime) -> list[Interval]:
        """A steady flow of people through a pool: a longer window holds everyone of a shorter one within it."""
        pool = min(self.others_per_day * OTHERS_POOL_DAYS, self.population)
        if not pool:
            return []
        first, last = (self.others_per_day * ((at - EPOCH) // SECOND) // DAY_SECONDS for at in (since, until))
        start = _dice(self.seed, account_id, "others").randrange(self.population)
        people = _around(first % pool, min(max(last - first, 0), pool), pool)
        return [part for one in people for part in _around(start + one.start, one.stop - one.start, self.population)]


def audience_of(platform: str, *, seed: str, population: int | None = None) -> Audience:
    """The audience of a platform, by default as large as POPULATIONS says.

    Raises: KeyError for a platform that has no population.
    """
    return Audience(POPULATIONS[platform] if population is None else population, f"{seed}/{platform}")


def unique_people(slices: Iterable[Interval]) -> int:
    """How many people are in at least one of the intervals."""
    people = end = 0
    for start, stop in sorted(slices):
        if stop > end:
            people += stop - max(start, end)
            end = stop
    return people


@lru_cache(maxsize=4096)
def _intervals(population: int, seed: str, post_id: str, account_id: str, reach: int) -> tuple[Interval, ...]:
    """Places count from the account's first fan; bands follow each other: fans, neighbours, strangers."""
    account, dice = _dice(seed, account_id), _dice(seed, post_id)
    first_fan = account.randrange(population // SHARED_FANS + 1)
    end = max(reach, int(population * account.uniform(*HORIZON)))
    fans = round(reach * dice.uniform(*FAN_SHARE))
    fans_end = min(end, int(fans * dice.uniform(*FAN_STRETCH)) + 1)
    near_end = min(end, fans_end + NEIGHBOUR_STRETCH * reach)
    near = min(round(reach * NEIGHBOUR_SHARE), near_end - fans_end)
    strangers = min(reach - fans - near, end - near_end)
    near = min(reach - fans - strangers, near_end - fans_end)
    bands = ((0, fans_end, reach - near - strangers), (fans_end, near_end, near), (near_end, end, strangers))
    chosen = [
        (dice.random() + number / 2, one)
        for number, (low, high, count) in enumerate(bands)
        for one in _choose(dice, low, high, count)
    ]
    return tuple(
        part for _, one in sorted(chosen) for part in _around(first_fan + one.start, one.stop - one.start, population)
    )


def _choose(dice: random.Random, low: int, high: int, count: int) -> Sequence[Interval]:
    """Exactly `count` of the places from `low` up to `high`, rather low ones, in at most CHUNKS disjoint intervals."""
    cuts = [0, *sorted(dice.randint(0, count) for _ in range(CHUNKS - 1)), count]
    gaps = sorted(int((high - low - count) * dice.random() ** SKEW) for _ in range(CHUNKS))
    parts = (Interval(low + gap + cuts[i], low + gap + cuts[i + 1]) for i, gap in enumerate(gaps))
    return [part for part in parts if part.stop > part.start]


def _around(start: int, length: int, size: int) -> list[Interval]:
    """A stretch of a circle of that size, as the one or two intervals that it is."""
    start %= size
    if start + length <= size:
        return [Interval(start, start + length)] if length else []
    return [Interval(start, size), Interval(0, start + length - size)]


def _between(order: Iterable[Interval], first: int, last: int) -> list[Interval]:
    """The people who come at the places from `first` up to `last` of an order."""
    parts, place = [], 0
    for start, stop in order:
        low, high = max(first, place), min(last, place + stop - start)
        if low < high:
            parts.append(Interval(start + low - place, start + high - place))
        place += stop - start
    return parts


def _dice(*parts: str) -> random.Random:
    return random.Random("/".join(parts))  # noqa: S311 - a plausible world, no secret
