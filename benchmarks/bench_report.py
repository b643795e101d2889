"""The report of a campaign with 5,000 posts: seconds from the published file to a page, and bytes of the page.

Beside the same campaign with 50 posts in the same run: a page is drawn from sums, so a hundred times the posts should
cost little more. Bounds that issue and reader care about: 5 seconds after imports, 300 KB.
"""

import tempfile
import time
from pathlib import Path

import duckdb

from ingest.report.page import campaign_page
from ingest.report.words import LANGUAGES
from ingest.steps.report_facts import read_facts
from tests.two_campaigns import make_warehouse

MANY, FEW = 5_000, 50
TYPES = "['video', 'reel', 'poster', 'success_story', 'discussion', 'live', 'carousel']"
GROWN = f"""
delete from marts.fct_campaign_posts where campaign_id = 'oyu';
insert into marts.dim_posts
select 'p' || i, 'facebook', '101', 'https://www.facebook.com/101/posts/' || i,
    timestamp '2024-01-29' + (i % 23) * interval 1 day, 'video', 'p' || i, null
from range($posts) as r(i);
insert into marts.fct_campaign_posts
select 'oyu', 'main', 'p' || i, date '2024-01-29' + (i % 23)::integer, {TYPES}[1 + i % 7], 'hashtag', false
from range($posts) as r(i);
insert into marts.fct_post_performance by name
select 'p' || i as post_id, 100 + i * 37 % 9000 as views, 80 + i * 31 % 7000 as reach, i * 7 % 400 as engagements,
    'reported' as reach_status
from range($posts) as r(i);
insert into marts.fct_post_days by name
select post_id, published_on + d::integer as day_on, 10 * (d + 1) as views, true as is_observed, false as has_fallen
from marts.fct_campaign_posts, range(30) as r(d) where campaign_id = 'oyu';
delete from marts.agg_phase_content_type_reach where campaign_id = 'oyu';
insert into marts.agg_phase_content_type_reach by name
select campaign_id, phase_id, content_type, 'facebook' as platform, 'own' as ownership, count(*) as posts,
    count(*) as contents, sum(views)::bigint as views, sum(reach)::bigint as duplicated_reach,
    sum(engagements)::bigint as engagements, 0 as posts_without_views, 0 as posts_without_impressions,
    0 as posts_without_reach, 0 as posts_without_engagements
from marts.fct_campaign_posts inner join marts.fct_post_performance using (post_id)
where campaign_id = 'oyu' group by all;
update marts.agg_phase_reach set posts = sums.posts, views = sums.views
from (
    select sum(posts)::bigint as posts, sum(views)::bigint as views
    from marts.agg_phase_content_type_reach where campaign_id = 'oyu'
) as sums
where agg_phase_reach.campaign_id = 'oyu';
insert into marts.publication values ('bench', '2026-11-22', repeat('0', 64), '2026-11-22', null, 'bench', 'passed');
"""  # noqa: S608 - constants of this file


def publication_of(posts: int, folder: Path) -> Path:
    """A published file whose campaign has so many posts, each read on 30 days."""
    database = make_warehouse(folder / f"{posts}.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for statement in GROWN.replace("$posts", str(posts)).split(";\n"):
            connection.execute(statement)
    return database


def measured(database: Path) -> tuple[float, float, int]:
    """Seconds to read the facts, seconds to draw one language, and the bytes of the largest page."""
    started = time.perf_counter()
    facts = read_facts(database, only=("oyu",))
    read = time.perf_counter() - started
    started = time.perf_counter()
    pages = [campaign_page(facts.campaigns[0], facts.publication, language).html for language in LANGUAGES]
    drawn = (time.perf_counter() - started) / len(LANGUAGES)
    return read, drawn, max(len(page.encode()) for page in pages)


def main() -> None:
    """Print both, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        first, few, many = (publication_of(posts, Path(folder)) for posts in (FEW - 1, FEW, MANY))
        measured(first)  # vl-convert starts once per process
        small, large = measured(few), measured(many)
    for posts, (read, drawn, size) in ((FEW, small), (MANY, large)):
        print(f"{posts:>5} posts: read {read:5.2f} s, a page {drawn:5.2f} s, {size / 1000:5.0f} KB")
    print(
        f"ratio: {(large[0] + large[1]) / (small[0] + small[1]):.1f} times as long, {large[2] / small[2]:.2f} the size"
    )


if __name__ == "__main__":
    main()
