-- Figures that speak of posts: sums over the posts of their phase and platform, or the reach of the one post they name.
with figures as (

    select * from {{ ref('int_registry__figures') }}
    where metric in ('views', 'duplicated_reach', 'engagements', 'impressions', 'reach')

),

measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

summed as (

    select
        figures.campaign_id,
        figures.figure_id,
        figures.metric,
        count(measured.post_id) as posts,
        sum(measured.views) as views,
        sum(measured.reach) as duplicated_reach,
        sum(measured.engagements) as engagements,
        sum(measured.impressions) as impressions,
        max(measured.reach) as reach
    from figures
    left join measured
        on
            figures.campaign_id = measured.campaign_id
            and (figures.phase_id is null or figures.phase_id = measured.phase_id)
            and (figures.scope not in ('facebook', 'instagram') or figures.scope = measured.platform)
            and (figures.metric <> 'reach' or figures.post_id = measured.post_id)
    group by all

)

select
    campaign_id,
    figure_id,
    case metric
        when 'views' then views
        when 'duplicated_reach' then duplicated_reach
        when 'engagements' then engagements
        when 'impressions' then impressions
        when 'reach' then reach
    end::double as computed_value,
    'exact' as computed_qualifier,
    case
        when metric = 'impressions'
            then
                'Meta serves no impressions since November 2025, views are not impressions, and no export of that '
                || 'time has been imported.'
        when posts = 0 then 'No post of the campaign matches the figure.'
        else 'None of the posts reports this metric.'
    end as reason_if_null
from summed
