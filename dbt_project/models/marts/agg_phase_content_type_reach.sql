with measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

definitions as (

    select * from {{ ref('int_campaign_posts__definitions') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

sums as (

    select
        campaign_id,
        phase_id,
        content_type,
        platform,
        ownership,
        count(*) as posts,
        count(distinct content_id) as contents,
        sum(views)::bigint as views,
        sum(impressions)::bigint as impressions,
        sum(reach)::bigint as duplicated_reach,
        sum(engagements)::bigint as engagements,
        count(*) filter (where views is null) as posts_without_views,
        count(*) filter (where impressions is null) as posts_without_impressions,
        count(*) filter (where reach is null) as posts_without_reach,
        count(*) filter (where engagements is null) as posts_without_engagements,
        sum(engagements) filter (where views is not null) / nullif(sum(views) filter (where engagements is not null), 0)
            as engagements_per_view,
        sum(engagements) filter (where reach is not null)
        / nullif(sum(reach) filter (where engagements is not null), 0) as engagements_per_reach,
        max(reach) as largest_reach
    from measured
    group by all

)

select
    sums.campaign_id,
    sums.phase_id,
    sums.content_type,
    sums.platform,
    sums.ownership,
    sums.posts,
    sums.contents,
    sums.views,
    sums.impressions,
    sums.duplicated_reach,
    sums.engagements,
    round(100 * sums.engagements_per_view, 4) as engagements_per_view_pct,
    round(100 * sums.engagements_per_reach, 4) as engagements_per_duplicated_reach_pct,
    sums.posts_without_views,
    sums.posts_without_impressions,
    sums.posts_without_reach,
    sums.posts_without_engagements,
    sums.largest_reach as people_reached_lower,
    least(
        if(sums.posts_without_reach = 0, sums.duplicated_reach, null),
        if(campaigns.audience_is_ceiling, campaigns.audience_size, null)
    ) as people_reached_upper,
    null::bigint as views_in_phase,
    definitions.mixes_definitions
from sums
inner join definitions
    using (campaign_id, phase_id, content_type, platform, ownership)
inner join campaigns on sums.campaign_id = campaigns.campaign_id
