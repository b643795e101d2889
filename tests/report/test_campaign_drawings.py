"""The drawings of the demo's five campaigns, as they are laid out: leaders to their own line, axes that are exact."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from math import dist, hypot, pi, sqrt
from pathlib import Path
from typing import Any

import pytest

from ingest.report.canvas import SIZE, SMALL, Canvas
from ingest.report.charts import accounts, curve, people
from ingest.report.charts.axis import round_ticks
from ingest.report.charts.leaders import leaders_to
from ingest.report.colours import AXIS, MUTED
from ingest.report.facts import Campaign
from ingest.report.sections import NARROW, WIDE, sections_of
from ingest.report.text import BOLD, width
from ingest.report.translated import translated
from ingest.report.words import LANGUAGES, Words, words_of

pytestmark = pytest.mark.xdist_group("demo")
Point = tuple[float, float]


@pytest.fixture(scope="module")
def campaigns(demo: tuple[Path, str]) -> tuple[Campaign, ...]:
    """What the demo's report is drawn from."""
    from ingest.steps.report_facts import read_facts

    return read_facts(demo[0] / "var/published/campaign_reach.duckdb").campaigns


def spoken(campaigns: tuple[Campaign, ...]) -> Iterator[tuple[Campaign, Words]]:
    for campaign in campaigns:
        for language in LANGUAGES:
            yield translated(campaign, language), words_of(language)


def curves(campaigns: tuple[Campaign, ...]) -> Iterator[tuple[str, Canvas]]:
    for campaign, words in spoken(campaigns):
        for wide in (WIDE, NARROW):
            canvas = curve.draw(campaign, words, wide=wide)
            if canvas is not None:
                yield f"{campaign.campaign_id} {words.language} {wide}", canvas


def leaders_on(canvas: Canvas) -> list[tuple[Point, Point]]:
    return [((rule["x"], rule["y"]), (rule["x2"], rule["y2"])) for rule in canvas.rules if rule["c"] == AXIS.light]


def away(point: Point, line: tuple[Point, Point]) -> float:
    """How far a point is from a piece of a line."""
    (x, y), (x2, y2) = line
    steps = max(1, int(4 * dist(*line)))
    return min(hypot(point[0] - x - (x2 - x) * at / steps, point[1] - y - (y2 - y) * at / steps)
               for at in range(steps + 1))  # fmt: skip


def cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    def turn(a: Point, b: Point, c: Point) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    return turn(*one, other[0]) * turn(*one, other[1]) <= 0 and turn(*other, one[0]) * turn(*other, one[1]) <= 0


def lines_on(canvas: Canvas) -> list[list[Point]]:
    """The dots of each line, the line found by its colour."""
    return [
        [(dot["x"], dot["y"]) for dot in canvas.dots if dot["c"] == line["c"]] for line in canvas.lines
    ]  # fmt: skip


def faults_of(canvas: Canvas) -> list[str]:
    """What would give a reader another line's label."""
    leaders, lines = leaders_on(canvas), lines_on(canvas)
    assert len(leaders) == len(lines)
    radius = max(sqrt(dot["s"] / pi) for dot in canvas.dots)
    found = [f"{one} crosses {other}" for one, other in combinations(leaders, 2) if cross(one, other)]
    for leader, line in zip(leaders, lines, strict=True):
        if away(line[-1], leader) > 2 * radius:
            found.append(f"{leader} does not begin at the last dot of its line")
        found += [
            f"{leader} passes {dot}"
            for other in lines
            if other is not line
            for dot in other
            if away(dot, leader) <= radius + 1
        ]
    return found


def test_no_leader_of_a_curve_passes_the_dot_of_another_line_and_no_two_cross(campaigns: tuple[Campaign, ...]) -> None:
    drawn = dict(curves(campaigns))
    assert len({name.split()[0] for name in drawn}) == len([one for one in campaigns if one.readings])
    assert {name: faults_of(canvas) for name, canvas in drawn.items() if faults_of(canvas)} == {}


def test_each_label_of_a_curve_stands_where_the_leader_of_its_own_line_ends(campaigns: tuple[Campaign, ...]) -> None:
    for campaign, words in spoken(campaigns):
        canvas = curve.draw(campaign, words, wide=NARROW)
        for (_, readings), leader in zip(
            curve.drawn_phases(campaign), leaders_on(canvas) if canvas else [], strict=True
        ):
            assert canvas is not None
            labels = [one for group in canvas.labels.values() for one in group if one["x"] > leader[1][0]]
            views = [one for one in labels if one["t"] == words.number(readings[-1].views)]
            assert len(views) == 1
            assert abs(views[0]["y"] - leader[1][1]) <= SMALL * 1.5
            nearest = min(labels, key=lambda one: abs(one["y"] - leader[1][1]))
            assert abs(nearest["y"] - views[0]["y"]) <= SMALL * 3


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_lines_that_end_at_the_same_height_one_behind_the_other_have_leaders_that_miss_the_others_dots(
    count: int,
) -> None:
    dots = [[(10.0, 250.0), (100.0 + 25 * number, 250.0 - number)] for number in range(count)]
    leaders = leaders_to(dots, 260, 30, lowest=10, highest=250)
    assert not any(cross(one, other) for one, other in combinations(leaders, 2))
    for number, leader in enumerate(leaders):
        assert min(away(line[-1], leader) for other, line in enumerate(dots) if other != number) > 5


def value_of(label: str, words: Words) -> float:
    """The number that a label says."""
    before, after = words.entries["million"].split("{number}")
    is_million = bool(before or after) and label.startswith(before) and label.endswith(after)
    digits = label.removeprefix(before).removesuffix(after) if is_million else label
    number = float(digits.replace(words.entries["group"], "").replace(words.entries["decimal"], "."))
    return round(number * 1_000_000, 3) if is_million else number


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_of_an_axis_says_exactly_its_value(language: str) -> None:
    words = words_of(language)
    highest = [factor * 10.0**power for power in range(10) for factor in (1, 1.2, 1.9, 2.3, 3.6, 4.9, 7.7, 9.9)]
    ticks = {tick for one in highest for most in range(2, 8) for tick in round_ticks(one, most)}
    assert 1_250_000 in ticks
    assert {tick: words.tick(tick) for tick in ticks if value_of(words.tick(tick), words) != tick} == {}


def axes_on(canvas: Canvas) -> Iterator[list[tuple[float, float, str]]]:
    """The labels of each axis across: where each begins and ends, and what it says."""
    rows: dict[float, list[dict[str, Any]]] = {}
    for label in canvas.labels.get(("center", SMALL, 400), []):
        if label["c"] == MUTED.light and label["t"][0].isdigit():
            rows.setdefault(label["y"], []).append(label)
    for row in rows.values():
        if row[0]["t"] == "0":
            half = [(label, width(label["t"], SMALL) / 2) for label in row]
            yield [(label["x"] - one, label["x"] + one, label["t"]) for label, one in half]


def test_the_labels_of_every_axis_across_are_evenly_counted_and_stand_apart(campaigns: tuple[Campaign, ...]) -> None:
    seen = 0
    for campaign, words in spoken(campaigns):
        for section in sections_of(campaign, words):
            for canvas in (one for picture in section.pictures for one in (picture.wide, picture.narrow)):
                for axis in axes_on(canvas):
                    seen += 1
                    values = [value_of(text, words) for _, _, text in axis]
                    assert {round(b - a, 3) for a, b in pairwise(values)} == {values[1]}, (campaign.name, axis)
                    assert min(begin - end for (_, end, _), (begin, _, _) in pairwise(axis)) >= 11, axis
    assert seen >= 5 * len(LANGUAGES)


def test_a_line_ends_at_the_height_that_the_axis_up_gives_its_views(campaigns: tuple[Campaign, ...]) -> None:
    for campaign, words in spoken(campaigns):
        canvas = curve.draw(campaign, words, wide=WIDE)
        if canvas is None:
            continue
        ups = {value_of(one["t"], words): one["y"] for one in canvas.labels["right", SMALL, 400]}
        highest = max(ups)
        assert len(ups) > 2
        ends = [(readings[-1].views, line[-1][1]) for (_, readings), line in zip(
            curve.drawn_phases(campaign), lines_on(canvas), strict=True)]  # fmt: skip
        for views, y in [*ups.items(), *ends]:
            assert y == pytest.approx(ups[0] + (ups[highest] - ups[0]) * views / highest, abs=0.2), campaign.name


def test_no_number_beside_a_bar_lies_on_a_bar(campaigns: tuple[Campaign, ...]) -> None:
    seen = 0
    for campaign, words in spoken(campaigns):
        for picture in (one for section in sections_of(campaign, words) for one in section.pictures):
            for canvas in (picture.wide, picture.narrow):
                for label in canvas.labels.get(("left", SIZE, BOLD), []):
                    bars = [box["x2"] for box in canvas.boxes if box["y"] < label["y"] < box["y2"]]
                    seen += bool(bars)
                    assert label["x"] >= max(bars, default=0), (campaign.name, picture.name, label)
    assert seen


def test_every_account_with_posts_is_in_the_picture_and_whose_it_is(campaigns: tuple[Campaign, ...]) -> None:
    without = 0
    for campaign, words in spoken(campaigns):
        canvas = accounts.draw(campaign, words, wide=WIDE)
        if canvas is None:
            continue
        said = [label["t"] for group in canvas.labels.values() for label in group]
        for one in campaign.accounts:
            if one.posts:
                platform, ownership = words.name("platform", one.platform), words.name("ownership", one.ownership)
                name = words.say("account_of", account=one.name, platform=platform, ownership=ownership)
                assert name in said
                without += one.views is None
        unknown = sum(one.views is None and one.posts > 0 for one in campaign.accounts)
        assert said.count(words.say("account_views_unknown")) == unknown
        assert len(canvas.boxes) == sum(bool(one.views) for one in campaign.accounts)
    assert without == len(LANGUAGES)


def test_no_interval_of_people_runs_beyond_everybody_who_could_be_reached(campaigns: tuple[Campaign, ...]) -> None:
    ended = 0
    for campaign, words in spoken(campaigns):
        rows = [one for one in campaign.people if one.platform == "facebook" and one.lower]
        canvas = people.draw(campaign, words, "facebook", wide=WIDE)
        if canvas is None or not campaign.audience:
            continue
        (axis,) = axes_on(canvas)
        zero, last = (sum(axis[index][:2]) / 2 for index in (0, -2))  # the last label may have been moved in
        everybody = zero + (last - zero) * campaign.audience.size / value_of(axis[-2][2], words)
        assert all(rule["x2"] <= everybody + 1 for rule in canvas.rules), campaign.name
        dashed = [rule for rule in canvas.rules if rule["d"] == list(people.ENDED)]
        assert [rule["x"] for rule in dashed] == pytest.approx([everybody] * len(dashed), abs=1)
        assert len(dashed) == sum(people.ends_at(one, campaign) is not None for one in rows)
        ended += len(dashed)
    assert ended
