-- The same definition of the same metric of the same post, from two sources that differ by more than one per cent. An
-- export is held against the day of the API that is nearest to it: what a post gathers later is no difference.
with snapshots as (

    select * from {{ ref('int_snapshots__by_source') }}

),

read_by_the_api as (

    select * from {{ ref('int_post_days__observed') }}
    where source is distinct from 'export'

),

posts as (

    select * from {{ ref('dim_posts') }}

),

side_by_side as (

    select
        exported.object_id as post_id,
        exported.metric,
        exported.definition,
        nearest.value as api_value,
        exported.value as export_value,
        nearest.fetched_at as api_fetched_at,
        exported.fetched_at as exported_at
    from snapshots as exported
    inner join snapshots as api
        on
            exported.object_id = api.object_id
            and exported.metric = api.metric
            and exported.definition = api.definition
    inner join read_by_the_api as nearest
        on
            exported.object_id = nearest.post_id
            and exported.metric = nearest.metric
    where exported.is_exported and not api.is_exported
    qualify
        row_number() over (
            partition by exported.object_id, exported.metric
            order by abs(epoch(nearest.fetched_at) - epoch(exported.fetched_at)), nearest.fetched_at desc
        ) = 1

)

select
    side_by_side.post_id,
    side_by_side.metric,
    side_by_side.definition,
    side_by_side.api_value,
    side_by_side.export_value,
    round(
        100.0 * (side_by_side.export_value - side_by_side.api_value) / nullif(side_by_side.api_value, 0), 2
    )::double as difference_pct,
    side_by_side.api_fetched_at,
    side_by_side.exported_at
from side_by_side
inner join posts on side_by_side.post_id = posts.post_id
where abs(side_by_side.export_value - side_by_side.api_value) > 0.01 * side_by_side.api_value
