"""The gate across tables and times: what must agree inside the candidate, with raw, and with the last publication.

Conservation is named SQL: two numbers that must be the same, whichever way they are counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from expectations.gate import Rule, Suite, audit, judge
from ingest.domain.gates import Verdict

NONE = {"min_value": 0, "max_value": 0}
COLLAPSED_PCT = -50
"""A campaign that lost half of its views or posts on a platform, by the same rules, has lost data."""
JUMPED_PCT = (-10, 200)
FRESH_DAYS = 2
REST_DAYS = 32
"""Old posts are read monthly; an account that posted in the month before it was read, every hour."""
MOSTLY_PCT = 50

CONSERVATION: Mapping[str, tuple[str, str]] = {
    "every_post_has_one_performance": (
        "select count(*) from marts.dim_posts",
        "select count(*) from marts.fct_post_performance semi join marts.dim_posts using (post_id)",
    ),
    "performance_is_of_posts_only": (
        "select count(*) from marts.fct_post_performance",
        "select count(*) from marts.fct_post_performance semi join marts.dim_posts using (post_id)",
    ),
    "campaign_posts_are_posts": (
        "select count(*) from marts.fct_campaign_posts",
        "select count(*) from marts.fct_campaign_posts semi join marts.dim_posts using (post_id)",
    ),
    "campaign_posts_are_in_phases": (
        "select count(*) from marts.fct_campaign_posts",
        "select count(*) from marts.fct_campaign_posts semi join marts.dim_phases using (campaign_id, phase_id)",
    ),
    "aggregates_hold_every_campaign_post": (
        "select count(*) from marts.fct_campaign_posts",
        "select coalesce(sum(posts), 0) from marts.agg_phase_content_type_reach",
    ),
    "views_are_the_same_wide_and_long": (
        "select coalesce(sum(views), 0) from marts.fct_post_performance",
        "select coalesce(sum(value), 0) from marts.fct_post_metrics where metric = 'views'",
    ),
    "posts_are_of_accounts": (
        "select count(*) from marts.dim_posts",
        "select count(*) from marts.dim_posts semi join marts.dim_accounts using (account_id)",
    ),
}

LAST = "create temp table last_publication (campaign_id text, platform text, posts int128, views int128)"
_IDENTITIES = " union all ".join(
    f"select '{name}' as identity, ({one}) as one, ({other}) as other" for name, (one, other) in CONSERVATION.items()
)

QUERIES = {
    "raw": "select $looked_at::bigint as posts_looked_at, $lost::bigint as lost, $example as for_example",
    "conservation": f"""
        select
            count(*) as identities, count(*) filter (where one is distinct from other) as broken,
            string_agg(identity || ': ' || one || ' and ' || other, '; ') filter (where one is distinct from other)
                as for_example
        from ({_IDENTITIES})
    """,  # noqa: S608 - constants above
    "changes": f"""
        with now as (
            select campaign_id, platform, sum(posts) as posts, sum(views) as views
            from marts.agg_phase_content_type_reach group by all
        ),
        compared as (
            select
                campaign_id, platform, before.views as views_before, coalesce(now.views, 0) as views_now,
                100.0 * (coalesce(now.views, 0) - before.views) / nullif(before.views, 0) as views_change_pct,
                100.0 * (coalesce(now.posts, 0) - before.posts) / nullif(before.posts, 0) as posts_change_pct
            from last_publication as before
            semi join marts.dim_campaigns using (campaign_id)
            left join now using (campaign_id, platform)
        ),
        judged as (
            select
                *, least(views_change_pct, posts_change_pct) <= {COLLAPSED_PCT} as has_collapsed,
                views_change_pct not between {JUMPED_PCT[0]} and {JUMPED_PCT[1]} as has_jumped
            from compared
        )
        select
            count(*) as compared,
            count(*) filter (where has_collapsed and not $is_accepted) as collapsed,
            count(*) filter (where has_jumped) as jumped,
            string_agg(campaign_id || ' on ' || platform || ': views ' || views_before || ' → ' || views_now, '; ')
                filter (where has_collapsed or has_jumped) as for_example
        from judged
    """,  # noqa: S608 - constants above
    "fallen": """
        select
            count(*) as days, count(*) filter (where has_fallen) as fallen,
            coalesce(round(100.0 * fallen / nullif(days, 0), 2), 0) as fallen_pct
        from marts.fct_post_days
    """,
    "freshness": f"""
        with posted as (select account_id, max(published_at) as newest_post from marts.dim_posts group by all),
        ages as (
            select
                account_id, date_diff('hour', newest_fetched_at, $now::timestamp) / 24.0 as days,
                if(newest_post > newest_fetched_at - interval {REST_DAYS} day, {FRESH_DAYS}, {REST_DAYS}) as tolerated
            from marts.rpt_freshness left join posted using (account_id)
        )
        select
            count(*) as accounts, count(*) filter (where days is null) as never_read,
            count(*) filter (where days > tolerated) as stale,
            string_agg(account_id || ': ' || round(days)::int || ' days', '; ') filter (where days > tolerated)
                as for_example
        from ages
    """,  # noqa: S608 - constants above
    "withheld": f"""
        with reached as (
            select
                campaign_id, platform, sum(posts) as posts, sum(posts_without_reach) as without_reach,
                100.0 * sum(posts_without_reach) / nullif(sum(posts), 0) as without_reach_pct
            from marts.agg_phase_content_type_reach
            group by all
        )
        select
            count(*) as campaigns_and_platforms, sum(posts)::bigint as posts,
            sum(without_reach)::bigint as without_reach,
            coalesce(round(100.0 * sum(without_reach) / nullif(sum(posts), 0), 2), 0) as without_reach_pct,
            count(*) filter (where without_reach_pct > {MOSTLY_PCT}) as mostly_unknown,
            string_agg(campaign_id || ' on ' || platform || ': ' || round(without_reach_pct)::int || ' %', '; ')
                filter (where without_reach_pct > {MOSTLY_PCT}) as for_example
        from reached
    """,  # noqa: S608 - constants above
}


@dataclass(frozen=True, slots=True)
class RawPosts:
    """How many posts of the newest loads were looked for in the marts, how many are not there, and one of those."""

    looked_at: int
    lost: int
    example: str | None = None


def _none(column: str, name: str, frame: str, description: str, what_to_do: str) -> Rule:
    return Rule(name, frame, description, what_to_do, "ExpectColumnValuesToBeBetween", {"column": column} | NONE)


def _warns(column: str, name: str, frame: str, description: str, what_to_do: str) -> Rule:
    arguments = {"column": column} | NONE
    return Rule(name, frame, description, what_to_do, "ExpectColumnValuesToBeBetween", arguments, severity="warning")


CROSS_CHECKS = Suite(
    "cross_checks",
    QUERIES,
    (
        _none(
            "lost",
            "loaded_posts_are_published",
            "raw",
            "Every post of the newest loads stands in dim_posts.",
            "Run `campaign-reach build`, then publish; if it stays, look at int_posts__newest and dim_posts.",
        ),
        _none(
            "broken",
            "rows_are_conserved",
            "conservation",
            "Posts and views are as many whichever table they are counted in.",
            "`found` names the identity, expectations/cross_checks.py has its SQL. Mend the model, build, publish.",
        ),
        _none(
            "collapsed",
            "numbers_do_not_collapse",
            "changes",
            "No campaign lost half of its views or posts on a platform since the last publication, by the same rules.",
            "Find what is missing (`campaign-reach status`); if it is right, `campaign-reach publish --accept-fall`.",
        ),
        _warns(
            "jumped",
            "numbers_do_not_jump",
            "changes",
            f"Views of a campaign on a platform changed by {JUMPED_PCT[0]} to +{JUMPED_PCT[1]} % since the last time.",
            "Look at what was published in between, and at the registry's changes.",
        ),
        _warns(
            "fallen",
            "counters_do_not_fall",
            "fallen",
            "No lifetime counter is lower than the day before: Meta restates, so it only warns, with its rate.",
            "Look at the days: `select * from marts.fct_post_days where has_fallen`.",
        ),
        _warns(
            "stale",
            "accounts_are_fresh",
            "freshness",
            f"No account was read longer ago than {REST_DAYS} days; one that posts, no longer than {FRESH_DAYS}.",
            "`campaign-reach check` says whether the account can be read; `campaign-reach plan` when it is due.",
        ),
        _warns(
            "mostly_unknown",
            "reach_is_mostly_known",
            "withheld",
            f"No campaign has more than {MOSTLY_PCT} % of its posts on a platform without reach.",
            "Small Pages are withheld by Meta: see reach_status in marts.fct_post_performance before quoting a sum.",
        ),
    ),
)


def judge_cross_checks(
    candidate: Path, *, raw: RawPosts, last: Path | None, now: datetime, is_accepted: bool = False
) -> Verdict:
    """The verdict on a candidate beside raw and the last publication.

    `last` is agg_phase_content_type_reach of the last publication as Parquet, None when there is none to compare with;
    `is_accepted` says that a collapse is right: somebody said so, or the campaigns' rules have changed.
    """
    import duckdb

    try:
        with duckdb.connect(str(candidate), read_only=True) as connection:
            connection.execute(LAST)
            if last:
                connection.execute(
                    "insert into last_publication select campaign_id, platform, sum(posts), sum(views) "
                    "from read_parquet(?) group by all",
                    [str(last)],
                )
            frames = audit(
                connection,
                QUERIES,
                looked_at=raw.looked_at,
                lost=raw.lost,
                example=raw.example,
                now=now.replace(tzinfo=None),
                is_accepted=is_accepted,
            )
            return judge(CROSS_CHECKS, frames)
    except duckdb.Error:
        return judge(CROSS_CHECKS, {})
