-- Figures that speak of posts: sums over their posts, or the reach of the one post they name. A figure with a date is
-- held against what had been read by the end of that day, any other against the newest numbers.
with figures as (

    select * from {{ ref('int_registry__figures') }}
    where metric not in ('people_in_activity', 'meetings', 'survey_share', 'survey_change')

),

members as (

    select * from {{ ref('int_figures__posts') }}

),

unread as (

    select * from {{ ref('int_figures__unread') }}

),

newest as (

    select
        members.campaign_id,
        members.figure_id,
        case members.metric
            when 'views' then measured.views
            when 'impressions' then measured.impressions
            when 'duplicated_reach' then measured.reach
            when 'reach' then measured.reach
            when 'engagements' then measured.engagements
            when 'reactions' then measured.reactions
            when 'comments' then measured.comments
            when 'shares' then measured.shares
            when 'saves' then measured.saves
            when 'clicks' then measured.clicks
        end as value
    from members
    inner join {{ ref('int_campaign_posts__measured') }} as measured
        on members.campaign_id = measured.campaign_id and members.post_id = measured.post_id
    where members.as_of_on is null

),

known_then as (

    select
        members.campaign_id,
        members.figure_id,
        members.post_id,
        members.metric as figure_metric,
        days.metric,
        arg_max(days.value, days.day_on) as value
    from members
    left join {{ ref('int_post_days__observed') }} as days
        on members.post_id = days.post_id and members.as_of_on >= days.day_on
    where members.as_of_on is not null
    group by all

),

then_per_post as (

    select
        campaign_id,
        figure_id,
        case figure_metric
            when 'engagements'
                then
                    max(value) filter (where metric = 'reactions')
                    + max(value) filter (where metric = 'comments')
                    + max(value) filter (where metric = 'shares')
                    + coalesce(max(value) filter (where metric = 'saves'), 0)
            when 'duplicated_reach' then max(value) filter (where metric = 'reach')
            else max(value) filter (where metric = figure_metric)
        end as value
    from known_then
    group by campaign_id, figure_id, post_id, figure_metric

),

per_post as (

    select * from newest
    union all
    select * from then_per_post

),

summed as (

    select
        campaign_id,
        figure_id,
        count(*) as posts,
        count(*) - count(value) as posts_without,
        sum(value) as value
    from per_post
    group by campaign_id, figure_id

)

select
    figures.campaign_id,
    figures.figure_id,
    if(unread.platforms is null, summed.value, null)::double as computed_value,
    'exact' as computed_qualifier,
    coalesce(summed.posts, 0) as posts,
    coalesce(summed.posts_without, 0) as posts_without,
    unread.accounts as unread_accounts,
    concat_ws(
        ' ',
        case
            when summed.posts is null and unread.platforms is null then 'No post of the campaign matches the figure.'
            when summed.value is not null then null
            when figures.metric = 'impressions'
                then
                    'Meta serves no impressions since November 2025, views are not impressions, and no export of that '
                    || 'time has been imported.'
            when figures.as_of_on is not null then 'None of its posts had been read by ' || figures.as_of_on || '.'
            when summed.posts > 0 then 'None of its posts reports this metric.'
        end,
        'No source of ' || unread.platforms || ' has been imported yet.'
    ) as reason_if_null
from figures
left join summed on figures.campaign_id = summed.campaign_id and figures.figure_id = summed.figure_id
left join unread on figures.campaign_id = unread.campaign_id and figures.figure_id = unread.figure_id
