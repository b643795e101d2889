"""The audience: people with numbers, so that what an account reached fits what its posts reached."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.registry import read_registry
from ingest.domain.errors import RegistryInvalid
from ingest.sandbox.audience import THE_END, Audience, Interval, audience_of, unique_people
from ingest.sandbox.world import SETTLED, build_world, grown
from ingest.settings import PROJECT

SINCE = datetime(2024, 1, 29, tzinfo=UTC)
DAY = timedelta(days=1)
PAGE = "104857600000101"
SMALL = 5_000


@dataclass(frozen=True)
class Post:
    post_id: str
    published_at: datetime
    reach: int
    account_id: str = PAGE


def reach_at(post: Post, moment: datetime) -> int:
    return int(post.reach * grown(moment - post.published_at))


def people(intervals: Sequence[Interval]) -> list[int]:
    return [person for one in intervals for person in range(one.start, one.stop)]


def everyone(audience: Audience, posts: Sequence[Post]) -> int:
    return unique_people(one for post in posts for one in audience.intervals(post.post_id, post.account_id, post.reach))


def window(audience: Audience, posts: Sequence[Post], first: float, last: float) -> int:
    since, until = SINCE + first * DAY, SINCE + last * DAY
    return audience.account_reach(PAGE, posts, since=since, until=until, reach_at=reach_at)


def seen_by(audience: Audience, posts: Sequence[Post], first: float, last: float) -> set[int]:
    since, until = SINCE + first * DAY, SINCE + last * DAY
    slices = [one for post in posts for one in audience.seen(post, since=since, until=until, reach_at=reach_at)]
    return set(people(slices))


seeds = st.text("abc", min_size=1, max_size=4)
days = st.integers(0, 60).map(lambda quarters: quarters / 4)
small_posts = st.lists(st.tuples(days, st.integers(0, SMALL)), min_size=1, max_size=6).map(
    lambda facts: [Post(f"{PAGE}_{i}", SINCE + day * DAY, reach) for i, (day, reach) in enumerate(facts)]
)
audiences = st.builds(
    Audience, population=st.just(SMALL), seed=seeds, seen_again=st.floats(0, 1), others_per_day=st.sampled_from((0, 40))
)


@given(seed=seeds, post_id=seeds, population=st.integers(0, SMALL), share=st.floats(0, 1))
def test_a_post_has_exactly_as_many_people_as_it_reached(
    seed: str, post_id: str, population: int, share: float
) -> None:
    reach = int(population * share)
    found = people(Audience(population, seed).intervals(post_id, PAGE, reach))
    assert len(found) == len(set(found)) == reach
    assert all(0 <= person < population for person in found)


@given(slices=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 30))))
def test_people_in_several_intervals_count_once(slices: list[tuple[int, int]]) -> None:
    intervals = [Interval(start, start + length) for start, length in slices]
    assert unique_people(intervals) == len(set(people(intervals)))


@given(audience=audiences, posts=small_posts)
def test_a_union_lies_between_the_largest_post_and_the_sum(audience: Audience, posts: list[Post]) -> None:
    reaches = [post.reach for post in posts]
    assert max(reaches) <= everyone(audience, posts) <= min(sum(reaches), SMALL)


@given(audience=audiences, posts=small_posts, edges=st.tuples(days, days, days, days).map(sorted))
def test_a_longer_window_holds_everyone_of_a_shorter_one_within_it(
    audience: Audience, posts: list[Post], edges: list[float]
) -> None:
    outer_first, inner_first, inner_last, outer_last = edges
    assert seen_by(audience, posts, inner_first, inner_last) <= seen_by(audience, posts, outer_first, outer_last)
    assert window(audience, posts, inner_first, inner_last) <= window(audience, posts, outer_first, outer_last)


@given(audience=audiences, posts=small_posts, until=st.integers(28, 40))
def test_a_day_is_at_most_a_week_and_a_week_at_most_four(audience: Audience, posts: list[Post], until: int) -> None:
    day, week, four_weeks = (window(audience, posts, until - length, until) for length in (1, 7, 28))
    assert day <= week <= four_weeks


@given(audience=audiences, posts=small_posts, cuts=st.lists(days, max_size=4))
def test_windows_that_tile_the_life_of_the_posts_hold_exactly_their_audience(
    audience: Audience, posts: list[Post], cuts: list[float]
) -> None:
    edges = sorted({0.0, *cuts, 15.0 + SETTLED.days})
    seen = set().union(*(seen_by(audience, posts, first, last) for first, last in pairwise(edges)))
    assert seen == {one for post in posts for one in people(audience.intervals(post.post_id, PAGE, post.reach))}


@given(audience=audiences, posts=small_posts, cuts=st.lists(days, max_size=4))
def test_windows_that_tile_a_life_bound_its_people_from_above(
    audience: Audience, posts: list[Post], cuts: list[float]
) -> None:
    edges = sorted({0.0, *cuts, 15.0 + SETTLED.days})
    capped = 0
    for first, last in pairwise(edges):
        grew = sum(reach_at(post, SINCE + last * DAY) - reach_at(post, SINCE + first * DAY) for post in posts)
        capped += min(window(audience, posts, first, last), grew)
    assert everyone(audience, posts) <= capped


def test_the_first_people_of_the_order_are_those_reached_first() -> None:
    audience = Audience(SMALL, "seed", seen_again=0.0)
    post = Post(f"{PAGE}_1", SINCE, 900)
    order = people(audience.intervals(post.post_id, PAGE, 900))
    gone = reach_at(post, SINCE + 2 * DAY)
    assert seen_by(audience, [post], 0, 2) == set(order[:gone])
    assert seen_by(audience, [post], 2, 40) == set(order[gone:])


def test_those_who_see_a_post_again_are_among_those_who_had_seen_it() -> None:
    post = Post(f"{PAGE}_1", SINCE, 900)
    never, often = Audience(SMALL, "seed", seen_again=0.0), Audience(SMALL, "seed", seen_again=0.5)
    grew = reach_at(post, SINCE + 2 * DAY) - reach_at(post, SINCE + DAY)
    assert window(never, [post], 1, 2) == grew
    assert window(often, [post], 1, 2) == grew + grew // 2
    assert seen_by(often, [post], 1, 2) - seen_by(never, [post], 1, 2) < seen_by(never, [post], 0, 1)


def test_a_post_that_reaches_nobody_new_is_not_seen() -> None:
    posts = [Post(f"{PAGE}_1", SINCE, 900)]
    assert window(Audience(SMALL, "seed"), posts, -7, 0) == 0
    assert window(Audience(SMALL, "seed"), posts, 21, 49) == 0


def test_posts_of_other_accounts_do_not_count() -> None:
    posts = [Post("1", SINCE, 900), Post("2", SINCE, 800, account_id="104857600000102")]
    assert window(Audience(SMALL, "seed"), posts, 0, 28) == 900


def test_others_make_an_account_reach_more_than_its_posts() -> None:
    posts = [Post(f"{PAGE}_{i}", SINCE, 4_000) for i in range(3)]
    without = audience_of("facebook", seed="seed")
    with_others = Audience(without.population, without.seed, others_per_day=150_000)
    assert window(with_others, [], 0, 1) == 150_000
    assert window(with_others, [], 0, 7) == 7 * 150_000
    assert window(with_others, [], 0, 28) == 10 * 150_000
    assert window(with_others, posts, 0, 28) > window(without, posts, 0, 28) == everyone(without, posts)


def test_a_reach_above_the_population_says_what_to_change() -> None:
    with pytest.raises(RegistryInvalid, match=r"Post 7 of account .* 901,000 people, .* 900,000\. Lower the figure"):
        audience_of("instagram", seed="seed").intervals("7", PAGE, 901_000)
    assert audience_of("instagram", seed="seed", population=901_000).intervals("7", PAGE, 901_000)


def test_every_process_has_the_same_audience() -> None:
    code = "from ingest.sandbox.audience import Audience; print(Audience(5000, 's').intervals('p', 'a', 700))"
    made = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, cwd=PROJECT, capture_output=True, check=True
        ).stdout.decode()
        for seed in ("1", "2")
    ]
    assert made[0] == made[1] == f"{Audience(5000, 's').intervals('p', 'a', 700)}\n"
    assert Audience(5000, "t").intervals("p", "a", 700) != Audience(5000, "s").intervals("p", "a", 700)


@pytest.mark.parametrize(("posts", "typical"), [(6, 20_000), (12, 60_000), (25, 60_000), (50, 30_000)])
def test_posts_of_an_account_share_people_as_real_ones_do(posts: int, typical: int) -> None:
    for seed in "abcdefgh":
        audience = audience_of("facebook", seed=seed)
        made = [Post(f"{PAGE}_{i}", SINCE, typical * (1 + 7 * i % 5) // 2) for i in range(posts)]
        assert 1.3 <= sum(post.reach for post in made) / everyone(audience, made) <= 4


def test_two_posts_of_an_account_share_more_people_than_chance_would() -> None:
    audience = audience_of("facebook", seed="seed")
    pairs = [[Post(f"{i}", SINCE, 100_000), Post(f"{i}b", SINCE, 100_000)] for i in range(30)]
    shared = [200_000 - everyone(audience, pair) for pair in pairs]
    by_chance = 100_000**2 / audience.population
    assert min(shared) > by_chance
    assert max(shared) > 1.5 * min(shared)


def test_however_much_an_account_posts_it_does_not_reach_everybody() -> None:
    audience = audience_of("facebook", seed="seed")
    made = [Post(f"{PAGE}_{i}", SINCE, 300_000) for i in range(100)]
    assert 0.5 * audience.population < everyone(audience, made) <= 0.9 * audience.population


def test_every_account_of_the_world_fits_its_posts() -> None:
    world = build_world(read_registry(PROJECT / "campaigns"))
    for account in [one for one in world.accounts.values() if one.source == "api"]:
        audience = audience_of(account.platform, seed="seed")
        posts = world.posts_of(account.account_id, THE_END)
        reaches = [world.finals[post.post_id]["reach"] for post in posts]
        since = min((post.published_at for post in posts), default=SINCE)
        reach = audience.account_reach(
            account.account_id,
            world.posts.values(),
            since=since,
            until=THE_END,
            reach_at=lambda post, at: world.value(post, "reach", at),
        )
        assert max(reaches, default=0) <= reach <= min(sum(reaches), audience.population)
