"""The charts: bars from zero, sums that are the campaign's, marks in their place, specifications that Altair knows."""

import math
from collections.abc import Callable
from dataclasses import replace

import altair
import pytest

from ingest.report.canvas import SMALL, Canvas
from ingest.report.charts import accounts, activities, curve, mix, people, phases, surveys
from ingest.report.charts.axis import round_ticks
from ingest.report.charts.types import REST, series_of
from ingest.report.colours import BACKGROUND, INK, SERIES
from ingest.report.drawing import specification
from ingest.report.sections import NARROW, WIDE, sections_of
from ingest.report.text import BOLD
from ingest.report.words import words_of
from tests.report.example import BARE, CAMPAIGN

WORDS = words_of("mn")
CHARTS: dict[str, Callable[[int], Canvas | None]] = {
    "views": lambda wide: phases.draw(CAMPAIGN, WORDS, "views", wide=wide),
    "reach": lambda wide: phases.draw(CAMPAIGN, WORDS, "duplicated_reach", wide=wide),
    "curve": lambda wide: curve.draw(CAMPAIGN, WORDS, wide=wide),
    "mix": lambda wide: mix.draw(CAMPAIGN, WORDS, wide=wide),
    "accounts": lambda wide: accounts.draw(CAMPAIGN, WORDS, wide=wide),
    "people": lambda wide: people.draw(CAMPAIGN, WORDS, "facebook", wide=wide),
    "surveys": lambda wide: surveys.draw(CAMPAIGN, WORDS, wide=wide),
    "activities": lambda wide: activities.draw(CAMPAIGN, WORDS, wide=wide),
}


def drawn(name: str, wide: int) -> Canvas:
    canvas = CHARTS[name](wide)
    assert canvas is not None
    return canvas


@pytest.mark.parametrize("name", CHARTS)
def test_altair_knows_the_specification(name: str) -> None:
    altair.LayerChart.from_dict(specification(drawn(name, NARROW)), validate=True)


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("wide", [NARROW, WIDE])
def test_everything_lies_on_the_canvas_and_no_text_is_small(name: str, wide: int) -> None:
    canvas = drawn(name, wide)
    for mark in (*canvas.boxes, *canvas.rules, *canvas.dots):
        assert -0.1 <= mark["x"] <= mark.get("x2", mark["x"]) + 0.1
        assert mark.get("x2", mark["x"]) <= wide + 0.1
    for dot in canvas.dots:
        radius = math.sqrt(dot["s"] / math.pi)
        assert radius <= dot["x"] <= wide - radius
    assert all(size >= SMALL for _, size, _ in canvas.labels)


@pytest.mark.parametrize("measure", ["views", "duplicated_reach"])
def test_a_stack_begins_at_zero_and_is_as_long_as_its_sum(measure: str) -> None:
    canvas = phases.draw(CAMPAIGN, WORDS, measure, wide=WIDE)
    assert canvas is not None
    rows = sorted({box["y"] for box in canvas.boxes if box["y2"] - box["y"] == phases.BAR})
    ends = [max(box["x2"] for box in canvas.boxes if box["y"] == row) + phases.GAP for row in rows]
    assert [min(box["x"] for box in canvas.boxes if box["y"] == row) for row in rows] == [0, 0]
    first, second = (
        sum(getattr(content, measure) for content in CAMPAIGN.contents if content.phase_id == phase)
        for phase in ("one", "two")
    )
    assert ends[0] / ends[1] == pytest.approx(first / second, rel=0.01)


def test_more_than_five_content_types_share_the_last_colour() -> None:
    series = series_of(CAMPAIGN)
    assert list(series)[-1] == REST
    assert list(series.values()) == list(SERIES)


def test_a_target_is_a_tick_with_what_it_is() -> None:
    words = words_of("en")
    canvas = phases.draw(CAMPAIGN, words, "views", wide=WIDE)
    assert canvas is not None
    said = {label["t"] for labels in canvas.labels.values() for label in labels}
    assert {"target 5,000, met", "target 9,000, 99.9% reached"} <= said
    reach = phases.draw(CAMPAIGN, words, "duplicated_reach", wide=WIDE)
    assert reach is not None
    assert not any("target" in label["t"] for labels in reach.labels.values() for label in labels)


def test_an_interval_without_an_upper_bound_is_an_arrow_and_says_so() -> None:
    withheld = tuple(replace(one, upper_reason="withheld_reach") for one in CAMPAIGN.people)
    said = said_on(people.draw(replace(CAMPAIGN, people=withheld), words_of("en"), "facebook", wide=WIDE))
    assert "at least 2,500, the most is not known" in said
    assert "≈ 2,350" in said or "≈ 2,340" in said


def test_an_interval_that_only_everybody_bounds_ends_there_with_dashes_and_says_so() -> None:
    canvas = people.draw(CAMPAIGN, words_of("en"), "facebook", wide=WIDE)
    assert canvas is not None
    assert {"at least 2,500", "everybody: 5,000"} <= said_on(canvas)
    assert [rule["d"] for rule in canvas.rules].count(list(people.ENDED)) == 1
    (section,) = [one for one in sections_of(CAMPAIGN, words_of("en")) if one.name == "people"]
    assert ["dashed end" in picture.caption for picture in section.pictures] == [True, False]
    assert not any("arrow" in picture.caption for picture in section.pictures)


def test_each_platform_of_people_is_a_picture_of_its_own_with_one_scale() -> None:
    (section,) = [one for one in sections_of(CAMPAIGN, words_of("en")) if one.name == "people"]
    assert [picture.name for picture in section.pictures] == ["people_facebook", "people_instagram"]
    assert ["on Facebook" in one.caption for one in section.pictures] == [True, False]
    for picture in section.pictures:
        zeros = [label for labels in picture.wide.labels.values() for label in labels if label["t"] == "0"]
        assert len(zeros) == 1


def test_a_tick_of_a_target_is_edged_so_that_it_is_seen_on_every_colour() -> None:
    canvas = phases.draw(CAMPAIGN, WORDS, "views", wide=WIDE)
    assert canvas is not None
    edges = [rule for rule in canvas.rules if rule["c"] == BACKGROUND.light]
    ticks = [rule for rule in canvas.rules if rule["c"] == INK.light]
    assert [(edge["x"], edge["w"] > tick["w"]) for edge, tick in zip(edges, ticks, strict=True)] == [
        (tick["x"], True) for tick in ticks
    ]
    assert canvas.rules.index(edges[0]) < canvas.rules.index(ticks[0])


def test_a_change_has_its_interval_and_a_single_wave_has_none() -> None:
    canvas = surveys.draw(CAMPAIGN, words_of("en"), wide=WIDE)
    assert canvas is not None
    uprights = [rule for rule in canvas.rules if rule["x"] == rule["x2"]]
    assert len(uprights) == 1
    assert len(canvas.lines) == 1
    assert len(canvas.dots) == 3


@pytest.mark.parametrize("highest", [1, 7, 99, 1234, 999_999, 3_111_387, 5e9])
@pytest.mark.parametrize("most", [2, 4, 6])
def test_an_axis_begins_at_zero_and_holds_the_highest_value(highest: float, most: int) -> None:
    ticks = round_ticks(highest, most)
    assert ticks[0] == 0
    assert ticks[-1] >= highest * 0.9999
    assert len(ticks) <= most + 1


@pytest.mark.parametrize(
    ("name", "beside"),
    [("Эхний", True), ("Хоёр дахь сар", True), ("Гурав дахь жил: тэгш хамруулах соёл", False)],
)
def test_a_phase_is_named_beside_its_line_where_two_lines_hold_its_name(name: str, beside: bool) -> None:
    one = replace(CAMPAIGN, phases=tuple(replace(phase, name=name) for phase in CAMPAIGN.phases))
    canvas = curve.draw(one, WORDS, wide=NARROW)
    assert canvas is not None
    named = [label for (_, _, weight), labels in canvas.labels.items() if weight == BOLD for label in labels]
    assert bool(named) is beside
    assert " ".join(label["t"] for label in named).count(name) == len(curve.drawn_phases(one)) * beside


def said_on(canvas: Canvas | None) -> set[str]:
    assert canvas is not None
    return {label["t"] for labels in canvas.labels.values() for label in labels}


def test_a_long_name_has_what_stands_before_its_colon_at_its_line() -> None:
    names = ("1 дүгээр жил: нийгэм дэх тэгш хамруулалт", "2 дугаар жил: сургууль дахь тэгш хамруулалт")
    phases_named = tuple(replace(phase, name=name) for phase, name in zip(CAMPAIGN.phases, names, strict=False))
    said = said_on(curve.draw(replace(CAMPAIGN, phases=phases_named), WORDS, wide=NARROW))
    assert {"1 дүгээр жил", "2 дугаар жил", "3 дугаар"} & said == {"1 дүгээр жил", "2 дугаар жил"}
    alike = tuple(replace(phase, name=f"Жил: {phase.name}") for phase in phases_named)
    assert "Жил" not in said_on(curve.draw(replace(CAMPAIGN, phases=alike), WORDS, wide=NARROW))


def test_a_total_that_a_target_would_part_from_its_bar_stands_with_the_name() -> None:
    words = words_of("en")
    assert "Second phase: schools: 8,999" in said_on(phases.draw(CAMPAIGN, words, "views", wide=WIDE))
    far = tuple(replace(phase, target_value=2000.0 if phase.target_value else None) for phase in CAMPAIGN.phases)
    said = said_on(phases.draw(replace(CAMPAIGN, phases=far), words, "views", wide=WIDE))
    assert {"Second phase: schools", "8,999"} <= said


def test_a_share_stands_with_the_name_of_its_type_where_there_is_room() -> None:
    said = said_on(mix.draw(CAMPAIGN, words_of("en"), wide=WIDE))
    assert "Videos 33%" in said
    assert "Videos 33%" not in said_on(mix.draw(CAMPAIGN, words_of("en"), wide=160))


def test_accounts_say_whose_they_are() -> None:
    said = said_on(accounts.draw(CAMPAIGN, words_of("en"), wide=WIDE))
    assert {"Our own page (Facebook, own)", "Хамтрагч байгууллага (Facebook, partner)"} <= said
    own = replace(CAMPAIGN, accounts=tuple(replace(one, ownership="own") for one in CAMPAIGN.accounts))
    said = said_on(accounts.draw(own, words_of("en"), wide=WIDE))
    assert {"Our own page (Facebook, own)", "Хамтрагч байгууллага (Facebook, own)"} <= said


def test_an_account_whose_views_are_not_known_has_a_row_that_says_so_and_no_bar() -> None:
    first, second = CAMPAIGN.accounts
    unknown = replace(CAMPAIGN, accounts=(first, replace(second, views=None)))
    canvas = accounts.draw(unknown, words_of("en"), wide=WIDE)
    assert canvas is not None
    assert {"Хамтрагч байгууллага (Facebook, partner)", "views: not known"} <= said_on(canvas)
    assert len(canvas.boxes) == 1
    idle = replace(unknown, accounts=(first, replace(second, views=None, posts=0)))
    assert accounts.draw(idle, words_of("en"), wide=WIDE) is None


def test_a_colour_without_a_piece_that_can_be_seen_is_not_in_the_legend() -> None:
    words = words_of("en")
    seen = said_on(phases.draw(CAMPAIGN, words, "views", wide=WIDE))
    tiny = tuple(replace(one, views=1) if one.content_type in {"discussion", "mural"} else one
                 for one in CAMPAIGN.contents)  # fmt: skip
    said = said_on(phases.draw(replace(CAMPAIGN, contents=tiny), words, "views", wide=WIDE))
    assert seen - said == {"Other types"}


def test_nothing_to_draw_is_no_chart() -> None:
    words = words_of("en")
    assert phases.draw(BARE, words, "views", wide=WIDE) is None
    assert people.draw(BARE, words, "facebook", wide=WIDE) is None
    for module in (curve, mix, accounts, surveys, activities):
        assert module.draw(BARE, words, wide=WIDE) is None
