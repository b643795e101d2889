"""The audit queries of the candidate gate: a few rows each, which say what was looked at and what is wrong."""

from ingest.domain.marts import MARTS, Mart

SUMS = (
    "posts",
    "views",
    "impressions",
    "duplicated_reach",
    "engagements",
    "posts_without_views",
    "posts_without_reach",
)

MEASURES = {
    "fct_post_metrics": ("value",),
    "fct_post_performance": (
        "views",
        "impressions",
        "reach",
        "reactions",
        "comments",
        "shares",
        "saves",
        "clicks",
        "engagements",
        "video_views_3s",
        "watch_time_ms",
    ),
    "agg_phase_content_type_reach": SUMS,
}

AGGREGATES = (
    "agg_phase_content_type_reach",
    "agg_phase_platform_reach",
    "agg_phase_reach",
    "agg_campaign_platform_reach",
    "agg_campaign_reach",
)

CORE = {
    "fct_post_performance": ("views", "reach"),
    "fct_post_metrics": ("value",),
    "fct_post_days": ("views",),
    "fct_account_days": ("coalesce(reach_day, reach_week, reach_28_days, views, followers)",),
}


def _key_query(mart: Mart) -> str:
    """Rows lie in the order of their key (`copy_marts`): where each comes after the one before it, none stands twice.

    One pass over the rows as they lie; counting distinct keys takes several times as long.
    """
    nulls = " or ".join(f"{column} is null" for column in mart.key)
    before = ", ".join(f"lag({column}) over () as before_{at}" for at, column in enumerate(mart.key))
    return f"""
        select
            '{mart.name}' as mart, count(*) as rows, {mart.fewest_rows} as fewest_rows,
            count(*) filter (where not ({_comes_after(mart.key)})) as duplicate_keys,
            count(*) filter (where {nulls}) as null_keys
        from (select {", ".join(mart.key)}, {before} from marts.{mart.name})
    """  # noqa: S608 - names are constants of ingest/domain/marts.py


def _comes_after(key: tuple[str, ...], at: int = 0) -> str:
    """Whether a row's key comes after that of the row before it."""
    after = f"{key[at]} > before_{at}"
    return after if at + 1 == len(key) else f"{after} or {key[at]} = before_{at} and ({_comes_after(key, at + 1)})"


def _measure_query(mart: str, measure: str) -> str:
    return f"""
        select
            '{mart}' as mart, '{measure}' as measure, count(*) as rows,
            count(*) filter (where {measure} < 0) as negatives
        from marts.{mart}
    """  # noqa: S608 - constants above


def _core_query(mart: str, measure: str) -> str:
    """How often a measure is known; a mart that may be empty, and is, needs to know none."""
    needed = next("1" if one.fewest_rows else "(count(*) > 0)::integer" for one in MARTS if one.name == mart)
    return f"""
        select '{mart}' as mart, '{measure}' as measure, count({measure}) as reported, {needed} as needed
        from marts.{mart}
    """  # noqa: S608 - constants above


def _sums_of(mart: str) -> str:
    return f"""
        select '{mart}' as mart, campaign_id, {", ".join(f"sum({measure}) as {measure}" for measure in SUMS)}
        from marts.{mart} group by campaign_id having sum(posts) > 0
    """  # noqa: S608 - constants above


CAMPAIGN_SUMS = f"""
    with facts as (
        select
            campaign_id, count(*) as posts, sum(views) as views, sum(impressions) as impressions,
            sum(reach) as duplicated_reach, sum(engagements) as engagements,
            count(*) filter (where views is null) as posts_without_views,
            count(*) filter (where reach is null) as posts_without_reach
        from marts.fct_campaign_posts left join marts.fct_post_performance using (post_id)
        group by campaign_id
    ),
    aggregated as ({" union all ".join(map(_sums_of, AGGREGATES))}),
    expected as (select mart, facts.* from facts, (select unnest({list(AGGREGATES)}) as mart)),
    from_facts as (from expected unpivot include nulls (added_up for measure in ({", ".join(SUMS)}))),
    from_aggregates as (from aggregated unpivot include nulls (published for measure in ({", ".join(SUMS)})))
    select
        mart, campaign_id, measure, published, added_up,
        (published is distinct from added_up)::integer as differs
    from from_facts full join from_aggregates using (mart, campaign_id, measure)
    order by all
"""  # noqa: S608 - constants above

FIGURES = """
    select
        count(*) as figures,
        count(*) filter (where promised.figure_id is null or published.figure_id is null) as missing,
        count(*) filter (where published.figure_id is not null
            and coalesce(published.status, '') not in ('matches', 'differs', 'not_computable')) as bad_status,
        count(*) filter (where case published.status
            when 'not_computable' then coalesce(trim(published.reason), '') = ''
            else published.figure_id is not null and published.computed_value is null end) as unexplained,
        list_sort(list(coalesce(promised.figure_id, published.figure_id))
            filter (where promised.figure_id is null or published.figure_id is null))[:5] as for_example
    from registry_figures as promised
    full join marts.agg_published_figures as published using (campaign_id, figure_id)
"""

METRIC_STATUSES = """
    select
        coalesce(status, '(none)') as status, count(*) as rows,
        count(*) filter (where status = 'reported' and value is null) as reported_without_value,
        count(*) filter (where status is distinct from 'reported' and value is not null) as value_without_report
    from marts.fct_post_metrics
    group by 1
    order by 1
"""

PERFORMANCE = """
    select
        count(*) as posts,
        count(*) filter (where (reach is null) is distinct from (reach_status <> 'reported')) as unexplained
    from marts.fct_post_performance
"""

REACH_AND_VIEWS = """
    select
        count(*) filter (where reach is not null and views is not null) as posts_with_both,
        count(*) filter (where reach > views) as posts_with_reach_above_views,
        coalesce(round(100.0 * posts_with_reach_above_views / nullif(posts_with_both, 0), 2), 0)
            as reach_above_views_pct
    from marts.fct_post_performance
"""

QUERIES = {
    "tables": "select table_name as mart from duckdb_tables() where schema_name = 'marts' order by 1",
    "columns": """
        select table_name as mart, column_name, data_type from duckdb_columns() where schema_name = 'marts' order by all
    """,
    "keys": " union all ".join(map(_key_query, MARTS)),
    "measures": " union all ".join(_measure_query(mart, name) for mart, names in MEASURES.items() for name in names),
    "core_metrics": " union all ".join(_core_query(mart, name) for mart, names in CORE.items() for name in names),
    "campaign_sums": CAMPAIGN_SUMS,
    "metric_statuses": METRIC_STATUSES,
    "performance": PERFORMANCE,
    "figures": FIGURES,
    "publication": "select version, built_at, code_revision from marts.publication",
    "reach_and_views": REACH_AND_VIEWS,
}
