"""The demo, as a person runs it: the real DAGs against the sandbox, twice; and what is published afterwards."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from ingest.settings import PROJECT
from ingest.summary import print_campaigns
from tests.playing_demo import run_demo, start_demo
from tests.report.markup import Page

pytestmark = pytest.mark.xdist_group("demo")
SUM_OF_VIEWS = """
    select sum(views) from marts.fct_post_performance
    join marts.fct_campaign_posts using (post_id) join marts.dim_posts using (post_id)
    where campaign_id = 'together' and platform = ?
"""


@pytest.fixture(scope="module")
def folder(demo: tuple[Path, str]) -> Path:
    return demo[0]


@pytest.fixture(scope="module")
def first(demo: tuple[Path, str]) -> str:
    return demo[1]


@pytest.fixture(scope="module")
def published(folder: Path, first: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(folder / "var/published/campaign_reach.duckdb"), read_only=True) as connection:
        yield connection


@pytest.mark.timeout(300)
def test_both_dags_end_in_success(folder: Path, first: str) -> None:
    lines = (folder / "var/airflow/events.jsonl").read_text(encoding="utf-8").splitlines()
    states = [(event["dag"], event["task"], event["state"]) for event in map(json.loads, lines)]
    assert {state for _, _, state in states} == {"running", "success"}
    assert ("publish_marts", "publish", "success") in states


@pytest.mark.parametrize(("platform", "views"), [("facebook", 3_107_326), ("instagram", 4_061)])
def test_together_has_the_views_that_were_published(
    published: duckdb.DuckDBPyConnection, platform: str, views: int
) -> None:
    assert published.execute(SUM_OF_VIEWS, [platform]).fetchall() == [(views,)]


def test_every_published_figure_stands_beside_what_the_data_gives(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select figure_id, status, reason, computed_value from marts.agg_published_figures"
    ).fetchall()
    assert len(rows) == 26
    statuses = {figure: status for figure, status, _, _ in rows}
    matching = {figure for figure, status in statuses.items() if status == "matches"}
    assert matching == set(statuses) - {"dd_understand", "dd_regular_school"}
    assert {status for figure, status in statuses.items() if figure not in matching} == {"not_computable"}
    assert all(reason for _, status, reason, _ in rows if status != "matches")
    assert all((value is None) == (status == "not_computable") for _, status, _, value in rows)
    assert not [
        figure for figure, _, reason, _ in rows if reason and "No source" in reason
    ]  # what a file can bring, a file brings


def test_a_partner_page_without_a_token_comes_by_export(published: duckdb.DuckDBPyConnection) -> None:
    query = """
        select account_id, source, count(*) from marts.fct_post_metrics join marts.dim_posts using (post_id)
        where account_id in ('104857600000201', '104857600000202') and metric = 'views' group by all order by 1
    """
    assert [row[:2] for row in published.execute(query).fetchall()] == [
        ("104857600000201", "api"),
        ("104857600000202", "export"),
    ]


def test_a_survey_and_a_list_of_activities_come_as_files(published: duckdb.DuckDBPyConnection) -> None:
    survey = (
        "select source, n, share_pct from marts.fct_survey_results where campaign_id = 'together' and wave_order = 2"
    )
    assert published.execute(survey).fetchall() == [("export", 250, 92.0)]
    activities = "select distinct source from marts.fct_activities where campaign_id = 'child_protection'"
    assert published.execute(activities).fetchall() == [("export",)]


def test_dream_umbrellas_impressions_come_from_exports_of_that_time(published: duckdb.DuckDBPyConnection) -> None:
    query = """
        select platform, definition, source from marts.fct_post_metrics join marts.dim_posts using (post_id)
        where metric = 'impressions' and value is not null group by all order by all
    """
    assert published.execute(query).fetchall() == [
        ("facebook", "impressions", "export"),
        ("instagram", "impressions", "export"),
        ("twitter", "as_stated", "export"),
        ("youtube", "youtube_impressions", "export"),
    ]
    figure = "select status, computed_value, reason from marts.agg_published_figures where figure_id = 'du_impressions'"
    ((status, computed, reason),) = published.execute(figure).fetchall()
    assert (status, reason) == ("matches", "5 of 40 posts report no impressions.")
    assert 26_000_000 < computed < 27_000_000


@pytest.mark.parametrize(
    ("phase", "content_type", "posts"),
    [("year_1", "video", 5), ("year_3", "poster", 3), ("year_3", "success_story", 5)],
)
def test_every_child_has_as_many_contents_as_its_page_names(
    published: duckdb.DuckDBPyConnection, phase: str, content_type: str, posts: int
) -> None:
    query = """
        select count(distinct content_id) from marts.fct_campaign_posts join marts.dim_posts using (post_id)
        where campaign_id = 'every_child_different_dreams' and phase_id = ? and content_type = ?
    """
    assert published.execute(query, [phase, content_type]).fetchall() == [(posts,)]


def test_the_hashtag_is_found_in_every_case_and_normal_form(published: duckdb.DuckDBPyConnection) -> None:
    query = "select count(*) from marts.fct_campaign_posts where campaign_id = 'differently_different'"
    ((posts,),) = published.execute(query).fetchall()
    assert posts >= 37


def test_posts_that_belong_to_no_campaign_are_in_dim_posts_all_the_same(published: duckdb.DuckDBPyConnection) -> None:
    query = "select count(*) from marts.dim_posts anti join marts.fct_campaign_posts using (post_id)"
    ((strangers,),) = published.execute(query).fetchall()
    assert strangers > 10


def test_it_prints_the_tables_the_paths_and_a_query_that_runs(folder: Path, first: str) -> None:
    for word in ("Every Child Has Different Dreams", "3,107,326", "duplicated reach", "manifest.json", "Parquet"):
        assert word in first
    query = first.split("Ask it yourself")[1].split("Published", maxsplit=1)[0].strip().replace("\n", " ")
    command = query.replace(".venv/bin/python", sys.executable)
    ran = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S602
    assert "content_type" in ran.stdout


def test_a_number_of_people_above_all_who_could_be_reached_is_said_to_bound_nothing(first: str) -> None:
    said = "About 2,200,000 people could be reached at all: a higher number bounds nothing."
    printed = " ".join(first.split())
    assert printed.count(said) == 3  # of Together the most is not known, and one campaign has no posts


def test_the_readme_shows_what_it_prints(first: str) -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", readme, re.DOTALL)
    printed = {line.rstrip() for line in first.splitlines()}
    assert [line for line in shown.splitlines() if line.strip("… ") and line not in printed] == []


def test_a_narrow_terminal_wraps_words_and_cuts_no_number(folder: Path, first: str) -> None:
    console = Console(width=80, file=io.StringIO())
    print_campaigns(folder / "var/published/campaign_reach.duckdb", console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert [line for line in printed.splitlines() if "…" in line.replace("a total of …", "")] == []
    assert set(re.findall(r"\d{1,3}(?:,\d{3})+", first)) <= set(re.findall(r"\d{1,3}(?:,\d{3})+", printed))


@pytest.mark.timeout(300)
def test_a_broken_var_from_before_says_so_and_offers_to_start_over(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "warehouse.duckdb").write_bytes(b"this is no DuckDB file" * 1000)
    process = start_demo(tmp_path)
    _, problems = process.communicate(timeout=170)
    assert process.returncode == 1
    assert "cannot be read" in problems
    assert "make demo ARGS=--fresh" in problems
    assert not (tmp_path / "var/published/campaign_reach.duckdb").exists()


@pytest.mark.timeout(300)
def test_running_it_again_gives_the_same_and_adds_nothing(folder: Path, first: str) -> None:
    def state() -> tuple[object, ...]:
        landed = sorted(str(path.relative_to(folder)) for path in (folder / "var/landing").rglob("*.zst"))
        versions = sorted(path.name for path in (folder / "var/published/versions").iterdir())
        with duckdb.connect(str(folder / "var/warehouse.duckdb"), read_only=True) as connection:
            rows = connection.execute("select count(*) from raw.snapshots").fetchall()
        return landed, versions, rows

    before = state()
    again = run_demo(folder)
    assert state() == before
    assert tables_of(again) == tables_of(first)


def tables_of(output: str) -> str:
    return output[output.index("Every Child") :]


@pytest.mark.timeout(120)
def test_no_token_is_in_any_file_of_the_demo_nor_in_the_database_of_airflow(folder: Path, first: str) -> None:
    from ingest.adapters.registry import read_registry
    from ingest.sandbox.tokens import Tokens
    from tests.faults.canary import content, spellings

    accounts = read_registry(PROJECT / "campaigns").accounts
    tokens = Tokens.of_pages(one.account_id for one in accounts if one.platform == "facebook")
    secrets = {spelling for one in (tokens.app_secret, *tokens.given) for spelling in spellings(one)}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "airflow.db" for path in files)
    assert [str(path) for path in files if any(secret in content(path) for secret in secrets)] == []


def test_ctrl_c_ends_it_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    process = start_demo(tmp_path)
    wait_until((tmp_path / "var/airflow/events.jsonl").exists)
    os.kill(process.pid, signal.SIGINT)
    try:
        process.communicate(timeout=30)  # two seconds on a machine that is idle
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in listing


def wait_until(condition: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_project_holds_no_folder_of_the_demo() -> None:
    ignored = subprocess.run(["git", "check-ignore", "var/landing"], cwd=PROJECT, capture_output=True, check=False)
    assert ignored.returncode == 0


QUESTIONS = re.findall(
    r"## (\d+\. [^\n]*)\n.*?```sql\n(.*?)```\n\n\|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)",
    (PROJECT / "docs" / "how-to" / "questions.md").read_text(encoding="utf-8"),
    re.DOTALL,
)


@pytest.mark.parametrize(("sql", "answer"), [one[1:] for one in QUESTIONS], ids=[one[0] for one in QUESTIONS])
def test_a_question_of_the_how_to_has_the_answer_that_stands_there(
    published: duckdb.DuckDBPyConnection, sql: str, answer: str
) -> None:
    def shown(value: object) -> str:
        if value is None:
            return "–"
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(value) if isinstance(value, str) or hasattr(value, "isoformat") else f"{value:,.0f}"

    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in answer.splitlines()]
    assert [[shown(value) for value in row] for row in published.execute(sql).fetchall()] == rows


def test_there_are_ten_questions() -> None:
    assert len(QUESTIONS) == 10


NUMBER = r"[\d,.]*\d"
TITLES = {
    "together": {
        "finding": "Together was viewed 3,111,387 times: 103.7% of its target",
        "phases": "Videos brought 67% of the 3,111,387 views",
        "curve": "By day 12 of 23, the campaign had 69% of the 3,111,387 views it has today",
        "mix": "Videos: 29% of the posts, 67% of the views",
        "top": "The most viewed post, a video of 2 February 2024, brought 31% of all views",
        "own": "Partners' accounts brought 20% of the views",
        "people": "At least 824,030 people were reached on Facebook; how many at most is not known: "
        "Meta withholds the reach of one or more posts",
        "surveys": "“Chose the optimal answer to what inclusive education is”: 92% of the teachers asked "
        "in 2024; there is nothing to compare it with",
        "activities": "No offline activity belongs to this campaign",
        "figures": "All 6 published figures match what the data gives",
    },
    "dream_umbrella": {
        "finding": "Dream Umbrella was viewed 20,685,084 times and drew 698,891 engagements, 3.3 for every 100 views",
        "phases": "Month 1 brought the most views: 98% of 20,685,084",
        "curve": "By day 15 of 30, Month 1 had 56% of the 20,324,743 views it has today",
        "mix": "Videos: 45% of the posts, 51% of the views",
        "top": "The most viewed post, a video of 12 September 2021, brought 11% of all views",
        "own": "All posts are on the organisation's own accounts; IOM Mongolia (Facebook) brought 79% of the views",
        "people": "Most plausibly 1,540,000 to 2,200,000 people were reached on Facebook, where 2,200,000 is "
        "everybody who could be; at least 894,015 for certain",
        "surveys": "No survey belongs to this campaign, so it cannot be said what people learned",
        "activities": "Apart from the posts: 2 activities offline and 1 online, whose people were not counted",
        "figures": "The only published figure matches what the data gives",
    },
    "child_protection": {
        "finding": "Strengthening the Child Protection System in Mongolia met people face to face: 7 activities, "
        "the largest with more than 13,000 people",
        "activities": "Apart from everything online: 7 offline activities, the largest with more than 13,000 people",
        "figures": "All 8 published figures match what the data gives",
        "unmeasured": "Not measured: views, reach and people reached online, because the campaign is described by its "
        "activities, and no rule says which of the 6 posts of that time on its accounts belong to it; and what people "
        "learned, because there was no survey",
    },
    "differently_different": {
        "finding": "Differently Different was viewed 37,212,094 times and drew 4,092,741 engagements, "
        "11.0 for every 100 views",
        "phases": "Stage 2 brought the most views: 55% of 37,212,094",
        "curve": "By day 183 of 366, Stage 2 had 72% of the 20,423,089 views it has today",
        "mix": "Posters: 47% of the posts, 53% of the views",
        "top": "The most viewed post, a poster of 15 August 2019, brought 7.0% of all views",
        "own": "Partners' accounts brought 43% of the views",
        "people": "At least 1,745,518 people were reached on Facebook; how many at most is not known: "
        "the posts' reach would allow 25,205,804, more than the 2,200,000 people who could be reached at all",
        "surveys": "“Sending children with disabilities to special schools is effective”: 82% of the parents asked "
        "before the campaign; there is nothing to compare it with",
        "activities": "No offline activity belongs to this campaign",
        "figures": "2 of 4 published figures match what the data gives; 2 cannot be computed",
    },
    "every_child_different_dreams": {
        "finding": "Every Child Has Different Dreams met its target of duplicated reach in 2 of 3 phases; "
        "its posts were viewed 10,061,302 times",
        "phases": "“Year 1: inclusiveness within society” and “Year 2: inclusiveness in schools” met the target of "
        "duplicated reach; “Year 3: a culture of equal inclusion” came to 87.3% of it",
        "curve": "By day 183 of 366, “Year 2: inclusiveness in schools” had 57% of the 4,629,579 views it has today",
        "mix": "Videos: 32% of the posts, 37% of the views",
        "top": "The most viewed post, a video of 23 October 2019, brought 8.3% of all views",
        "own": "Partners' accounts brought 27% of the views",
        "people": "Most plausibly 1,440,000 to 2,200,000 people were reached on Facebook, where 2,200,000 is "
        "everybody who could be; at least 731,569 for certain",
        "surveys": "No survey belongs to this campaign, so it cannot be said what people learned",
        "activities": "Apart from everything online: 4 offline activities, the largest with 7,671 people",
        "figures": "All 7 published figures match what the data gives",
    },
}


@pytest.mark.parametrize("campaign_id", TITLES)
def test_each_title_of_the_report_is_a_sentence_that_the_marts_say(
    folder: Path, first: str, published: duckdb.DuckDBPyConnection, campaign_id: str
) -> None:
    from ingest.report.findings import SECTIONS, finding, shown
    from ingest.report.words import words_of
    from ingest.steps.report_facts import read_facts

    (campaign,) = read_facts(folder / "var/published/campaign_reach.duckdb", only=(campaign_id,)).campaigns
    said = {"finding": finding(campaign, words_of("en"))}
    said |= {name: SECTIONS[name](campaign, words_of("en")) for name in shown(campaign)}
    assert said == TITLES[campaign_id]
    views = published.execute(
        "select sum(views) from marts.fct_post_performance join marts.fct_campaign_posts using (post_id) "
        "where campaign_id = ?",
        [campaign_id],
    ).fetchall()
    assert campaign.views == views[0][0]
    for name, title in said.items():
        mongolian = (SECTIONS.get(name) or finding)(campaign, words_of("mn"))
        assert set(re.findall(NUMBER, title)) <= set(re.findall(NUMBER, mongolian)), (title, mongolian)


@pytest.mark.parametrize("campaign_id", [name for name in TITLES if name != "child_protection"])
def test_the_rate_of_a_page_is_the_mart_s(
    folder: Path, first: str, published: duckdb.DuckDBPyConnection, campaign_id: str
) -> None:
    from ingest.report.titles import rate
    from ingest.report.words import words_of
    from ingest.steps.report_facts import read_facts

    (campaign,) = read_facts(folder / "var/published/campaign_reach.duckdb", only=(campaign_id,)).campaigns
    mart = "select round(engagements_per_view_pct, 1)::varchar from marts.agg_campaign_reach where campaign_id = ?"
    said = rate(campaign.rated_engagements, campaign.rated_views, words_of("en"))
    assert [(said,)] == published.execute(mart, [campaign_id]).fetchall()


def test_the_mart_of_translations_holds_what_the_campaign_files_say(published: duckdb.DuckDBPyConnection) -> None:
    from ingest.adapters.registry import read_registry

    said = {
        (campaign.campaign_id, language, text, translation)
        for campaign in read_registry(PROJECT / "campaigns").campaigns
        for language, texts in campaign.translations.items()
        for text, translation in texts.items()
    }
    rows = published.execute("select campaign_id, language, text, translation from marts.dim_translations").fetchall()
    assert len(rows) == len(said) > 50
    assert set(rows) == said


LATIN_NAMES = {
    *("Facebook", "Instagram", "YouTube", "TikTok", "Twitter", "Meta", "English", "UTC", "campaign-reach"),
    *("Save", "the", "Children", "Japan", "Mongolia", "IOM", "JICA", "iom_mongolia", "savethechildren.mn"),
}
"""What is called so in Mongolian too: platforms, organisations, names of accounts, this project."""


@pytest.mark.parametrize("page", [*(f"{campaign_id}.mn.html" for campaign_id in TITLES), "index.mn.html"])
def test_no_english_is_left_on_a_mongolian_page(folder: Path, first: str, page: str) -> None:
    (index,) = re.findall(r"Report +(\S+)", first)
    html = (folder / index).with_name(page).read_text(encoding="utf-8")
    read, _, source = html.partition('<section id="source">')
    text = Page(re.sub(r"<style>.*?</style>", "", read, flags=re.DOTALL)).text
    spoken = Page(read).named("svg")
    words = re.findall(r"[A-Za-z][A-Za-z_.-]*[A-Za-z]", " ".join([text, *(str(one["aria-label"]) for one in spoken)]))
    assert len(text) > 1000
    assert "Агуулгын хэш" in source
    assert sorted(set(words) - LATIN_NAMES) == []


def test_the_report_lies_in_the_version_and_its_path_is_printed_last(folder: Path, first: str) -> None:
    (path,) = re.findall(r"Report +(\S+)\s*\Z", first)
    pages = sorted(page.name for page in (folder / path).parent.iterdir())
    assert len(pages) == 12
    manifest = json.loads((folder / "var/published/manifest.json").read_text(encoding="utf-8"))
    assert {f"report/{page}" for page in pages} <= {file["path"] for file in manifest["files"]}
    html = (folder / path).with_name("together.mn.html").read_text(encoding="utf-8")
    assert manifest["content_hash"] in html
    assert "3,111,387" in html
