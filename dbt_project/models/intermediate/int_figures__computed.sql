-- What the data gives for each published figure: a sum over posts, or the reach of the one post that it speaks of.
with figures as (

    select * from {{ ref('int_registry__figures') }}

),

measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

summed as (

    select
        figures.campaign_id,
        figures.figure_id,
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
    where figures.metric in ('views', 'duplicated_reach', 'engagements', 'impressions', 'reach')
    group by all

)

select
    figures.*,
    summed.posts,
    case figures.metric
        when 'views' then summed.views
        when 'duplicated_reach' then summed.duplicated_reach
        when 'engagements' then summed.engagements
        when 'impressions' then summed.impressions
        when 'reach' then summed.reach
    end::double as computed_value
from figures
left join summed on figures.campaign_id = summed.campaign_id and figures.figure_id = summed.figure_id
