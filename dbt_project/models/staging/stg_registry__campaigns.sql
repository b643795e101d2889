select
    load_id,
    fetched_at,
    registry_sha256,
    campaign_id,
    body ->> '$.campaign_name' as campaign_name,
    body ->> '$.organisation' as organisation,
    body ->> '$.donor' as donor,
    body ->> '$.time_zone' as time_zone,
    (body ->> '$.audience.size')::bigint as audience_size,
    body ->> '$.audience.source' as audience_source,
    coalesce((body ->> '$.audience.is_ceiling')::boolean, false) as audience_is_ceiling,
    list_aggregate(body ->> '$.invented[*]', 'string_agg', ', ') as assumed,
    body
from {{ source('raw', 'registry') }}
