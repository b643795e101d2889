select
    source,
    landing_file,
    line_no,
    object_id,
    reason,
    seen_at,
    state
from {{ source('raw', 'quarantine') }}
