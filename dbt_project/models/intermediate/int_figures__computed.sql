-- What the data gives for each published figure: a sum over posts, or the reach of the one post that it speaks of.
with figures as (

    select * from {{ ref('int_registry__figures') }}

),

measured as (

    select * from {{ ref('int_campaign_posts__measured') }}

),

summed as (

    select
        figures.figure_id,
        figures.campaign_id,
        count(measured.post_id) as posts,
        case figures.metric
            when 'views' then sum(measured.views)
            when 'duplicated_reach' then sum(measured.reach)
            when 'engagements' then sum(measured.engagements)
            when 'impressions' then sum(measured.impressions)
            when 'reach' then max(measured.reach)
        end::double as computed_value
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
    summed.computed_value
from figures
left join summed on figures.campaign_id = summed.campaign_id and figures.figure_id = summed.figure_id
