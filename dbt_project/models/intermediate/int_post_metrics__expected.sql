-- One row per post and metric that there is for any post: what is known of it, or why nothing is.
with posts as (

    select * from {{ ref('int_posts__described') }}

),

newest as (

    select * from {{ ref('int_snapshots__newest') }}
    where object_kind = 'post'

),

metrics as (

    select
        platform,
        metric,
        bool_and(valid_to_on is not null) as is_removed
    from {{ ref('stg_catalogue__metrics') }}
    where object_kind = 'post'
    group by all

),

names as (

    select distinct metric from metrics

)

select
    posts.post_id,
    names.metric,
    newest.value,
    case
        when newest.value is not null then 'reported'
        when metrics.metric is null then 'not_applicable'
        when
            names.metric in ('video_views_3s', 'watch_time_ms')
            and posts.media_format not in ('video', 'reel', 'live')
            then 'not_applicable'
        when newest.reason is not null then newest.reason
        when metrics.is_removed then 'metric_removed'
        else 'not_requested'
    end as status,
    newest.definition,
    newest.graph_name,
    newest.source,
    newest.fetched_at
from posts
cross join names
left join metrics on posts.platform = metrics.platform and names.metric = metrics.metric
left join newest on posts.post_id = newest.object_id and names.metric = newest.metric
