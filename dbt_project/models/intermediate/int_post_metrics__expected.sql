-- One row per post and metric that there is for any post: what is known of it, or why nothing is.
with posts as (

    select
        *,
        case
            when platform = 'facebook' then if(media_format in ('video', 'reel', 'live'), 'VIDEO', 'POST')
            when media_format = 'reel' then 'REELS'
            when media_format = 'story' then 'STORY'
            else 'FEED'
        end as product
    from {{ ref('int_posts__described') }}

),

newest as (

    select * from {{ ref('int_snapshots__newest') }}
    where object_kind = 'post'

),

metrics as (

    select
        platform,
        metric,
        if(bool_or(products is null), null, list_distinct(flatten(list(products)))) as products,
        bool_and(valid_to_on is not null) as is_removed
    from {{ ref('stg_catalogue__metrics') }}
    where object_kind = 'post' and in_marts
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
        when not list_contains(metrics.products, posts.product) then 'not_applicable'
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
