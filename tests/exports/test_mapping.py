"""Any table of posts comes in by a small mapping, even one without ids and dates."""

import random
from pathlib import Path

import duckdb
import pytest

from ingest.settings import Settings
from ingest.steps.run_dbt import run_dbt
from tests.exports.composed import OTHER_PAGE, PAGE, ask, brought_in, facts_of, refusal, text_of, values, written

HEADER = [
    *("Page total likes", "Type", "Category", "Post Month", "Post Weekday", "Post Hour", "Paid"),
    *("Lifetime Post Total Reach", "Lifetime Post Total Impressions", "comment", "like", "share"),
]
MAPPING = f"""
platform: facebook
account_id: "{PAGE}"
key: {{name: year_2023}}
published: {{year: 2024, month: Post Month, weekday: Post Weekday, hour: Post Hour, week_starts_on: sunday}}
stated_text: "{{row}} #Хамтдаа"
media_format: Type
media_formats: {{Photo: photo, Status: text, Link: link, Video: video}}
content_type: Type
content_types: {{Status: announcement}}
time_zone: Asia/Ulaanbaatar
missing: ["?"]
metrics:
  - {{column: Lifetime Post Total Reach, metric: reach, definition: impressions_unique}}
  - {{column: Lifetime Post Total Impressions, metric: impressions}}
"""


def five_hundred() -> list[list[str]]:
    chance = random.Random(7)  # noqa: S311 - a table, no secret
    rows = []
    for _ in range(500):
        kind = chance.choice(["Photo", "Photo", "Photo", "Status", "Link", "Video"])
        month, weekday, hour = 2, chance.randint(1, 7), chance.randint(0, 23)
        reach = chance.randint(200, 20_000)
        cells = ("139441", kind, "2", month, weekday, hour, chance.randint(0, 1), reach, reach * 2, 1, 2, 3)
        rows.append([str(cell) for cell in cells])
    rows[3][7] = "?"
    return rows


def test_five_hundred_posts_without_ids_and_dates_come_in_and_their_reach_per_content_type_can_be_asked(
    settings: Settings, tmp_path: Path
) -> None:
    rows = five_hundred()
    path = written(tmp_path, text_of([HEADER, *rows], delimiter=";"), "dataset.csv", "utf-8")
    written(tmp_path, MAPPING, "dataset.csv.yml", "utf-8")
    (outcome,) = brought_in(settings, path)
    facts = facts_of(outcome)
    assert facts["rows"] == "500: 500 to bring in"
    assert "'Paid'" in facts["unknown columns"]
    assert run_dbt(settings, ["run", "--select", "+fct_post_performance", "+fct_campaign_posts"]).success
    with duckdb.connect(str(settings.warehouse_path)) as warehouse:
        found = warehouse.execute(
            """
            select content_type, sum(reach)::bigint, count(*)
            from marts.fct_campaign_posts join marts.fct_post_performance using (post_id)
            where campaign_id = 'together'
            group by 1 order by 1
            """
        ).fetchall()
    expected: dict[str, list[int]] = {}
    names = {"Photo": "poster", "Status": "announcement", "Link": "link", "Video": "video"}
    for row in rows:
        expected.setdefault(names[row[1]], []).append(0 if row[7] == "?" else int(row[7]))
    assert found == sorted((name, sum(reach), len(reach)) for name, reach in expected.items())


def test_the_first_such_weekday_of_the_month_is_taken(settings: Settings, tmp_path: Path) -> None:
    row = ["1", "Photo", "1", "10", "4", "3", "0", "5", "6", "0", "0", "0"]  # a Wednesday of October 2024, at three
    path = written(tmp_path, text_of([HEADER, row], delimiter=";"), "table.csv", "utf-8")
    brought_in(settings, path, mapping=written(tmp_path, MAPPING, "m.yml", "utf-8"))
    assert ask(settings, "select post_id, published_at, message from raw.posts") == [
        ("year_2023_000002", "2024-10-01T19:00:00+0000", "2 #Хамтдаа")
    ]


def test_units_decimals_and_ids_are_as_the_mapping_says(settings: Settings, tmp_path: Path) -> None:
    mapping = """
platform: twitter
account_id: iom_mongolia
post_id: Tweet
published: When
date_order: dmy
time_zone: Asia/Ulaanbaatar
decimal: ","
metrics:
  - {column: Seen, metric: impressions, unit: thousands}
"""
    path = written(
        tmp_path, text_of([["Tweet", "When", "Seen"], ["t1", "03/09/2021 10:00", "1,25"]], ";"), "t.csv", "utf-8"
    )
    written(tmp_path, mapping, "t.yml", "utf-8")
    brought_in(settings, path)
    assert ask(settings, "select platform, published_at from raw.posts") == [("twitter", "2021-09-03T02:00:00+0000")]
    assert values(settings, "impressions as stated") == {"t1": "1250"}


def test_a_table_of_a_period_with_its_delimiter_and_the_accounts_in_a_column(
    settings: Settings, tmp_path: Path
) -> None:
    mapping = """
platform: facebook
account_column: Page
post_id: Id
period: {starts_on: 2024-05-01, ends_on: 2024-05-31}
delimiter: "|"
time_zone: Asia/Ulaanbaatar
metrics:
  - {column: Seen; by people, metric: reach, definition: impressions_unique}
"""
    rows = [["Page", "Id", "Seen; by people"], [PAGE, "1", "5"], [OTHER_PAGE, "2", "7"], ["999", "3", "9"]]
    path = written(tmp_path, text_of(rows, "|"), "may.csv", "utf-8")
    written(tmp_path, mapping, "may.yml", "utf-8")
    (outcome,) = brought_in(settings, path)
    assert facts_of(outcome)["written as"] == "utf-8, bar-separated"
    assert ask(settings, "select account_id, post_id, published_at from raw.posts order by line_no") == [
        (PAGE, f"{PAGE}_1", "2024-05-01T04:00:00+0000"),
        (OTHER_PAGE, f"{OTHER_PAGE}_2", "2024-05-01T04:00:00+0000"),
    ]
    assert ask(settings, "select reason from raw.quarantine") == [("no campaign knows the account 999",)]


PROBLEMS = [
    (
        ("metric: reach, definition: impressions_unique", "metric: raech"),
        "facebook has no metric raech; there is clicks",
    ),
    (("definition: impressions_unique", "definition: odd"), "there is viewers, impressions_unique"),
    (("column: Lifetime Post Total Reach", "column: Lifetime Post Reach"), "Is it 'Lifetime Post Total Reach'?"),
    (("key: {name: year_2023}", ""), "must have either post_id (a column) or key"),
    (("platform: facebook", "platform: myspace"), "myspace has no metric reach"),
    ((f'account_id: "{PAGE}"', 'account_id: "9"'), "no campaign knows"),
    (("metrics:", "metrics: ["), "cannot be read"),
]


@pytest.mark.parametrize(("change", "message"), PROBLEMS, ids=[message for _, message in PROBLEMS])
def test_what_a_mapping_gets_wrong_is_named(
    settings: Settings, tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = written(tmp_path, text_of([HEADER, five_hundred()[0]], delimiter=";"), "table.csv", "utf-8")
    mapping = written(tmp_path, MAPPING.replace(*change), "m.yml", "utf-8")
    assert message in refusal(settings, path, mapping=mapping)
