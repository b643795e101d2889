select
    load_id,
    landing_file,
    line_no,
    fetched_at,
    source,
    platform,
    account_id,
    object_kind,
    object_id,
    graph_name,
    period,
    coalesce(
        try_cast(end_time as timestamptz), to_timestamp(try_cast(end_time as bigint))
    ) at time zone 'UTC' as window_ends_at,
    breakdown || '=' || breakdown_value as breakdown,
    value as value_json,
    reason
from {{ source('raw', 'snapshots') }}
