select
    load_id,
    fetched_at,
    source,
    campaign_id,
    activity_id,
    activity_name,
    kind,
    phase_id,
    held_on,
    place,
    times,
    people
from {{ source('raw', 'activities') }}
