"""People reached by a set of posts: the models' own SQL, as dbt compiles it, on small inputs computed by hand."""

import re
from dataclasses import dataclass, field

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dbt.test_dbt_project import dbt

FOLDER = "models/intermediate/reach"
MODELS = (
    "int_account_overlap",
    "int_reach_sets__covers",
    "int_reach_sets__accounts",
    "int_reach_sets__platforms",
    "int_reach_sets__people",
)
INPUTS = """
    create schema intermediate;
    create table intermediate.int_reach_sets__posts (
        campaign_id varchar, phase_id varchar, platform varchar, account_id varchar, post_id varchar, reach double,
        published_on date, measured_on date, people_ceiling bigint, audience_size bigint);
    create table intermediate.int_account_windows (
        platform varchar, account_id varchar, window_no bigint, starts_on date, ends_on date, window_reach double);
    create table intermediate.int_account_windows__posts (
        platform varchar, account_id varchar, window_no bigint, post_id varchar, reach double);
    create table intermediate.int_reach_sets__increments (
        campaign_id varchar, phase_id varchar, platform varchar, account_id varchar, window_no bigint, post_id varchar,
        delta bigint);
"""
DAY = "date '2024-01-01'"
Sql = dict[str, str]


@dataclass(frozen=True)
class Case:
    """Posts of a set (platform, account, post, reach), windows with the posts published in them, and what comes out."""

    posts: list[tuple[str, str, str, float | None]]
    windows: list[tuple[str, str, int, float | None, list[float | None]]] = field(default_factory=list)
    """Platform, account, number (28 days each, from the first post on), reach, and the reach of the posts in it."""
    increments: list[tuple[int, list[int]]] = field(default_factory=list)
    ceiling: int | None = None
    audience: int | None = None
    life: int = 28
    """Days from the first publication to the measurement."""


def simple(*reaches: float | None, **facts: object) -> Case:
    """Posts of one account."""
    return Case([("fb", "a", f"p{n}", reach) for n, reach in enumerate(reaches)], **facts)  # type: ignore[arg-type]


def window(
    reach: float | None, posts: list[float | None], number: int = 50, account: str = "a"
) -> tuple[str, str, int, float | None, list[float | None]]:
    """A window that calibrates and covers nothing of the set's life: it lies long before."""
    return ("fb", account, -number, reach, posts)


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> Sql:
    """The compiled SQL of the models, by name."""
    folder = tmp_path_factory.mktemp("reach")
    ran = dbt(folder, "compile", "--select", FOLDER)
    assert ran.returncode == 0, ran.stdout[-2000:]
    compiled = folder / "target" / "compiled" / "campaign_reach" / FOLDER
    return {name: without_database((compiled / f"{name}.sql").read_text(encoding="utf-8")) for name in MODELS}


def without_database(text: str) -> str:
    return re.sub(r'"warehouse"\.', "", text)


def reached(sql: Sql, case: Case, *, q_across: float = 0.74) -> duckdb.DuckDBPyConnection:
    """A database in which the models have run over a case."""
    connection = duckdb.connect()
    connection.execute(INPUTS)
    insert(connection, case)
    for name in MODELS:
        query = sql[name].replace("0.74", str(q_across))
        connection.execute(f"create table intermediate.{name} as {query}")
    return connection


def insert(connection: duckdb.DuckDBPyConnection, case: Case) -> None:
    for platform, account, post, reach in case.posts:
        connection.execute(
            f"insert into intermediate.int_reach_sets__posts values ('c', null, ?, ?, ?, ?, {DAY}, {DAY} + ?, ?, ?)",
            [
                platform,
                account,
                post,
                None if reach is not None and reach < 0 else reach,
                case.life,
                case.ceiling,
                case.audience,
            ],
        )
    for platform, account, number, reach, posts in case.windows:
        first = 28 * number
        connection.execute(
            f"insert into intermediate.int_account_windows values (?, ?, ?, {DAY} + ?, {DAY} + ?, ?)",
            [platform, account, number, first, first + 28, reach],
        )
        for index, of_post in enumerate(posts):
            connection.execute(
                "insert into intermediate.int_account_windows__posts values (?, ?, ?, ?, ?)",
                [platform, account, number, f"w{number}_{index}", of_post],
            )
    for number, deltas in case.increments:
        for index, delta in enumerate(deltas):
            connection.execute(
                "insert into intermediate.int_reach_sets__increments values ('c', null, 'fb', 'a', ?, ?, ?)",
                [number, f"p{index}", delta],
            )


PLATFORM = """
    select people_reached_lower, people_reached_upper, people_reached_est, estimate_reason
    from intermediate.int_reach_sets__platforms order by platform
"""
NO_WINDOW, WITHHELD = "no_window", "withheld_reach"
CASES: list[tuple[int, Case, tuple[float | None, float | None, float | None, str | None]]] = [
    (1, simple(1000, ceiling=10000), (1000, 1000, 1000, None)),
    (2, simple(10000, 500, ceiling=10000), (10000, 10000, 10000, None)),
    (3, simple(400, 300, 200, 100, ceiling=10000), (400, 1000, None, NO_WINDOW)),
    (4, simple(1000, None), (1000, None, None, WITHHELD)),
    (
        5,
        simple(1000, None, life=56, windows=[("fb", "a", 0, 1600, []), ("fb", "a", 1, 200, [])]),
        (1000, 1800, None, WITHHELD),
    ),
    (6, simple(1000, None, ceiling=10000), (1000, 10000, None, WITHHELD)),
    (7, simple(0, 0), (0, 0, 0, None)),
    (8, simple(0, 50), (50, 50, 50, None)),
    (9, Case([("fb", "a", "p1", 400), ("fb", "a", "p1", 400), ("fb", "a", "p2", 300)]), (400, 700, None, NO_WINDOW)),
    (10, simple(400, 300, -1, ceiling=10000), (400, 10000, None, WITHHELD)),
    (11, simple(300, 400, windows=[window(500, [300, 400])]), (400, 700, 500, None)),
    (12, simple(600, 800, windows=[window(500, [300, 400]), window(1000, [500] * 4, 60)]), (800, 1400, 1000, None)),
    (13, simple(500, 500, windows=[window(1000, [500] * 4)]), (500, 1000, 707.1068, None)),
    (14, simple(400, 100, windows=[window(600, [400, 300, 200, 100])]), (400, 500, 421.13, None)),
    (
        15,
        Case(
            [("fb", "a", "p1", 400), ("fb", "a", "p2", 100), ("fb", "b", "p3", 500)],
            [window(600, [400, 300, 200, 100])],
        ),
        (500, 1000, 770.2157, None),
    ),
    (16, Case([("fb", "a", "p1", 300), ("fb", "b", "p2", 400)]), (400, 700, 500, None)),
    (17, simple(300, 400, windows=[window(700, [300, 400])]), (400, 700, 700, None)),
    (170, simple(300, 400, windows=[window(400, [300, 400])]), (400, 700, 400, None)),
    (18, simple(400, 300, windows=[window(900, [400, 300])]), (400, 700, None, "window_inconsistent")),
    (19, simple(400, 300, windows=[window(600, [400, 300, None])]), (400, 700, None, NO_WINDOW)),
    (
        20,
        simple(
            400,
            300,
            life=56,
            windows=[("fb", "a", 0, 350, []), ("fb", "a", 1, None, [])],
            increments=[(0, [300, 280]), (1, [100, 20])],
        ),
        (400, 470, None, NO_WINDOW),
    ),
    (
        21,
        simple(400, 300, life=56, windows=[("fb", "a", 0, 350, [])], increments=[(0, [300, 280])]),
        (400, 700, None, NO_WINDOW),
    ),
    (
        22,
        simple(1000, 300, life=56, windows=[("fb", "a", 0, 600, []), ("fb", "a", 1, 100, [])]),
        (1000, 700, None, "contradiction"),
    ),
]


@pytest.mark.parametrize(("number", "case", "expected"), CASES, ids=[str(number) for number, *_ in CASES])
def test_a_case_worked_by_hand(
    sql: Sql, number: int, case: Case, expected: tuple[float | None, float | None, float | None, str | None]
) -> None:
    ((lower, upper, est, reason),) = (
        reached(sql, case, q_across=0.5 if number == 16 else 0.74).execute(PLATFORM).fetchall()
    )
    assert (lower, upper, reason) == (expected[0], expected[1], expected[3])
    assert est == (None if expected[2] is None else pytest.approx(expected[2], rel=1e-4))


@pytest.mark.parametrize(
    ("number", "low", "high"),
    [(11, 400, 675), (12, 800, 1350), (13, 500, 954.5942), (14, 400, 500), (15, 539.151, 1000)],
)
def test_the_plausible_range_lies_within_the_bounds(sql: Sql, number: int, low: float, high: float) -> None:
    case = next(case for one, case, _ in CASES if one == number)
    query = "select people_reached_est_low, people_reached_est_high from intermediate.int_reach_sets__platforms"
    assert reached(sql, case).execute(query).fetchall() == [pytest.approx((low, high), rel=1e-4)]


def test_without_an_estimate_there_is_no_range_either(sql: Sql) -> None:
    query = "select people_reached_est_low, people_reached_est_high from intermediate.int_reach_sets__platforms"
    assert reached(sql, simple(400, 300)).execute(query).fetchall() == [(None, None)]


def test_people_on_two_platforms_have_bounds_and_no_estimate(sql: Sql) -> None:
    case = Case([("fb", "a", "p1", 400), ("fb", "a", "p2", 100), ("ig", "i", "p3", 250)])
    connection = reached(sql, case)
    query = "select people_reached_lower, people_reached_upper from intermediate.int_reach_sets__people"
    assert connection.execute(query).fetchall() == [(400, 750)]
    assert [row[2] for row in connection.execute(PLATFORM).fetchall()] == [None, 250]


def test_a_contradiction_on_a_platform_leaves_people_without_an_upper_bound(sql: Sql) -> None:
    case = next(case for number, case, _ in CASES if number == 22)
    query = "select people_reached_upper, upper_reason from intermediate.int_reach_sets__people"
    assert reached(sql, case).execute(query).fetchall() == [(None, "contradiction")]


def test_a_model_that_says_more_people_than_the_audience_gives_no_number(sql: Sql) -> None:
    case = simple(300, 400, windows=[window(700, [300, 400])], audience=600)
    assert reached(sql, case).execute(PLATFORM).fetchall() == [(400, 700, None, "above_audience")]


def test_when_every_reach_is_withheld_nothing_is_known_and_that_is_not_zero(sql: Sql) -> None:
    assert reached(sql, simple(None, None)).execute(PLATFORM).fetchall() == [(None, None, None, WITHHELD)]


POSTS = st.lists(st.integers(1, 10_000), min_size=2, max_size=8)
RATIO = st.floats(0.0, 1.0)


def calibrated(reaches: list[int], ratio: float) -> Case:
    """A set whose account has a window that fits its posts: somewhere between the largest and the sum."""
    people = max(reaches) + ratio * (sum(reaches) - max(reaches))
    return simple(*reaches, windows=[window(people, [float(one) for one in reaches])])


def estimate(sql: Sql, case: Case) -> tuple[float, float, float]:
    ((lower, upper, est, _),) = reached(sql, case).execute(PLATFORM).fetchall()
    return lower, upper, est


@settings(max_examples=25, deadline=None)
@given(reaches=POSTS, ratio=RATIO, order=st.randoms(use_true_random=False))
def test_the_estimate_lies_within_the_bounds_and_order_and_double_rows_do_not_matter(
    sql: Sql, reaches: list[int], ratio: float, order: "object"
) -> None:
    case = calibrated(reaches, ratio)
    lower, upper, est = estimate(sql, case)
    assert lower * (1 - 1e-6) <= est <= upper * (1 + 1e-6)
    mixed = [*case.posts, case.posts[0]]
    order.shuffle(mixed)  # type: ignore[attr-defined]
    assert estimate(sql, Case(mixed, case.windows)) == (lower, upper, pytest.approx(est))


@settings(max_examples=25, deadline=None)
@given(reaches=POSTS, ratio=RATIO)
def test_another_post_never_lowers_anything(sql: Sql, reaches: list[int], ratio: float) -> None:
    case = calibrated(reaches, ratio)
    less = estimate(sql, Case(case.posts[:-1], case.windows))
    more = estimate(sql, case)
    assert all(after >= before * (1 - 1e-6) for before, after in zip(less, more, strict=True))


@settings(max_examples=25, deadline=None)
@given(reaches=st.lists(st.integers(1, 10_000), min_size=4, max_size=8), ratio=RATIO, cut=st.integers(1, 3))
def test_a_campaign_holds_each_of_its_phases_and_never_more_than_all_of_them(
    sql: Sql, reaches: list[int], ratio: float, cut: int
) -> None:
    case = calibrated(reaches, ratio)
    whole = estimate(sql, case)[2]
    parts = [estimate(sql, Case(posts, case.windows))[2] for posts in (case.posts[:cut], case.posts[cut:])]
    assert max(parts) * (1 - 1e-6) <= whole <= sum(parts) * (1 + 1e-6)
