{#
    What every aggregate of posts says, as a select list over int_campaign_posts__measured: sums, and beside each sum
    the number of posts without the metric. Rates are ratios of sums, over the posts that report both.
#}
{% macro reach_sums() -%}
    count(*) as posts,
    count(distinct content_id) as contents,
    sum(views)::bigint as views,
    sum(impressions)::bigint as impressions,
    sum(reach)::bigint as duplicated_reach,
    sum(engagements)::bigint as engagements,
    round(
        100 * sum(engagements) filter (where views is not null)
        / nullif(sum(views) filter (where engagements is not null), 0), 4
    )::double as engagements_per_view_pct,
    round(
        100 * sum(engagements) filter (where reach is not null)
        / nullif(sum(reach) filter (where engagements is not null), 0), 4
    )::double as engagements_per_duplicated_reach_pct,
    count(*) filter (where views is null) as posts_without_views,
    count(*) filter (where impressions is null) as posts_without_impressions,
    count(*) filter (where reach is null) as posts_without_reach,
    count(*) filter (where engagements is null) as posts_without_engagements,
    max(reach) as people_reached_lower,
    -- A post that reached more people than the ceiling proves the ceiling wrong: it limits nothing then.
    least(
        if(count(*) = count(reach), sum(reach)::bigint, null),
        if(max(reach) > any_value(people_ceiling), null, any_value(people_ceiling))
    ) as people_reached_upper,
    if(count(*) = count(views_in_phase), sum(views_in_phase)::bigint, null) as views_in_phase,
    count(distinct views_definition) > 1 or count(distinct reach_definition) > 1 as mixes_definitions
{%- endmacro %}
