{{ config(meta={'is_per_post': true}) }}

with metrics as (

    select * from {{ ref('int_post_metrics__expected') }}

),

wide as (

    select
        post_id,
        max(value) filter (where metric = 'views') as views,
        max(value) filter (where metric = 'impressions') as impressions,
        max(value) filter (where metric = 'reach') as reach,
        max(value) filter (where metric = 'reactions') as reactions,
        max(value) filter (where metric = 'comments') as comments,
        max(value) filter (where metric = 'shares') as shares,
        max(value) filter (where metric = 'saves') as saves,
        max(value) filter (where metric = 'clicks') as clicks,
        max(value) filter (where metric = 'video_views_3s') as video_views_3s,
        max(value) filter (where metric = 'watch_time_ms') as watch_time_ms,
        max(value) filter (where metric = 'views_paid') as views_paid,
        max(value) filter (where metric = 'views_organic') as views_organic,
        coalesce(max(status) filter (where metric = 'reach'), 'not_requested') as reach_status,
        max(fetched_at) as fetched_at
    from metrics
    group by post_id

)

select
    post_id,
    views,
    impressions,
    reach,
    reactions,
    comments,
    shares,
    saves,
    clicks,
    reactions + comments + shares + coalesce(saves, 0) as engagements,
    video_views_3s,
    watch_time_ms,
    views_paid,
    views_organic,
    reach_status,
    fetched_at
from wide
