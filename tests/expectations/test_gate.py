"""The gate lets pass only what it has looked at: every way of looking at nothing stops."""

from dataclasses import replace

import duckdb
import pytest

from expectations.gate import Frame, Rule, Suite, audit, judge
from ingest.domain.gates import GateResult, Verdict


def between(column: str = "views", **arguments: object) -> Rule:
    return Rule(
        arguments.pop("name", "not_negative"),  # type: ignore[arg-type]
        "posts",
        "Views are never negative.",
        "Look at the posts.",
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": 0},
        severity=arguments.pop("severity", "critical"),  # type: ignore[arg-type]
    )


def suite(*rules: Rule) -> Suite:
    return Suite("a_gate", {"posts": "select 1"}, rules)


GOOD = Frame(("post_id", "views"), [("a", 1), ("b", 2)])


def test_a_frame_that_holds_passes() -> None:
    verdict = judge(suite(between()), {"posts": GOOD})

    assert verdict.passed
    assert (verdict.declared, verdict.evaluated) == (1, 1)
    assert verdict.results[0].observed == "2 rows"


def test_a_broken_row_stops_and_is_shown() -> None:
    verdict = judge(suite(between()), {"posts": Frame(GOOD.columns, [("a", 1), ("b", -2)])})

    assert not verdict.passed
    assert verdict.results[0].evaluated
    assert verdict.results[0].observed == "post_id=b, views=-2"


@pytest.mark.parametrize(
    ("frames", "found"),
    [
        ({}, "the frame posts is missing"),
        ({"posts": Frame(error="the audit query failed: no such table")}, "the audit query failed: no such table"),
        ({"posts": Frame(("post_id",), [("a",)])}, "the column views is missing in the frame posts"),
        ({"posts": Frame(GOOD.columns, [])}, "the frame posts has no rows"),
        ({"posts": Frame(GOOD.columns, [("a", None), ("b", None)])}, "every value of views is null"),
        ({"posts": Frame(GOOD.columns, [("a", "many")])}, "Great Expectations failed"),
    ],
    ids=["no frame", "failed query", "no column", "no rows", "all null", "exception inside"],
)
@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_what_was_not_looked_at_stops(frames: dict[str, Frame], found: str, severity: str) -> None:
    verdict = judge(suite(between(severity=severity)), frames)

    assert not verdict.passed
    assert verdict.evaluated == 0
    assert found in verdict.results[0].observed


def test_a_gate_without_rules_stops() -> None:
    assert not judge(suite(), {"posts": GOOD}).passed


def test_an_expectation_that_does_not_exist_stops() -> None:
    unknown = Rule("odd", "posts", "…", "…", "ExpectMiracles", {"column": "views"})

    verdict = judge(suite(between(), unknown), {"posts": GOOD})

    assert not verdict.passed
    assert [result.rule for result in verdict.results if not result.evaluated] == ["odd"]


def test_rules_that_ask_the_same_of_several_frames_answer_each_for_itself() -> None:
    rules = [replace(between(name=name), frame=name) for name in ("first", "second", "third")]
    frames = {
        "first": Frame(("views",), [(1,), (-3,)]),
        "second": Frame(("views",), [(2,)]),
        "third": Frame(("post_id", "views"), [("a", -1), ("b", 5), ("c", -2)]),
    }

    verdict = judge(suite(*rules), frames)

    assert {result.rule: result.observed for result in verdict.stopped_by} == {
        "first": "views=-3",
        "third": "post_id=a, views=-1; post_id=c, views=-2",
    }


def test_a_column_that_cannot_be_compared_does_not_speak_for_the_others() -> None:
    rules = [replace(between(name=name), frame=name) for name in ("odd", "good")]

    verdict = judge(suite(*rules), {"odd": Frame(("views",), [("many",)]), "good": Frame(("views",), [(1,)])})

    assert [(result.rule, result.evaluated, result.passed) for result in verdict.results] == [
        ("odd", False, False),
        ("good", True, True),
    ]


def test_fewer_results_than_rules_stop() -> None:
    result = GateResult("a", "posts", "critical", passed=True, evaluated=True, observed="", expected="")

    assert Verdict("a_gate", 1, (result,)).passed
    assert not Verdict("a_gate", 2, (result,)).passed


def test_two_rules_of_one_name_cannot_vouch_for_each_other() -> None:
    verdict = judge(suite(between(), between("reach")), {"posts": GOOD})

    assert not verdict.passed


def test_one_null_among_values_fails_the_rule() -> None:
    verdict = judge(suite(between()), {"posts": Frame(GOOD.columns, [("a", 1), ("b", None)])})

    assert not verdict.passed
    assert verdict.results[0].observed == "1 null among 2 rows"


def test_a_failed_warning_shows_and_stops_nothing() -> None:
    warning = between(severity="warning")

    verdict = judge(
        suite(warning, between("post_count", name="other")), {"posts": Frame(("views", "post_count"), [(-1, 1)])}
    )

    assert verdict.passed
    assert [result.rule for result in verdict.warnings] == ["not_negative"]


def test_large_numbers_keep_their_digits() -> None:
    exact = Rule(
        "exact", "posts", "…", "…", "ExpectColumnValuesToBeInSet", {"column": "views", "value_set": [2**62 + 1]}
    )

    assert judge(suite(exact), {"posts": Frame(("views",), [(2**62 + 1,)])}).passed
    assert not judge(suite(exact), {"posts": Frame(("views",), [(2**62,)])}).passed


def test_one_failing_query_leaves_the_other_frames_readable() -> None:
    with duckdb.connect() as connection:
        frames = audit(connection, {"good": "select $n as n", "bad": "select n from nowhere"}, n=3)

    assert frames["good"] == Frame(("n",), [(3,)])
    assert "nowhere" in str(frames["bad"].error)


def test_a_stopped_verdict_fits_one_screen_and_says_what_to_do() -> None:
    rules = [between(name=f"rule_{number}") for number in range(40)]

    text = judge(suite(*rules), {"posts": Frame(GOOD.columns, [("a", -1)])}).in_one_screen()

    assert len(text.splitlines()) < 40
    assert "40 of 40 rules stop it" in text
    assert "Look at the posts." in text
    assert "… and 32 more." in text


def test_great_expectations_prints_nothing_and_asks_no_one(capfd: pytest.CaptureFixture[str]) -> None:
    judge(suite(*(between(name=f"rule_{number}") for number in range(40))), {"posts": GOOD})

    captured = capfd.readouterr()
    assert captured.out == ""
    assert "it/s" not in captured.err
