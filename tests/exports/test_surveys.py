"""Survey files: long and wide tables, and tables of people, of whom nothing leaves but the share of their group."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters.exports.offline_cells import (
    BadCell,
    answer_of,
    day_of,
    name_of,
    number_of,
    people_of,
    sex_of,
    wave_of,
    whole_of,
)
from ingest.adapters.exports.offline_columns import Columns, recognised
from ingest.adapters.exports.offline_rows import Knows, OfflineRows
from ingest.adapters.exports.respondents import count_respondents
from ingest.adapters.exports.surveys import read_results
from ingest.adapters.registry import read_registry
from ingest.settings import PROJECT

KNOWS = Knows({one.campaign_id: one for one in read_registry(PROJECT / "campaigns").campaigns})
LONG = ("campaign", "indicator", "wave", "wave order", "group", "n", "count", "share", "asked on")
DD = "differently_different"
UNDERSTANDS = "understands_need_for_inclusion"
OPTIMAL = "chooses_optimal_definition"


def columns_of(headers: Sequence[str], kind: str) -> Columns:
    columns = recognised(headers, KNOWS.indicators())
    assert columns is not None
    assert columns.kind == kind
    return columns


def read(headers: Sequence[str], *rows: Sequence[str | None], kind: str = "survey") -> OfflineRows:
    return read_results(columns_of(headers, kind), list(enumerate(rows, start=2)), KNOWS)


def count(headers: Sequence[str], *rows: Sequence[str | None], smallest_group: int = 5) -> OfflineRows:
    columns = columns_of(headers, "respondents")
    return count_respondents(columns, list(enumerate(rows, start=2)), KNOWS, smallest_group=smallest_group)


def test_a_long_table_gives_a_result_per_row_from_counts_or_shares() -> None:
    found = read(
        LONG,
        (DD, UNDERSTANDS, "Before campaign", "1", "parents", "400", "244", None, "20.03.2019"),
        (DD, UNDERSTANDS, "after_campaign", "2", "parents", "1,250", None, "62,2 %", "2020-11-02"),
    )
    assert found.rejected == []
    before, after = found.rows[DD]
    assert (before["wave"], before["share_pct"], before["n"], before["asked_on"]) == (
        "before_campaign", 61.0, 400, "2019-03-20",
    )  # fmt: skip
    assert (after["wave_order"], after["share_pct"], after["n"], after["asked_on"]) == (2, 62.2, 1250, "2020-11-02")
    assert before["indicator_text"] == "Understands the need for inclusive education"


def test_a_wide_table_has_its_waves_in_the_order_of_its_columns() -> None:
    found = read(
        (
            "campaign",
            "indicator",
            "group",
            "baseline: n",
            "baseline: share %",
            "endline: n",
            "endline: count",
            "remarks",
        ),
        (DD, UNDERSTANDS, "parents", "400", "61", "500", "311", "by phone"),
        (DD, "regular_school_for_every_child", "parents", "400", "40", None, None, None),
        kind="survey_wide",
    )
    assert [(one["indicator"], one["wave"], one["wave_order"], one["share_pct"]) for one in found.rows[DD]] == [
        (UNDERSTANDS, "baseline", 1, 61.0),
        (UNDERSTANDS, "endline", 2, 62.2),
        ("regular_school_for_every_child", "baseline", 1, 40.0),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((DD, UNDERSTANDS, "endline", "2", "parents", "400", None, "104", None), "share: is above 100"),
        ((DD, UNDERSTANDS, "endline", "2", "parents", "0", "0", None, None), "n: is 0"),
        ((DD, UNDERSTANDS, "endline", "2", "parents", None, "12", None, None), "n: is empty"),
        ((DD, UNDERSTANDS, "endline", "2", "parents", "10", "12", None, None), "more than the 10"),
        ((DD, UNDERSTANDS, "endline", "2", "parents", "400", "200", "61", None), "61 is not 200 of 400"),
        ((DD, UNDERSTANDS, "endline", "2", "parents", "400", None, None, None), "count or share: is empty"),
        ((DD, "likes_us", "endline", "2", "parents", "400", "200", None, None), "indicator: differently_different"),
        (("nobody", UNDERSTANDS, "endline", "2", "parents", "400", "200", None, None), "campaign: must be one of"),
        ((DD, UNDERSTANDS, "endline", "2", "parents", "400", "200", None, "03/04/2024"), "such as 2024-05-20"),
        ((DD, UNDERSTANDS, "эцсийн", "2", "parents", "400", "200", None, None), "wave: must be a name in Latin"),
        ((DD, UNDERSTANDS, "other_wave", None, "parents", "400", "200", None, None), "wave_order: is empty"),
        ((DD, UNDERSTANDS, "endline", "2", None, "400", "200", None, None), "group: is empty"),
        ((DD, UNDERSTANDS, "endline", "2", "parents", "many", "200", None, None), "n: must be a whole number"),
    ],
)
def test_a_bad_row_is_named_by_line_and_reason_and_the_rest_goes_on(row: Sequence[str | None], reason: str) -> None:
    good = (DD, UNDERSTANDS, "baseline", "1", "parents", "400", "244", None, None)
    found = read(LONG, row, good)
    (rejected,) = found.rejected
    assert rejected.line == 2
    assert reason in rejected.reason
    assert [one["wave"] for one in found.rows[DD]] == ["baseline"]


def test_a_result_that_stands_twice_is_kept_once() -> None:
    row = (DD, UNDERSTANDS, "baseline", "1", "parents", "400", "244", None, None)
    found = read(LONG, row, row)
    assert len(found.rows[DD]) == 1
    assert "stands twice" in found.rejected[0].reason
    assert "line 2" in found.rejected[0].reason


PEOPLE = ("Full name", "Phone", "Age", "Campaign", "Wave", "Wave order", "Group", "Weight", OPTIMAL, "Comment")


def person(number: int, answer: str | None, *, group: str = "teachers", weight: str = "1") -> Sequence[str | None]:
    return (f"Nergui {number}", f"9911{number:04}", "34", "together", "2024", "2", group, weight, answer, "call me")


def test_people_are_counted_and_nothing_of_a_person_comes_out() -> None:
    people = [person(number, "yes" if number < 46 else "no") for number in range(50)]
    found = count([*PEOPLE[:5], "Wave order", "Group", "W", OPTIMAL, "Comment"], *people)
    (result,) = found.rows["together"]
    assert (result["share_pct"], result["n"], result["n_effective"]) == (92.0, 50, None)
    assert result["wave"] == "year_2024"
    assert re.search("Nergui|9911|call me|34", str(asdict(found))) is None


def test_with_weights_the_share_is_weighted_and_n_stays_people() -> None:
    people = [person(n, "yes", weight="3") for n in range(10)] + [person(n, "no", weight="1") for n in range(10)]
    (result,) = count(PEOPLE, *people).rows["together"]
    assert (result["share_pct"], result["n"]) == (75.0, 20)
    assert result["n_effective"] == pytest.approx((40**2) / (10 * 9 + 10), abs=0.1)


def test_who_did_not_answer_does_not_count() -> None:
    people = [person(n, "тийм") for n in range(6)] + [person(n, None) for n in range(4)] + [person(9, "үгүй")]
    (result,) = count(PEOPLE, *people).rows["together"]
    assert (result["n"], result["share_pct"]) == (7, pytest.approx(100 * 6 / 7, abs=0.01))


@pytest.mark.parametrize(("people", "is_kept"), [(4, False), (5, True)])
def test_a_group_below_the_limit_is_left_out_with_its_name(people: int, is_kept: bool) -> None:
    few = [person(n, "yes", group="Nergui Bat") for n in range(people)]
    found = count(PEOPLE, *[person(n, "no") for n in range(8)], *few)
    assert [one["respondents"] for one in found.rows["together"]] == ["teachers", *["nergui_bat"][: int(is_kept)]]
    assert found.suppressed_groups == int(not is_kept)
    assert ("nergui_bat" in str(asdict(found))) is is_kept


def test_a_bad_answer_rejects_the_person_without_repeating_it() -> None:
    found = count(PEOPLE, *[person(n, "yes") for n in range(5)], person(7, "I am Bat, 99112233"))
    (rejected,) = found.rejected
    assert rejected.line == 7
    assert rejected.object_id is None
    assert "must be yes or no" in rejected.reason
    assert "Bat" not in rejected.reason
    assert found.rows["together"][0]["n"] == 5


@pytest.mark.parametrize("weight", ["0", "-1", "heavy", None])
def test_a_weight_must_be_a_number_above_0(weight: str | None) -> None:
    people = [(*person(n, "yes")[:7], weight, "yes", None) for n in range(6)]
    found = count(PEOPLE, *people)
    assert found.rows == {}
    assert len(found.rejected) == 6


def test_a_column_that_is_called_age_is_no_age_group() -> None:
    assert "Age" in columns_of(PEOPLE, "respondents").unknown


@pytest.mark.parametrize(
    "headers", [("name", "phone"), ("Post ID", "Views", "Reach"), ("indicator", "group"), (), ("wave", "group")]
)
def test_another_table_is_not_taken_for_a_survey(headers: Sequence[str]) -> None:
    assert recognised(headers, KNOWS.indicators()) is None


@given(st.text(max_size=30) | st.none())
def test_cells_are_read_or_refused_and_never_fail_otherwise(cell: str | None) -> None:
    for reading in (name_of, wave_of, day_of, whole_of, number_of, people_of, sex_of, answer_of):
        with suppress(BadCell):
            reading(cell)  # type: ignore[operator]


@given(st.lists(st.sampled_from(["yes", "no", None]), min_size=5, max_size=60))
def test_counting_agrees_with_counting_by_hand(answers: list[str | None]) -> None:
    found = count(PEOPLE, *[person(n, answer) for n, answer in enumerate(answers)])
    asked, yes = sum(one is not None for one in answers), answers.count("yes")
    results = found.rows.get("together", [])
    assert [(one["n"], one["share_pct"]) for one in results] == (
        [(asked, round(100 * yes / asked, 4))] if asked >= 5 else []
    )
