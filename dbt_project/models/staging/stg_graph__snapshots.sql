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
    breakdown,
    breakdown_value,
    value as value_json,
    reason
from {{ source('raw', 'snapshots') }}
