"""Lists of activities: who took part, by sex and age group, and how exact the number is."""

from collections.abc import Sequence

import pytest

from ingest.adapters.exports.activities import read_activities
from ingest.adapters.exports.offline_cells import people_of, whole_of
from ingest.adapters.exports.offline_columns import recognised
from ingest.adapters.exports.offline_rows import Knows, OfflineRows
from ingest.adapters.registry import read_registry
from ingest.settings import PROJECT

KNOWS = Knows({one.campaign_id: one for one in read_registry(PROJECT / "campaigns").campaigns})
HEADERS = ("Кампания", "ID", "Activity", "Type", "Phase", "Date", "Place", "Times", "People", "Sex", "Age group")
CP = "child_protection"


def read(*rows: Sequence[str | None], headers: Sequence[str] = HEADERS, knows: Knows = KNOWS) -> OfflineRows:
    columns = recognised(headers, knows.indicators())
    assert columns is not None
    assert columns.kind == "activities"
    return read_activities(columns, list(enumerate(rows, start=2)), knows)


def test_rows_of_one_activity_are_one_activity_with_its_people() -> None:
    one = (CP, "spank_out_day", "National Spank Out Day", "event", "year_2019", "30.04.2019", "16 soums", None)
    found = read(
        (*one, "more than 7,000", None, "children"),
        (CP, "camp", "Camp", "training", None, None, None, "3", "25", "F", "7-19"),
        (*one, "6.000+", None, "adults"),
    )
    assert found.rejected == []
    day, camp = found.rows[CP]
    assert (day["held_on"], day["times"], day["kind"]) == ("2019-04-30", 1, "event")
    assert [(one["people"], one["qualifier"], one["age_group"]) for one in day["people"]] == [
        (7000, "more_than", "children"),
        (6000, "more_than", "adults"),
    ]
    assert camp["people"] == [{"people": 25, "qualifier": "exact", "sex": "female", "age_group": "age_7_19"}]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("123", (123, "exact")),
        ("3 600 орчим", (3600, "about")),
        ("~3600", (3600, "about")),
        ("более 7000", (7000, "more_than")),
        ("7000 гаруй", (7000, "more_than")),
        ("> 1,250", (1250, "more_than")),
        ("196.0", (196, "exact")),
    ],
)
def test_people_are_read_as_people_write_them(text: str, people: tuple[int, str]) -> None:
    assert people_of(text) == people


@pytest.mark.parametrize(("text", "number"), [("6.000", 6000), ("6000.0", 6000), ("1,250", 1250), ("--", None)])
def test_thousands_may_be_set_apart(text: str, number: int | None) -> None:
    assert whole_of(text) == number


GOOD = (CP, "camp", "Camp", "training", "year_2019", "2019-07-01", "Hövsgöl", "1", "25", "female", "children")


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        (0, "nobody", "campaign: must be one of"),
        (3, None, "kind: is empty"),
        (4, "year_1066", "phase: must be a phase of child_protection (year_2019)"),
        (5, "07/01/2019", "held_on: must be a day such as 2024-05-20"),
        (5, "2019-02-30", "held_on: must be a day"),
        (7, "often", "times: must be a whole number"),
        (8, "0", "people: must be how many people took part"),
        (8, "a lot", "people: must be"),
        (9, "both", "sex: must be female or male"),
        (10, "хүүхэд", "age_group: must be a name in Latin letters"),
    ],
)
def test_a_bad_cell_is_named_and_the_other_rows_go_on(column: int, cell: str | None, reason: str) -> None:
    bad = [*GOOD]
    bad[column] = cell  # type: ignore[call-overload]
    found = read(bad, (*GOOD[:9], "male", "children"))
    (rejected,) = found.rejected
    assert (rejected.line, rejected.object_id) == (2, "camp")
    assert reason in rejected.reason
    assert [one["people"][0]["sex"] for one in found.rows[CP]] == ["male"]


def test_the_same_people_twice_and_rows_that_disagree_are_named() -> None:
    found = read(GOOD, GOOD, (*GOOD[:6], "Ulaanbaatar", *GOOD[7:9], "male", "children"))
    assert [(one.line, one.reason.partition(":")[0]) for one in found.rejected] == [(3, "stands twice"), (4, "place")]
    assert len(found.rows[CP][0]["people"]) == 1


def test_a_file_without_a_campaign_needs_one_to_be_given() -> None:
    headers, rows = HEADERS[1:], [GOOD[1:]]
    assert "import with --campaign" in read(*rows, headers=headers).rejected[0].reason
    given = Knows(KNOWS.campaigns, CP)
    assert list(read(*rows, headers=headers, knows=given).rows) == [CP]
