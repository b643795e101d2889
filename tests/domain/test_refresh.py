"""The refresh plan: what is due and why, at the fewest calls."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.refresh import (
    LISTED,
    RESTING,
    TIERS,
    AccountState,
    KnownPost,
    due_posts,
    explain_post,
    plan_accounts,
    split_reads,
)

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def post(age: timedelta, read: timedelta, number: int = 1) -> KnownPost:
    """A post of that age that was last read so long ago."""
    return KnownPost("page", f"post_{number}", NOW - age, NOW - read)


def account(*posts: KnownPost, listed: timedelta | None = HOUR, **facts: object) -> AccountState:
    return AccountState("page", "facebook", posts, NOW - listed if listed else None, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("age", "tier"),
    [
        (HOUR, "hourly"),
        (2 * DAY, "daily"),
        (7 * DAY, "every third day"),
        (30 * DAY, "weekly"),
        (90 * DAY, "monthly"),
        (729 * DAY, "monthly"),
    ],
)
def test_a_post_is_read_the_more_rarely_the_older_it_is(age: timedelta, tier: str) -> None:
    known = post(age, HOUR)
    found = known.tier(NOW)
    assert found is not None
    assert found.name == tier
    assert not KnownPost("page", "p", NOW - age, NOW - found.every + HOUR / 2).is_due(NOW) or found.every == HOUR
    assert KnownPost("page", "p", NOW - age, NOW - found.every).is_due(NOW)


def test_a_run_that_comes_a_little_early_still_finds_its_posts_due() -> None:
    assert post(DAY, HOUR - timedelta(minutes=4)).is_due(NOW)
    assert not post(DAY, HOUR - timedelta(minutes=6)).is_due(NOW)


def test_an_old_post_is_read_once_more_after_its_numbers_settled_and_then_never() -> None:
    never_settled, settled = post(800 * DAY, 795 * DAY), post(800 * DAY, 700 * DAY)
    assert (never_settled.is_due(NOW), settled.is_due(NOW)) == (True, False)
    assert "last reading" in explain_post(never_settled, None, NOW)
    assert "two years" in explain_post(settled, None, NOW)


def test_an_account_that_was_never_listed_is_listed_whole() -> None:
    (row,) = plan_accounts([account(listed=None)], at=NOW, most_calls=10)
    assert (row.reason, row.since_at) == (LISTED, None)


def test_a_throttled_account_rests_and_the_others_go_on() -> None:
    resting = AccountState("tired", "facebook", not_before_at=NOW + HOUR)
    rows = plan_accounts([resting, account(listed=None)], at=NOW, most_calls=10)
    assert {row.account_id: row.reason == RESTING for row in rows} == {"tired": True, "page": False}


def test_an_account_is_searched_for_new_posts_hourly_while_its_campaign_runs_else_daily() -> None:
    active = ((NOW - 10 * DAY, NOW + DAY),)
    assert len(plan_accounts([account(active=active)], at=NOW, most_calls=10)) == 1
    assert plan_accounts([account()], at=NOW, most_calls=10) == ()
    assert len(plan_accounts([account(listed=DAY)], at=NOW, most_calls=10)) == 1


def test_the_account_with_the_newest_campaign_comes_first() -> None:
    old = AccountState("a_old", "facebook", active=((NOW - 900 * DAY, NOW - 800 * DAY),))
    new = AccountState("b_new", "facebook", active=((NOW - 9 * DAY, NOW),))
    assert [row.account_id for row in plan_accounts([old, new], at=NOW, most_calls=10)] == ["b_new", "a_old"]


def test_one_page_of_the_listing_is_preferred_over_many_single_reads() -> None:
    young = tuple(post(DAY / 2, 2 * HOUR, n) for n in range(30))
    (row,) = plan_accounts([account(*young)], at=NOW, most_calls=100)
    assert (row.post_ids, row.since_at, row.est_calls) == ((), NOW - DAY / 2, 2)


def test_a_few_old_posts_behind_many_young_ones_are_read_apart() -> None:
    young = [post(DAY * 2 + HOUR * n, HOUR, n) for n in range(120)]
    old = [post(400 * DAY, 40 * DAY, 1000)]
    deep = [post(300 * DAY, DAY, 2000 + n) for n in range(500)]
    (row,) = plan_accounts([account(*young, *deep, *old)], at=NOW, most_calls=100)
    assert row.post_ids == ("post_1000",)
    assert row.est_calls < 1 + 7


def test_what_exceeds_the_calls_of_a_run_is_left_for_the_next_and_said_so() -> None:
    posts = [post(300 * DAY, DAY, n) for n in range(1000)] + [
        post((301 + n) * DAY, 40 * DAY, 5000 + n) for n in range(5)
    ]
    known = account(*posts)
    (row,) = plan_accounts([known], at=NOW, most_calls=3)
    left = [one for one in posts if "left for the next run" in explain_post(one, row, NOW)]
    assert len(row.post_ids) + len(left) == 5
    assert left


AGES = st.integers(0, 900 * 24)


@given(ages=st.lists(st.tuples(AGES, AGES), max_size=60), most=st.integers(0, 20))
def test_every_due_post_is_listed_or_read_apart_or_left_and_no_post_is_read_for_nothing(
    ages: list[tuple[int, int]], most: int
) -> None:
    posts = [post(age * HOUR, min(age, read) * HOUR, n) for n, (age, read) in enumerate(ages)]
    known, due = account(*posts), due_posts(posts, NOW)
    rows = plan_accounts([known], at=NOW, most_calls=most)
    said = [explain_post(one, rows[0] if rows else None, NOW) for one in posts]
    assert sum("due, " in text for text in said) == len(due)
    if rows:
        assert set(rows[0].post_ids) <= {one.post_id for one in due}


@given(ages=st.lists(st.tuples(AGES, AGES), min_size=1, max_size=60))
def test_listing_and_apart_together_never_cost_more_than_either_alone(ages: list[tuple[int, int]]) -> None:
    posts = [post(age * HOUR, min(age, read) * HOUR, n) for n, (age, read) in enumerate(ages)]
    due = due_posts(posts, NOW)
    listed, apart = split_reads(posts, due)
    assert sorted(one.post_id for one in (*listed, *apart)) == sorted(one.post_id for one in due)
    depth = -(-sum(one.published_at >= listed[-1].published_at for one in posts) // 100) if listed else 0
    assert depth + len(apart) <= min(len(due), -(-len(posts) // 100))


def test_tiers_follow_each_other() -> None:
    assert [tier.up_to for tier in TIERS] == sorted(tier.up_to for tier in TIERS)
    assert [tier.every for tier in TIERS] == sorted(tier.every for tier in TIERS)
