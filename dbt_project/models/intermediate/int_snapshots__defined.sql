-- Each snapshot under our name of the metric, with the definition it had; one Graph map can hold several metrics, and
-- a part of a number is a metric of its own. An account's number has a window that ends: those of posts are for life.
with snapshots as (

    select * from {{ ref('stg_graph__snapshots') }}

),

metrics as (

    select * from {{ ref('stg_catalogue__metrics') }}

)

select
    snapshots.load_id,
    snapshots.fetched_at,
    snapshots.source,
    snapshots.object_kind,
    snapshots.platform,
    snapshots.account_id,
    snapshots.object_id,
    metrics.metric,
    metrics.definition,
    metrics.graph_name,
    snapshots.period,
    snapshots.window_ends_at,
    snapshots.reason,
    case
        when snapshots.value_json is null then null
        when metrics.shape in ('int', 'total_value') then try_cast(snapshots.value_json as bigint)
        when metrics.map_key is not null
            then coalesce(try_cast(snapshots.value_json ->> metrics.map_key as bigint), 0)
        else coalesce(
            list_sum(
                list_transform(
                    json_keys(snapshots.value_json::json),
                    lambda key: try_cast(snapshots.value_json::json ->> key as bigint)
                )
            ),
            0
        )::bigint
    end as value
from snapshots
inner join metrics
    on
        snapshots.platform = metrics.platform
        and snapshots.object_kind = metrics.object_kind
        and snapshots.graph_name = metrics.graph_name
        and snapshots.breakdown is not distinct from metrics.breakdown
