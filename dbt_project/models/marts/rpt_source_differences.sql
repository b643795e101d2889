-- The same definition of the same metric of the same post, from two sources that differ by more than one per cent.
with snapshots as (

    select * from {{ ref('int_snapshots__by_source') }}

),

posts as (

    select * from {{ ref('dim_posts') }}

)

select
    exported.object_id as post_id,
    exported.metric,
    exported.definition,
    api.value as api_value,
    exported.value as export_value,
    round(100.0 * (exported.value - api.value) / nullif(api.value, 0), 2)::double as difference_pct,
    api.fetched_at as api_fetched_at,
    exported.fetched_at as exported_at
from snapshots as exported
inner join snapshots as api
    on
        exported.object_id = api.object_id
        and exported.metric = api.metric
        and exported.definition = api.definition
inner join posts on exported.object_id = posts.post_id
where
    exported.is_exported
    and not api.is_exported
    and abs(exported.value - api.value) > 0.01 * api.value
